package embed

import (
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
)

func TestRelativesDifferInNamesOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		task    dialect.Task
		body    string
		want    string
		path    string
		dropped []string
	}{
		{"nothing to change", AzureAI, `{"model" : "m", "input":"a","new":1.0}`, `{"model" : "m", "input":"a","new":1.0}`, "", nil},
		{"a list of one", Listing, `{"model":"m","input":"a","encoding_format":"base64"}`, `{"model":"m","input":["a"],"encoding_format":"base64"}`, "", nil},
		{"a list stays", Listing, `{"model":"m","input":[ "a" ]}`, `{"model":"m","input":[ "a" ]}`, "", nil},
		{"mistral", Mistral, `{"model":"m","input":"a","dimensions":3,"user":"u","output_dtype":"int8"}`, `{"model":"m","input":["a"],"output_dtype":"int8","output_dimension":3}`, "", []string{"user"}},
		{"both names", Mistral, `{"model":"m","input":["a"],"dimensions":3,"output_dimension":4}`, `{"model":"m","input":["a"],"output_dimension":4}`, "", []string{"dimensions"}},
		{"voyage", Voyage, `{"model":"m","input":["a"],"input_type":"query","encoding_format":"float"}`, `{"model":"m","input":["a"],"input_type":"query"}`, "", nil},
		{"voyage sees", Voyage, `{"model":"m","input":[{"text":"cat","image":{"base64":"AAAA"}},{"image":"https://a.example/x.png"},{"video":"https://a.example/v.mp4"}]}`,
			`{"model":"m","inputs":[{"content":[{"type":"text","text":"cat"},{"type":"image_base64","image_base64":"data:image/png;base64,AAAA"}]},{"content":[{"type":"image_url","image_url":"https://a.example/x.png"}]},{"content":[{"type":"video_url","video_url":"https://a.example/v.mp4"}]}]}`, "/multimodalembeddings", nil},
		{"jina", Jina, `{"model":"m","input":"a","task":"text-matching","dimensions":3,"encoding_format":"base64"}`, `{"model":"m","input":"a","task":"text-matching","dimensions":3}`, "", nil},
		{"jina sees", Jina, `{"model":"m","input":["a",{"image":{"url":"https://a.example/x.png"}}]}`, `{"model":"m","input":[{"text":"a"},{"image":"https://a.example/x.png"}]}`, "", nil},
		{"azure sees", AzureAI, `{"model":"m","input":[{"image":{"base64":"AAAA"},"text":"t"}]}`, `{"model":"m","input":[{"image":"data:image/png;base64,AAAA","text":"t"}]}`, "/images/embeddings", nil},
		{"nomic", Nomic, `{"model":"m","input":"a","task_type":"search_query","dimensions":3,"user":"u"}`, `{"texts":["a"],"model":"m","task_type":"search_query","dimensionality":3}`, "", []string{"user"}},
	} {
		x, err := tt.task.Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Provider: "p", Model: "m"})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := string(x.Body()); got != tt.want || x.(dialect.Elsewhere).Path() != tt.path || !reflect.DeepEqual(x.Dropped(), tt.dropped) {
			t.Errorf("%s: %q, dropped %q\ngot  %s\nwant %s", tt.name, x.(dialect.Elsewhere).Path(), x.Dropped(), got, tt.want)
		}
	}
}

func TestWhatRelativesCannotSayIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		task  dialect.Task
		input string
		want  string
	}{
		{Voyage, `[[1,2],{"image":"AAAA"}]`, `input`},
		{Voyage, `[{"image":"AAAA"},[1,2]]`, `token ids`},
		{Jina, `[{"text":"a","image":"AAAA"}]`, `either a text or an image`},
		{Jina, `[{"video":"AAAA"}]`, `either a text or an image`},
		{AzureAI, `["a",{"image":"AAAA"}]`, `an image for each input`},
		{Nomic, `[1,2]`, `token ids`},
	} {
		_, err := tt.task.Prepare(core.Incoming{Body: []byte(`{"input":` + tt.input + `}`)}, dialect.Target{Provider: "p"})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want one about %q", tt.input, err, tt.want)
		}
	}
}

func TestAnswersOfRelativesAreOpenAIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, request, answer, want string
		tokens                      int64
	}{
		{"as it came", `{"input":"a"}`, `{"data":[{"embedding":[1.0]}], "x":1,"usage":{"prompt_tokens":3,"total_tokens":3}}`, `{"data":[{"embedding":[1.0]}], "x":1,"usage":{"prompt_tokens":3,"total_tokens":3}}`, 3},
		{"packed", `{"input":"a","encoding_format":"base64"}`, `{"data":[{"embedding":[1]}]}`, `{"data":[{"embedding":"` + pack(1) + `"}]}`, 0},
		{"only a total", `{"input":"a"}`, `{"data":[{"embedding":[1]}],"usage":{"total_tokens":7}}`, `{"data":[{"embedding":[1]}],"usage":{"total_tokens":7,"prompt_tokens":7}}`, 7},
		{"another type", `{"input":"a","encoding_format":"base64","output_dtype":"int8"}`, `{"data":[{"embedding":[1]}]}`, `{"data":[{"embedding":[1]}]}`, 0},
	} {
		x, err := Voyage.Prepare(core.Incoming{Body: []byte(tt.request)}, dialect.Target{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := x.Answer(nil, []byte(tt.answer))
		if err != nil || string(a.Body) != tt.want || tt.tokens > 0 && a.Usage.Input != tt.tokens {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, a.Body, tt.want)
		}
		for _, bad := range []string{``, `{}`, `{"data":7}`, `[]`} {
			if a, err := x.Answer(nil, []byte(bad)); err == nil {
				t.Errorf("%s became %s", bad, a.Body)
			}
		}
	}
	x, err := Nomic.Prepare(core.Incoming{Body: []byte(`{"input":["a","b"],"encoding_format":"base64"}`)}, dialect.Target{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Answer(nil, []byte(`{"embeddings":[[1]]}`)); err == nil {
		t.Error("a vector is missing, and nobody says so")
	}
	a, err := x.Answer(nil, []byte(`{"embeddings":[[1],[2]],"usage":{"prompt_tokens":4,"total_tokens":4}}`))
	if want := `"data":[{"object":"embedding","index":0,"embedding":"` + pack(1) + `"}`; err != nil || !strings.Contains(string(a.Body), want) {
		t.Errorf("%v %s", err, a.Body)
	}
}

func FuzzRelatives(f *testing.F) {
	f.Add([]byte(`{"input":["a",{"image":"AAAA"}],"dimensions":3,"user":"u"}`), []byte(`{"data":[{"embedding":[1]}],"usage":{"total_tokens":7}}`))
	f.Add([]byte(`{"input":"a"}`), []byte(`{"embeddings":[[1]]}`))
	f.Fuzz(func(t *testing.T, request, answer []byte) {
		for _, task := range []dialect.Task{Mistral, Voyage, Jina, AzureAI, Listing, Nomic} {
			x, err := task.Prepare(core.Incoming{Body: request}, dialect.Target{Model: "m"})
			if err == nil {
				_ = x.Dropped()
				_, _ = x.Answer(nil, answer)
			}
		}
	})
}
