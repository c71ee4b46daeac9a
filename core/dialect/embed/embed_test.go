package embed

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestInputsOfEveryForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		input string
		want  []Input
	}{
		{`"one"`, []Input{{Text: "one"}}},
		{`["one","two"]`, []Input{{Text: "one"}, {Text: "two"}}},
		{`[1,2,3]`, []Input{{Tokens: []int64{1, 2, 3}}}},
		{`[[1,2],[3]]`, []Input{{Tokens: []int64{1, 2}}, {Tokens: []int64{3}}}},
		{`[{"text":"cat","image":{"base64":"AAAA"}}]`, []Input{{Text: "cat", Image: &Media{Base64: "AAAA"}}}},
		{`[{"image":"https://a.example/x.png"},{"image":"AAAA"}]`, []Input{{Image: &Media{URL: "https://a.example/x.png"}}, {Image: &Media{Base64: "AAAA"}}}},
		{`[{"video":{"url":"gs://b/v.mp4","start_offset":0,"end_offset":12,"interval":4}}]`,
			[]Input{{Video: &Media{URL: "gs://b/v.mp4", StartOffset: json.Value("0"), EndOffset: json.Value("12"), Interval: json.Value("4")}}}},
	} {
		r, err := DecodeRequest([]byte(`{"model":"m","input":` + tt.input + `}`))
		if err != nil || !reflect.DeepEqual(r.Inputs, tt.want) {
			t.Errorf("%s: %+v, %v", tt.input, r, err)
		}
	}
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"model":"m"}`:          "input",
		`{"input":[]}`:           "input",
		`{"input":7}`:            "input",
		`{"input":["a",7]}`:      "input[1]",
		`{"input":[1,"a"]}`:      "input",
		`{"input":[1,2.5]}`:      "input",
		`{"input":[{}]}`:         "input[0]",
		`{"input":[{"text":7}]}`: "input[0].text",
		`{"input":[{"image":{"url":"u","base64":"AAAA"}}]}`: "input[0].image",
		`{"input":[{"video":[]}]}`:                          "input[0].video",
		`{"input":"a","dimensions":0}`:                      "dimensions",
		`{"input":"a","dimensions":2.5}`:                    "dimensions",
		`{"input":"a","dimensions":"2"}`:                    "dimensions",
		`{"input":"a","encoding_format":"hex"}`:             "encoding_format",
		`{"input":"a","encoding_format":1}`:                 "encoding_format",
	} {
		_, err := DecodeRequest([]byte(body))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.BadRequest || e.Param != param {
			t.Errorf("%s: %v (%+v), want one about %s", body, err, e, param)
		}
	}
}

func TestMembersThatNobodySaidAreNamed(t *testing.T) {
	t.Parallel()
	r, err := DecodeRequest([]byte(`{"model":"m","input":"a","user":"u","truncate":null,"input_type":"query","x":1,"encoding_format":"float"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Left("input_type"); !reflect.DeepEqual(got, []string{"user", "x"}) {
		t.Errorf("got %q", got)
	}
	if v := r.Member("truncate"); v != nil {
		t.Errorf("null said %s", v)
	}
	if v := r.Member("input_type"); string(v) != `"query"` {
		t.Errorf("got %s", v)
	}
}

func TestTextsAreAllThatSomeModelsRead(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{`["a","b"]`: "", `[1]`: "token ids", `[{"image":"AAAA"}]`: "images"} {
		r, err := DecodeRequest([]byte(`{"input":` + input + `}`))
		if err != nil {
			t.Fatal(err)
		}
		texts, err := r.Texts("nomic")
		if want == "" && (err != nil || len(texts) != 2) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v", input, texts, err)
		}
	}
}

