package embed

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
)

// TestFormsOfCohereAI21AndPaLM shows requests, one a line, and the answer in
// the client's form. Vectors of all types survive, not floats only (fault 41 of
// the reference).
func TestFormsOfCohereAI21AndPaLM(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		form    Form
		asked   string
		want    []string // requests
		dropped string
		answer  string // to each
		said    string
	}{
		{"texts", Cohere, `{"input":["a","b"],"input_type":"search_document","truncate":"END","encoding_format":"float","user":"u"}`,
			[]string{`{"model":"m","texts":["a","b"],"input_type":"search_document","embedding_types":["float"],"truncate":"END"}`}, "user",
			`{"id":"e","embeddings":{"float":[[0.10,2],[3,4]]},"meta":{"billed_units":{"input_tokens":2}}}`,
			`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,2]},{"object":"embedding","index":1,"embedding":[3,4]}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}`},
		{"nothing is made up", Cohere, `{"input":"a"}`, []string{`{"model":"m","texts":["a"]}`}, "", `{"embeddings":[[1]]}`, `"embedding":[1]`},
		{"size", Cohere, `{"input":"a","dimensions":256}`, []string{`{"model":"m","texts":["a"],"output_dimension":256}`}, "", `{"embeddings":{"float":[[1]]}}`, `"embedding":[1]`},
		{"base64 is made of floats", Cohere, `{"input":"a","encoding_format":"base64"}`, []string{`{"model":"m","texts":["a"],"embedding_types":["float"]}`}, "",
			`{"embeddings":{"float":[[1]]}}`, `"embedding":"AACAPw=="`},
		{"other types survive", Cohere, `{"input":"a","embedding_types":["int8","float"]}`, []string{`{"model":"m","texts":["a"],"embedding_types":["int8","float"]}`}, "",
			`{"embeddings":{"int8":[[-7]],"float":[[1]],"ubinary":null}}`, `"embedding":[1],"int8":[-7]}`},
		{"one type only", Cohere, `{"input":"a","embedding_types":["int8"]}`, []string{`{"model":"m","texts":["a"],"embedding_types":["int8"]}`}, "", `{"embeddings":{"int8":[[-7]]}}`, `"embedding":[-7]`},
		{"images, one a request", Cohere, `{"input":[{"image":{"base64":"QQ=="}},{"image":{"url":"data:image/gif;base64,QQ=="}},"t",{"text":"x","image":{"base64":"QQ=="}}],"input_type":"image"}`, []string{
			`{"model":"m","images":["data:image/png;base64,QQ=="],"input_type":"image"}`, `{"model":"m","images":["data:image/gif;base64,QQ=="],"input_type":"image"}`,
			`{"model":"m","texts":["t"],"input_type":"image"}`,
			`{"model":"m","inputs":[{"content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}],"input_type":"image"}`,
		}, "", `{"embeddings":{"float":[[1]]},"meta":{"billed_units":{"image_tokens":5}}}`, `"usage":{"prompt_tokens":20,"total_tokens":20}`},
		{"ai21", AI21, `{"input":["a","b"],"type":"query","dimensions":4}`, []string{`{"texts":["a","b"],"type":"query"}`}, "dimensions",
			`{"id":"x","results":[{"embedding":[1]},{"embedding":[2]}]}`, `"embedding":[2]`},
		{"palm", PaLM, `{"input":["a","b"]}`, []string{`{"model":"m","text":"a"}`, `{"model":"m","text":"b"}`}, "", `{"embedding":{"value":[1]}}`, `"index":1,"embedding":[1]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := tt.form.Prepare(core.Incoming{Body: []byte(tt.asked)}, dialect.Target{Provider: "p", Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			bodies, answered := [][]byte{x.Body()}, []dialect.Answered{{Body: []byte(tt.answer)}}
			answer := func() (dialect.TaskAnswer, error) { return x.Answer(nil, answered[0].Body) }
			if s, ok := x.(dialect.Several); ok {
				bodies, answered = s.Bodies(), nil
				for range bodies {
					answered = append(answered, dialect.Answered{Body: []byte(tt.answer)})
				}
				answer = func() (dialect.TaskAnswer, error) { return s.Answers(answered) }
			}
			if got := fmt.Sprintf("%s", bodies); got != fmt.Sprint(tt.want) || strings.Join(x.Dropped(), " ") != tt.dropped {
				t.Errorf("dropped %q, sent\n%s\nwant\n%s", x.Dropped(), got, tt.want)
			}
			if a, err := answer(); err != nil || !strings.Contains(string(a.Body), tt.said) {
				t.Errorf("%v: %s\nwant %s", err, a.Body, tt.said)
			}
		})
	}
}

func TestMoreThanCohereTakesGoesInSeveralRequests(t *testing.T) {
	t.Parallel()
	x, err := Cohere.Prepare(core.Incoming{Body: []byte(`{"input":["a"` + strings.Repeat(`,"b"`, 200) + `]}`)}, dialect.Target{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := x.(dialect.Several)
	if !ok || len(s.Bodies()) != 3 || strings.Count(string(s.Bodies()[0]), ",") != cohereBatch {
		t.Errorf("got %T", x)
	}
}

func TestVectorsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for body, f := range map[string]Form{
		`{}`: Cohere, `{"embeddings":{}}`: Cohere, `{"embeddings":{"float":[[1]],"int8":[]}}`: Cohere, `[]`: Cohere, `{"embeddings":{"float":[]}}`: Cohere,
		`{"results":7}`: AI21, `{"results":[{}]}`: AI21, `{"embedding":{}}`: PaLM,
	} {
		x, err := f.Prepare(core.Incoming{Body: []byte(`{"input":"a"}`)}, dialect.Target{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := x.Answer(nil, []byte(body)); err == nil {
			t.Errorf("%s became %s", body, a.Body)
		}
	}
	for _, f := range []Form{Cohere, AI21, PaLM} {
		if _, err := f.Prepare(core.Incoming{Body: []byte(`{"input":[[1,2]]}`)}, dialect.Target{}); err == nil {
			t.Error("token ids were taken")
		}
	}
}
