package rerank

import (
	"testing"

	"sluice/core"
	"sluice/core/dialect"
)

func TestBedrockRanksByInvokeModel(t *testing.T) {
	t.Parallel()
	in := core.Incoming{Body: []byte(`{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}`)}
	for model, want := range map[string]string{
		"cohere.rerank-v3-5:0": `{"query":"q","documents":["a","b"],"top_n":1,"api_version":2}`,
		"amazon.rerank-v1:0":   `{"query":"q","documents":["a","b"],"top_n":1}`,
	} {
		x, err := Bedrock.Prepare(in, dialect.Target{Provider: "bedrock", Model: model})
		if err != nil || string(x.Body()) != want || len(x.Dropped()) > 0 {
			t.Fatalf("%s: %v %s", model, err, x.Body())
		}
		a, err := x.Answer(nil, []byte(`{"results":[{"index":1,"relevance_score":0.90}]}`))
		if want := `{"id":"","results":[{"index":1,"relevance_score":0.90,"document":{"text":"b"}}],"model":"` + model + `"}`; err != nil || string(a.Body) != want {
			t.Errorf("%s answers %s, %v", model, a.Body, err)
		}
	}
	if _, err := Bedrock.Prepare(in, dialect.Target{Model: "amazon.nova-lite-v1:0"}); err == nil {
		t.Error("Nova is asked to rank")
	}
}