func pack(numbers ...float32) string {
	var raw []byte
	for _, n := range numbers {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(n))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

const listed = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023064255,-1e-7,1.50]},{"x":1,"object":"embedding","embedding":[ 1 ],"index":1}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3},"new":true}`

func TestVectorsTakeTheFormThatWasAskedFor(t *testing.T) {
	t.Parallel()
	packed := string(Conform([]byte(listed), true))
	want := strings.NewReplacer(`[0.0023064255,-1e-7,1.50]`, `"`+pack(0.0023064255, -1e-7, 1.5)+`"`, `[ 1 ]`, `"`+pack(1)+`"`).Replace(listed)
	if packed != want {
		t.Errorf("got  %s\nwant %s", packed, want)
	}
	if got := string(Conform([]byte(packed), true)); got != packed {
		t.Errorf("packed twice: %s", got)
	}
	if got := string(Conform([]byte(listed), false)); got != listed {
		t.Errorf("a list was changed: %s", got)
	}
	again := string(Conform([]byte(packed), false))
	if want := strings.NewReplacer(`-1e-7,1.50`, `-1e-07,1.5`, `[ 1 ]`, `[1]`).Replace(listed); again != want {
		t.Errorf("got  %s\nwant %s", again, want)
	}
}

func TestAnAnswerThatCannotBeConvertedStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `[]`, `{}`, `{"data":[]}`, `{"data":[{"embedding":["a"]}]}`, `{"data":[{"embedding":[1]},{"embedding":[1e99]}]}`,
		`{"data":[{"embedding":{"float":[1]}}]}`, `{"data":[{"embedding":"???"}]}`, `{"data":[{"embedding":"AAA="}]}`, `{"data":[{"embedding":"AADAfw=="}]}`,
	} {
		for _, asBase64 := range []bool{true, false} {
			if got := string(Conform([]byte(body), asBase64)); got != body {
				t.Errorf("%s became %s", body, got)
			}
		}
	}
}

func TestAnswersAreEncodedInTheOrderOfTheInputs(t *testing.T) {
	t.Parallel()
	r, err := DecodeResponse([]byte(`{"data":[{"index":1,"embedding":[2.50]},{"index":0,"embedding":"` + pack(1) + `","image_embedding":[0.1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Encode(&Request{Model: "asked"})
	want := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1],"image_embedding":[0.1]},{"object":"embedding","index":1,"embedding":[2.50]}],"model":"asked","usage":{"prompt_tokens":3,"total_tokens":3}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	for _, body := range []string{`[]`, `{}`, `{"data":7}`, `{"data":[7]}`, `{"data":[{"index":0}]}`, `{"data":[{"index":1,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`} {
		if r, err := DecodeResponse([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, r)
		}
	}
}

// oneByOne is a form that takes one text a request.
var oneByOne = Form{
	Encode: func(r *Request, t dialect.Target) (Call, error) {
		texts, err := r.Texts(t.Provider)
		c := Call{Path: "/" + r.Model, Said: []string{"user"}}
		for _, text := range texts {
			c.Bodies = append(c.Bodies, json.Quote(text))
		}
		return c, err
	},
	Decode: func(_ *Request, a dialect.Answered) (*Response, error) {
		return &Response{Vectors: []Vector{{Numbers: a.Body}}, Usage: &llm.Usage{Input: 2}}, nil
	},
}

func TestOneFormServesOneRequestAndSeveral(t *testing.T) {
	t.Parallel()
	in := core.Incoming{Body: []byte(`{"model":"m","input":["a","b"],"user":"u","dimensions":3,"encoding_format":"base64"}`)}
	x, err := oneByOne.Prepare(in, dialect.Target{Provider: "p", Model: "m2"})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := x.(dialect.Several)
	if !ok || len(s.Bodies()) != 2 || string(s.Bodies()[1]) != `"b"` || x.(dialect.Elsewhere).Path() != "/m2" || !reflect.DeepEqual(x.Dropped(), []string{"dimensions"}) {
		t.Fatalf("%T %+v", x, x)
	}
	got, err := s.Answers([]dialect.Answered{{Body: []byte("[1]")}, {Body: []byte("[2]")}})
	want := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"` + pack(1) + `"},{"object":"embedding","index":1,"embedding":"` + pack(2) + `"}],"model":"m2","usage":{"prompt_tokens":4,"total_tokens":4}}`
	if err != nil || string(got.Body) != want || got.Usage.Input != 4 {
		t.Errorf("%v %+v\n%s\n%s", err, got.Usage, got.Body, want)
	}
	if _, err := s.Answers([]dialect.Answered{{Body: []byte("[1]")}}); err == nil || !strings.Contains(err.Error(), "1 vectors for 2 inputs") {
		t.Errorf("a vector is missing: %v", err)
	}
	in.Body = []byte(`{"input":"a"}`)
	x, err = oneByOne.Prepare(in, dialect.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := x.(dialect.Several); ok || string(x.Body()) != `"a"` || x.DecodeError(500, http.Header{}, nil) != nil {
		t.Errorf("%T %s", x, x.Body())
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(`{"model":"m","input":["a",{"text":"b","image":{"url":"u"}}],"dimensions":3,"encoding_format":"base64"}`))
	f.Add([]byte(`{"input":[[1,2],[3]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := DecodeRequest(body)
		if err == nil && len(r.Inputs) == 0 {
			t.Error("no inputs")
		}
		if err == nil {
			_, _ = r.Texts("p")
			_ = r.Left()
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	f.Add([]byte(listed), true)
	f.Add([]byte(`{"data":[{"embedding":"`+pack(1, 2)+`"}]}`), false)
	f.Fuzz(func(t *testing.T, body []byte, asBase64 bool) {
		if out := Conform(body, asBase64); json.Valid(body) && !json.Valid(out) {
			t.Errorf("%s became %s", body, out)
		}
		r, err := DecodeResponse(body)
		if err != nil {
			return
		}
		out, err := r.Encode(&Request{Base64: asBase64})
		if err != nil {
			return
		}
		again, err := DecodeResponse(out)
		if err != nil || len(again.Vectors) != len(r.Vectors) {
			t.Errorf("%s: %v", out, err)
		}
	})
}
