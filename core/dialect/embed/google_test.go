package embed

import (
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
)

// sent lists the bodies that a form makes of a request, and the path in place
// of the endpoint's.
func sent(t *testing.T, f Form, model, body string) (bodies, path, dropped string) {
	t.Helper()
	x, err := f.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: model})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if e, ok := x.(dialect.Elsewhere); ok {
		path = e.Path()
	}
	if s, ok := x.(dialect.Several); ok {
		var all []string
		for _, b := range s.Bodies() {
			all = append(all, string(b))
		}
		return strings.Join(all, "\n"), path, strings.Join(x.Dropped(), " ")
	}
	return string(x.Body()), path, strings.Join(x.Dropped(), " ")
}

// No two inputs are merged into one vector, and dimensions are told.
func TestGoogleIsAskedForOneVectorOfEachInput(t *testing.T) {
	t.Parallel()
	const contents = "/publishers/google/models/{model}:embedContent"
	for _, tt := range []struct {
		name        string
		form        Form
		model, body string
		want, path  string
		dropped     string
	}{
		{"one text", Gemini, "gemini-embedding-001", `{"input":"a","dimensions":256,"task_type":"RETRIEVAL_QUERY","user":"u"}`,
			`{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":256}`, "", "user"},
		{"texts", Gemini, "models/text-embedding-004", `{"input":["a",""]}`,
			`{"requests":[{"model":"models/text-embedding-004","content":{"parts":[{"text":"a"}]}},{"model":"models/text-embedding-004","content":{"parts":[{"text":""}]}}]}`, "/models/{model}:batchEmbedContents", ""},
		{"a picture", Gemini, "gemini-embedding-2", `{"input":[{"text":"a","image":{"url":"data:image/png;base64,QQ=="},"video":{"url":"gs://b/v"}}]}`,
			`{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"QQ=="}},{"fileData":{"mimeType":"video/mp4","fileUri":"gs://b/v"}}]}}`, "", ""},
		{"Vertex AI", Vertex, "text-embedding-005", `{"input":["a","b"],"dimensions":2,"task_type":"X","auto_truncate":false}`,
			`{"instances":[{"content":"a","task_type":"X"},{"content":"b","task_type":"X"}],"parameters":{"outputDimensionality":2,"autoTruncate":false}}`, "", ""},
		{"Vertex AI's Gemini takes one", Vertex, "gemini-embedding-001", `{"input":["a","b"]}`, `{"instances":[{"content":"a"}]}` + "\n" + `{"instances":[{"content":"b"}]}`, "", ""},
		{"a newer one has another method", Vertex, "gemini-embedding-2", `{"input":"a","dimensions":2}`,
			`{"content":{"parts":[{"text":"a"}]},"embedContentConfig":{"outputDimensionality":2}}`, contents, ""},
		{"pictures and videos", Vertex, "multimodalembedding@001",
			`{"input":[{"image":"QQ=="},{"text":"b","video":{"url":"gs://b/v","start_offset":1,"end_offset":9,"interval":4}}],"dimensions":128}`,
			`{"instances":[{"image":{"bytesBase64Encoded":"QQ=="}}],"parameters":{"dimension":128}}` + "\n" +
				`{"instances":[{"text":"b","video":{"gcsUri":"gs://b/v","videoSegmentConfig":{"startOffsetSec":1,"endOffsetSec":9,"intervalSec":4}}}],"parameters":{"dimension":128}}`, "", ""},
	} {
		bodies, path, dropped := sent(t, tt.form, tt.model, tt.body)
		if bodies != tt.want || path != tt.path || dropped != tt.dropped {
			t.Errorf("%s: sends\n%s\nwant\n%s\nto %s, dropped %q", tt.name, bodies, tt.want, path, dropped)
		}
	}
	for body, f := range map[string]Form{`{"input":[1,2]}`: Gemini, `{"input":{"image":"http://x/y.png"}}`: Vertex, `{"input":[[1]]}`: Vertex, `{"input":{"image":"ftp://x"}}`: Gemini} {
		if _, err := f.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: "m"}); err == nil {
			t.Errorf("%s is taken", body)
		}
	}
}

func TestGooglesVectors(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"embedding":{"values":[0.10,1]},"usageMetadata":{"promptTokenCount":3}}`:                           `[{"object":"embedding","index":0,"embedding":[0.10,1]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}`,
		`{"predictions":[{"embeddings":{"statistics":{"token_count":2.0,"truncated":false},"values":[1]}}]}`: `[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}`,
		`{"predictions":[{"textEmbedding":[1],"imageEmbedding":[2]}]}`:                                       `[{"object":"embedding","index":0,"embedding":[1],"image_embedding":[2]}],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0}}`,
		`{"predictions":[{"videoEmbeddings":[{"startOffsetSec":0,"endOffsetSec":4,"embedding":[3]}]}]}`:      `[{"object":"embedding","index":0,"embedding":[3],"video_embeddings":[{"start_offset":0,"end_offset":4,"embedding":[3]}]}],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0}}`,
		`{"embeddings":[{"values":[1]},{"values":[2]}]}`:                                                     `[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[2]}],"model":"m","usage":{"prompt_tokens":0,"total_tokens":0}}`,
	} {
		x, err := Vertex.Prepare(core.Incoming{Body: []byte(`{"input":"a"}`)}, dialect.Target{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Answer(nil, []byte(answer))
		if want = `{"object":"list","data":` + want; err != nil || string(got.Body) != want {
			t.Errorf("%s gives\n%s, %v\nwant\n%s", answer, got.Body, err, want)
		}
	}
	for _, bad := range []string{`{}`, `{"predictions":[{}]}`, `{"predictions":7}`, `{"embedding":{"values":7}}`, `{"embeddings":[]}`, `[`} {
		x, _ := Vertex.Prepare(core.Incoming{Body: []byte(`{"input":"a"}`)}, dialect.Target{Model: "m"})
		if got, err := x.Answer(nil, []byte(bad)); err == nil {
			t.Errorf("%s gives %s", bad, got.Body)
		}
	}
}

func FuzzGoogle(f *testing.F) {
	for _, seed := range []string{`{"embedding":{"values":[1]}}`, `{"embeddings":[{"values":[1]}],"usageMetadata":{"promptTokenCount":"x"}}`,
		`{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":1e400}}}]}`, `{"predictions":[{"videoEmbeddings":[7]}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeVertex(&Request{}, dialect.Answered{Body: body})
		if err != nil {
			return
		}
		for _, v := range r.Vectors {
			if v.Numbers.Kind() != '[' {
				t.Fatalf("%s gives a vector that is none: %s", body, v.Numbers)
			}
		}
	})
}
