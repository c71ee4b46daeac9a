package triton

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	dialecttest.Run(t, dialecttest.Codec{Out: Codec{}, Frames: frame.SSE})
}

func asks(s string) []llm.Turn {
	return []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: s}}}}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	n := int64(5)
	for _, tt := range []struct {
		name, want, dropped string
		r                   llm.Request
	}{
		{"defaults", `{"text_input":"hi","max_tokens":100,"temperature":0.7,"top_p":0.7,"top_k":50}`, "", llm.Request{Turns: asks("hi")}},
		{"parameters", `{"text_input":"hi","max_tokens":5,"temperature":0.70,"top_p":1,"top_k":5,"random_seed":5,"stop_words":["x"],"stream":true,"bad_words":["y"]}`, "echo user",
			llm.Request{Turns: asks("hi"), MaxTokens: &n, Temperature: "0.70", TopP: "1", TopK: &n, Seed: &n, Stop: []string{"x"}, Stream: true, User: "u",
				Native: llm.Native{Dialect: llm.OpenAIText, Members: json.Value(`{"bad_words":["y"],"echo":true}`)}}},
	} {
		x, err := Codec{}.Prepare(&tt.r, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(x.Body()); got != tt.want || strings.Join(x.Dropped(), " ") != tt.dropped {
			t.Errorf("%s: dropped %q\ngot  %s\nwant %s", tt.name, x.Dropped(), got, tt.want)
		}
	}
}

func TestAConversationIsNoPrompt(t *testing.T) {
	t.Parallel()
	two := int64(2)
	for name, r := range map[string]llm.Request{
		"a conversation": {Turns: append(asks("a"), asks("b")...)},
		"an instruction": {Turns: []llm.Turn{{Role: llm.System, Parts: []llm.Part{&llm.Text{Text: "s"}}}}},
		"an image":       {Turns: []llm.Turn{{Role: llm.User, Parts: []llm.Part{&llm.Media{Kind: llm.Image, Data: "aGk="}}}}},
		"tools":          {Turns: asks("a"), Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}}},
		"json":           {Turns: asks("a"), Output: llm.Output{Kind: llm.OutputJSON}},
		"two answers":    {Turns: asks("a"), N: &two},
		"nothing":        {},
	} {
		_, err := Codec{}.Prepare(&r, dialect.Target{Provider: "triton"})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != 400 || !strings.Contains(e.Message, "triton") {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"text_output":"a"}`))
	f.Add([]byte(`{"error":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		x := Codec{}.Raw(nil)
		if x.DecodeError(400, http.Header{}, body) == nil {
			t.Fatal("no error")
		}
		if r, err := x.DecodeResponse(body); err == nil && len(r.Choices) != 1 {
			t.Fatalf("%s gives %+v", body, r)
		}
	})
}

// A stream ends with an error or says once that it is over.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: {\"text_output\":\"a\"}\n\ndata: {\"error\":\"x\"}\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		ends, failed := 0, false
		for e, err := range core.Events(frame.SSE(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			failed = failed || err != nil
			if err == nil && e.Kind == llm.EventFinish {
				ends++
			}
		}
		if !failed && ends != 1 || ends > 1 {
			t.Fatalf("%q: %d ends, failed %v", raw, ends, failed)
		}
	})
}
