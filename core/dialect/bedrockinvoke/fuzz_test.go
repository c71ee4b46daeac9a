package bedrockinvoke

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/dialecttest"
	"sluice/core/internal/frame"
	"sluice/core/internal/golden"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// models has one of each form.
var models = []string{
	"", "anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-lite-v1:0", "openai.gpt-oss-120b-1:0",
	"meta.llama3-8b-instruct-v1:0", "amazon.titan-text-express-v1", "anthropic.claude-v2:1", "ai21.j2-mid-v1", "cohere.command-text-v14", "mistral.mistral-7b-instruct-v0:2",
}

// seed adds a section of every fixture that has it.
func seed(f *testing.F, section string) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no fixtures (%v)", err)
	}
	for _, p := range paths {
		if file := golden.Read(f, p); file.Has(section) {
			f.Add(file.Get(section))
		}
	}
}

// A request that can be read can be written for every family, and its texts
// are JSON strings of its body.
func FuzzRequest(f *testing.F) {
	seed(f, "request.json")
	f.Add([]byte(`{"inputText":"x","textGenerationConfig":7}`))
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":[],"additionalModelRequestFields":{"inferenceConfig":{"topK":1}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, model := range models {
			in := core.Incoming{Body: body, Model: model}
			for s := range (Codec{}).Texts(in) {
				if s.Start < 0 || s.End > len(body) || s.Start >= s.End || body[s.Start] != '"' || !json.Valid(body[s.Start:s.End]) {
					t.Fatalf("%+v is no text of %s", s, body)
				}
			}
			_, _ = Counter{}.DecodeRequest(in)
			r, err := Codec{}.DecodeRequest(in)
			if err != nil {
				if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
					t.Fatalf("%s: %v", body, err)
				}
				continue
			}
			x, err := Codec{}.Prepare(r, dialect.Target{Provider: "bedrock", Model: model})
			if err == nil && !json.Valid(x.Body()) {
				t.Fatalf("%s became %s", body, x.Body())
			}
		}
	})
}

// An answer that can be read can be written in every family's form, and read
// again.
func FuzzResponse(f *testing.F) {
	seed(f, "response.json")
	f.Add([]byte(`{"choices":[{"text":"x","stop_reason":"stop"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		x := Codec{}.Raw(nil)
		x.DecodeError(400, http.Header{}, body)
		r, err := x.DecodeResponse(body)
		if err != nil {
			return
		}
		for _, model := range models {
			again, err := Codec{}.EncodeResponse(r, dialect.Options{Model: model})
			if err != nil || !json.Valid(again) {
				t.Fatalf("%s became %s for %s (%v)", body, again, model, err)
			}
			if _, err := x.DecodeResponse(again); err != nil {
				t.Fatalf("%s became %s for %s, which cannot be read: %v", body, again, model, err)
			}
		}
	})
}

// What a stream gives can be written in every family's form, in messages that
// can be read.
func FuzzStream(f *testing.F) {
	seed(f, "stream.events")
	f.Add([]byte(`chunk {"amazon-bedrock-invocationMetrics":7,"completion":"x","stop_reason":"y"}`))
	f.Fuzz(func(t *testing.T, section []byte) {
		raw := dialecttest.EventStream(t, section)
		encoders := make([]dialect.StreamEncoder, len(models))
		for i, model := range models {
			encoders[i] = Codec{}.EncodeStream(dialect.Options{Model: model})
		}
		for e, err := range core.Events(frame.EventStream(bytes.NewReader(raw), 0), Codec{}.Raw(nil).DecodeStream()) {
			if err != nil {
				break
			}
			for i, enc := range encoders {
				out, err := enc.Encode(nil, e)
				if _, told := errors.AsType[*llm.Error](err); told { // a form that nobody knows has no end that could be written
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				for f, err := range frame.EventStream(bytes.NewReader(out), 0) {
					if err != nil || !json.Valid(f.Data) {
						t.Fatalf("for %s: wrote %q (%v)", models[i], out, err)
					}
				}
			}
		}
	})
}
