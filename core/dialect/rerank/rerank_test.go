package rerank

import (
	"errors"
	"reflect"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

const asked = `{"model":"m","query":"q","documents":["a",{"text":"b","title":"t"}],"top_n":2,"return_documents":true,"truncation":false,"new":1}`

func TestVoyageSaysItInItsWords(t *testing.T) {
	t.Parallel()
	x, err := Voyage.Prepare(core.Incoming{Body: []byte(asked)}, dialect.Target{Model: "rerank-2"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(x.Body()), `{"model":"rerank-2","query":"q","documents":["a","b"],"truncation":false,"new":1,"top_k":2}`; got != want || x.Dropped() != nil {
		t.Errorf("dropped %q\ngot  %s\nwant %s", x.Dropped(), got, want)
	}
	a, err := x.Answer(nil, []byte(`{"object":"list","data":[{"relevance_score":0.90,"index":1},{"score":1e-3,"index":0}],"model":"rerank-2","usage":{"total_tokens":26}}`))
	want := `{"id":"","results":[{"index":1,"relevance_score":0.90,"document":{"text":"b"}},{"index":0,"relevance_score":1e-3,"document":{"text":"a"}}],"model":"rerank-2","usage":{"total_tokens":26}}`
	if err != nil || string(a.Body) != want || a.Usage.Input != 26 {
		t.Errorf("%v\ngot  %s\nwant %s", err, a.Body, want)
	}
	for _, bad := range []string{``, `{}`, `{"data":7}`, `{"data":[7]}`, `{"data":[{"index":0}]}`, `{"data":[{"relevance_score":1}]}`, `{"data":[{"index":2,"relevance_score":1}]}`, `{"data":[{"index":-1,"relevance_score":1}]}`} {
		if a, err := x.Answer(nil, []byte(bad)); err == nil {
			t.Errorf("%s became %s", bad, a.Body)
		}
	}
}

func TestDocumentsAreLeftOutUnlessTheyAreWanted(t *testing.T) {
	t.Parallel()
	r, err := DecodeRequest([]byte(`{"query":"q","documents":["a"],"rank_fields":["x"]}`))
	if err != nil || !reflect.DeepEqual(r.Left(), []string{"rank_fields"}) || string(r.Member("rank_fields")) != `["x"]` {
		t.Fatalf("%+v %v", r, err)
	}
	r.Model = "m"
	got, err := (&Response{ID: "1", Results: []Result{{Index: 0, Score: []byte("0.5")}}}).Encode(r)
	if want := `{"id":"1","results":[{"index":0,"relevance_score":0.5}],"model":"m"}`; err != nil || string(got) != want {
		t.Errorf("%v %s", err, got)
	}
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`[]`: "", `{}`: "query", `{"query":"q"}`: "documents", `{"query":"q","documents":[]}`: "documents", `{"query":"q","documents":"a"}`: "documents",
		`{"query":"q","documents":["a",7]}`: "documents[1]", `{"query":"q","documents":[{}]}`: "documents[0]",
		`{"query":"q","documents":["a"],"top_n":0}`: "top_n", `{"query":"q","documents":["a"],"top_n":"1"}`: "top_n",
	} {
		_, err := DecodeRequest([]byte(body))
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest || e.Param != param {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzVoyage(f *testing.F) {
	f.Add([]byte(asked), []byte(`{"data":[{"relevance_score":0.9,"index":1}],"usage":{"total_tokens":26}}`))
	f.Fuzz(func(t *testing.T, request, answer []byte) {
		x, err := Voyage.Prepare(core.Incoming{Body: request}, dialect.Target{Model: "m"})
		if err == nil {
			_ = x.Dropped()
			_, _ = x.Answer(nil, answer)
		}
	})
}
