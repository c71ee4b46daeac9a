package embed

import (
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

func bodies(x dialect.TaskExchange) string {
	if s, ok := x.(dialect.Several); ok {
		var all []string
		for _, b := range s.Bodies() {
			all = append(all, string(b))
		}
		return strings.Join(all, "\n")
	}
	return string(x.Body())
}

func TestBedrockAsksEachFamilyInItsForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, model, body, want, dropped string }{
		{"Titan's first", "amazon.titan-embed-text-v1", `{"input":"a"}`, `{"inputText":"a"}`, ""},
		{"Titan, two texts", "amazon.titan-embed-text-v2:0", `{"input":["a","b"],"dimensions":256,"normalize":true,"user":"u"}`,
			`{"inputText":"a","dimensions":256,"normalize":true}` + "\n" + `{"inputText":"b","dimensions":256,"normalize":true}`, "user"},
		{"Titan, an image", "amazon.titan-embed-image-v1", `{"input":[{"text":"cat","image":"data:image/png;base64,AAAA"}],"dimensions":384}`,
			`{"inputText":"cat","inputImage":"AAAA","embeddingConfig":{"outputEmbeddingLength":384}}`, ""},
		{"Cohere", "us.cohere.embed-v4:0", `{"input":["a","b"],"dimensions":256,"truncate":"END"}`,
			`{"texts":["a","b"],"input_type":"search_document","truncate":"END","output_dimension":256}`, ""},
		{"Cohere, an image", "cohere.embed-english-v3", `{"input":[{"image":"AAAA"}]}`, `{"images":["data:image/png;base64,AAAA"],"input_type":"image"}`, ""},
		{"Nova", "amazon.nova-2-multimodal-embeddings-v1:0", `{"input":"a","dimensions":384}`,
			`{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX","embeddingDimension":384,"text":{"truncationMode":"END","value":"a"}}}`, ""},
		{"Nova, an image", "amazon.nova-2-multimodal-embeddings-v1:0", `{"input":[{"image":"data:image/jpeg;base64,AAAA"}],"embedding_purpose":"IMAGE_RETRIEVAL"}`,
			`{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"IMAGE_RETRIEVAL","image":{"format":"jpeg","source":{"bytes":"AAAA"}}}}`, ""},
	} {
		x, err := Bedrock.Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Provider: "bedrock", Model: tt.model})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := bodies(x); got != tt.want || strings.Join(x.Dropped(), " ") != tt.dropped {
			t.Errorf("%s: sends\n%s\nwant\n%s\ndropped %q", tt.name, got, tt.want, x.Dropped())
		}
	}
}

func TestBedrockSplitsWhatCohereTakesAtOnce(t *testing.T) {
	t.Parallel()
	many := `{"input":["a"` + strings.Repeat(`,"b"`, cohereBatch) + `]}`
	x, err := Bedrock.Prepare(core.Incoming{Body: []byte(many)}, dialect.Target{Model: "cohere.embed-english-v3"})
	if s, ok := x.(dialect.Several); err != nil || !ok || len(s.Bodies()) != 2 {
		t.Errorf("%d texts: %+v %v", cohereBatch+1, x, err)
	}
}

func TestBedrockRefusesWhatItCannotEmbed(t *testing.T) {
	t.Parallel()
	for body, model := range map[string]string{
		`{"input":[1,2]}`: "amazon.titan-embed-text-v2:0",
		`{"input":[{"image":"https://a.example/x.png"}]}`:      "amazon.titan-embed-image-v1",
		`{"input":[{"image":"AAAA"}]}`:                         "amazon.titan-embed-text-v2:0",
		`{"input":["a",{"image":"AAAA"}]}`:                     "cohere.embed-english-v3",
		`{"input":[{"text":"a","image":"AAAA"}]}`:              "amazon.nova-2-multimodal-embeddings-v1:0",
		`{"input":[{"video":{"base64":"AAAA","interval":1}}]}`: "amazon.nova-2-multimodal-embeddings-v1:0",
		`{"input":"a"}`: "meta.llama3-8b-instruct-v1:0",
	} {
		if x, err := Bedrock.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: model}); err == nil {
			t.Errorf("%s for %s became %s", body, model, bodies(x))
		}
	}
}

func TestBedrocksVectorsOfEveryFamily(t *testing.T) {
	t.Parallel()
	counted := http.Header{"X-Amzn-Bedrock-Input-Token-Count": {"7"}}
	for _, tt := range []struct {
		name, answer string
		header       http.Header
		want         string // vectors
		tokens       int64
	}{
		{"Titan", `{"embedding":[0.10,2],"inputTextTokenCount":3}`, nil, "[0.10,2]", 3},
		{"Titan in bits", `{"embeddingsByType":{"binary":[0,1]},"inputTextTokenCount":3}`, nil, "[0,1]", 3},
		{"Cohere", `{"embeddings":[[1],[2]],"id":"x"}`, counted, "[1] [2]", 7},
		{"Cohere by type", `{"embeddings":{"int8":[[3]],"float":[[1]]}}`, counted, "[1]", 7},
		{"Nova", `{"embeddings":[{"embeddingType":"TEXT","embedding":[1,2]}]}`, counted, "[1,2]", 7},
	} {
		r, err := decodeBedrock(nil, dialect.Answered{Header: tt.header, Body: []byte(tt.answer)})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, v := range r.Vectors {
			got = append(got, string(v.Numbers))
		}
		if strings.Join(got, " ") != tt.want || r.Usage == nil || r.Usage.Input != tt.tokens {
			t.Errorf("%s: %q %+v", tt.name, got, r.Usage)
		}
	}
}

func FuzzBedrock(f *testing.F) {
	for _, seed := range []string{`{"embedding":[1]}`, `{"embeddings":{"float":[[1]]}}`, `{"embeddings":[{"embedding":7}]}`, `{"embeddingsByType":{}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeBedrock(nil, dialect.Answered{Body: body})
		if err != nil {
			return
		}
		for _, v := range r.Vectors {
			if v.Numbers.Kind() != '[' || !json.Valid(v.Numbers) {
				t.Fatalf("%s gives the vector %s", body, v.Numbers)
			}
		}
	})
}

// A request for each input is not made for any number of them.
func TestInputsThatCostARequestEachAreCounted(t *testing.T) {
	t.Parallel()
	inputs := func(n int) []byte {
		return []byte(`{"model":"amazon.titan-embed-text-v2:0","input":["a"` + strings.Repeat(`,"a"`, n-1) + `]}`)
	}
	for n, ok := range map[int]bool{2048: true, 2049: false} {
		_, err := Bedrock.Prepare(core.Incoming{Body: inputs(n)}, dialect.Target{Provider: "bedrock", Model: "amazon.titan-embed-text-v2:0"})
		if (err == nil) != ok {
			t.Errorf("%d inputs: %v", n, err)
		}
	}
}
