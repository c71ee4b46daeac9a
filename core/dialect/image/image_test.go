package image

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestSizesAndNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want Request
	}{
		{`{"prompt":"a cat"}`, Request{Prompt: "a cat"}},
		{`{"model":"m","prompt":"a cat","n":2,"size":"1024x768","response_format":"b64_json"}`, Request{Model: "m", Prompt: "a cat", N: 2, Width: 1024, Height: 768, Format: Base64}},
		{`{"prompt":"","size":"auto","n":null,"response_format":null}`, Request{}},
		{`{"prompt":"a","size":"16:9"}`, Request{Prompt: "a"}},
		{`{"prompt":"a","size":"0x9"}`, Request{Prompt: "a"}},
		{`{"prompt":"a","size":"9999999999x1"}`, Request{Prompt: "a"}},
	} {
		r, err := DecodeRequest([]byte(tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if r.body = nil; !reflect.DeepEqual(*r, tt.want) {
			t.Errorf("%s: %+v", tt.body, r)
		}
	}
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`[]`: "", `{}`: "prompt", `{"prompt":["a"]}`: "prompt", `{"prompt":"a","n":0}`: "n", `{"prompt":"a","n":1.5}`: "n", `{"prompt":"a","n":"1"}`: "n",
		`{"prompt":"a","size":7}`: "size", `{"prompt":"a","response_format":"png"}`: "response_format",
	} {
		_, err := DecodeRequest([]byte(body))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest || e.Param != param {
			t.Errorf("%s: %v", body, err)
		}
	}
	for body, ok := range map[string]bool{`{"prompt":"a","size":"16:9"}`: false, `{"prompt":"a","size":"auto"}`: true, `{"prompt":"a"}`: true, `{"prompt":"a","size":"8x8"}`: true} {
		r, err := DecodeRequest([]byte(body))
		if err != nil || (r.Sized() == nil) != ok {
			t.Errorf("%s: %v %v", body, err, r.Sized())
		}
	}
}

// oneByOne is a form that makes one image a request, in base64.
var oneByOne = Form{
	Gives: Base64,
	Encode: func(r *Request, _ dialect.Target) (Call, error) {
		c := Call{Said: []string{"n", "seed"}}
		for range max(r.N, 1) {
			c.Bodies = append(c.Bodies, json.Quote(r.Prompt))
		}
		return c, nil
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) {
		members, err := json.Members([]byte(`{"seed":5}`))
		return &Response{Created: 7, Images: []Image{{Base64: string(a.Body), RevisedPrompt: "p", Beside: members}}, Usage: &llm.Usage{Input: 1, Output: 2}}, err
	},
}

func TestAFormAnswersInOpenAIsForm(t *testing.T) {
	t.Parallel()
	in := core.Incoming{Body: []byte(`{"model":"m","prompt":"a cat","n":2,"seed":5,"style":"x","response_format":"url"}`)}
	x, err := oneByOne.Prepare(in, dialect.Target{})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := x.(dialect.Several)
	if !ok || len(s.Bodies()) != 2 || !reflect.DeepEqual(x.Dropped(), []string{"style", "response_format"}) {
		t.Fatalf("%T %q", x, x.Dropped())
	}
	got, err := s.Answers([]dialect.Answered{{Body: []byte("AA==")}, {Body: []byte("AB==")}})
	want := `{"created":7,"data":[{"b64_json":"AA==","revised_prompt":"p","seed":5},{"b64_json":"AB==","revised_prompt":"p","seed":5}],"usage":{"input_tokens":2,"output_tokens":4,"total_tokens":6}}`
	if err != nil || string(got.Body) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got.Body, want)
	}
	if _, err := s.Answers(nil); err == nil || !strings.Contains(err.Error(), "no image") {
		t.Errorf("an answer without images: %v", err)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(`{"model":"m","prompt":"a cat","n":2,"size":"1024x768","response_format":"b64_json","seed":5}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := DecodeRequest(body)
		if err != nil {
			return
		}
		if (r.Width == 0) != (r.Height == 0) || r.Width < 0 || r.N < 0 {
			t.Errorf("%+v", r)
		}
		_, _, _ = r.Sized(), r.Left(), r.Member("seed")
	})
}
