package embed

import (
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
)

func TestVectorsInOwnForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		form         Form
		body, sent   string
		dropped      []string
		answer, want string
	}{
		{"workers ai", WorkersAI, `{"model":"@cf/baai/bge-m3","input":["a","b"],"user":"u","pooling":"cls"}`, `{"text":["a","b"],"pooling":"cls"}`, []string{"user"},
			`{"result":{"shape":[2,2],"data":[[0.10,2],[3,4]]},"success":true,"errors":[],"messages":[]}`,
			`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,2]},{"object":"embedding","index":1,"embedding":[3,4]}],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0}}`},
		{"ollama", Ollama, `{"model":"x","input":"a","dimensions":2,"keep_alive":"5m"}`, `{"model":"m","input":["a"],"dimensions":2,"keep_alive":"5m"}`, nil,
			`{"model":"all-minilm","embeddings":[[0.10,2]],"total_duration":1,"prompt_eval_count":8}`,
			`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10,2]}],"model":"all-minilm","usage":{"prompt_tokens":8,"total_tokens":8}}`},
	} {
		x, err := tt.form.Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Provider: "p", Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(x.Body()); got != tt.sent || !reflect.DeepEqual(x.Dropped(), tt.dropped) {
			t.Errorf("%s: dropped %q, got %s, want %s", tt.name, x.Dropped(), got, tt.sent)
		}
		if a, err := x.Answer(nil, []byte(tt.answer)); err != nil || string(a.Body) != tt.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, a.Body, tt.want)
		}
		if _, err := x.Answer(nil, []byte(`{"result":{"data":7},"embeddings":{}}`)); err == nil || !strings.Contains(err.Error(), "no vectors") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := tt.form.Prepare(core.Incoming{Body: []byte(`{"model":"m","input":[1,2]}`)}, dialect.Target{Provider: "p"}); err == nil {
			t.Errorf("%s takes token ids", tt.name)
		}
	}
}
