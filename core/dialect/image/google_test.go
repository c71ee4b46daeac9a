package image

import (
	"errors"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestGoogleIsAskedForImagesInTheFormOfTheModel(t *testing.T) {
	t.Parallel()
	const generate = "/models/{model}:generateContent"
	const one = `{"contents":[{"role":"user","parts":[{"text":"a cat"}]}],"generationConfig":{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"3:2"}}}`
	for _, tt := range []struct{ name, model, body, want, path, dropped string }{
		{"Imagen", "imagen-4.0-generate-001", `{"prompt":"a cat","n":2,"quality":"hd","seed":4,"aspectRatio":"1:1","negative_prompt":"dog","output_format":"jpeg","user":"u"}`,
			`{"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2,"aspectRatio":"1:1","negativePrompt":"dog","seed":4,"outputOptions":{"mimeType":"image/jpeg","compressionQuality":100}}}`, "", "user"},
		{"a size that has a word", "imagen-4.0-generate-001", `{"prompt":"a cat","size":"1024x1024"}`, `{"instances":[{"prompt":"a cat"}],"parameters":{"aspectRatio":"1:1"}}`, "", ""},
		{"a size that has none", "imagen-4.0-generate-001", `{"prompt":"a cat","size":"1792x1024"}`, `{"instances":[{"prompt":"a cat"}]}`, "", "size"},
		{"Gemini makes one a request", "gemini-2.5-flash-image", `{"prompt":"a cat","n":2,"size":"1536x1024","quality":"high"}`, one + "\n" + one, generate, "quality"},
	} {
		x, err := Google(generate).Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Model: tt.model})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		if s, ok := x.(dialect.Several); ok {
			for _, b := range s.Bodies() {
				got = append(got, string(b))
			}
		} else {
			got = append(got, string(x.Body()))
		}
		path := x.(dialect.Elsewhere).Path()
		if strings.Join(got, "\n") != tt.want || path != tt.path || strings.Join(x.Dropped(), " ") != tt.dropped {
			t.Errorf("%s: sends\n%s\nwant\n%s\nto %s, dropped %q", tt.name, got, tt.want, path, x.Dropped())
		}
	}
	for body, model := range map[string]string{`{"prompt":"a","n":11}`: "gemini-2.5-flash-image", `{"prompt":"a","size":"big"}`: "imagen-4.0-generate-001"} {
		if _, err := Google(generate).Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: model}); err == nil {
			t.Errorf("%s for %s is taken", body, model)
		}
	}
}

func TestGooglesImages(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"AA","prompt":"A cat."},{"bytesBase64Encoded":"BB"}]}`:                  "AA(A cat.) BB()",
		`{"predictions":[{"bytesBase64Encoded":"AA"},{"raiFilteredReason":"filtered"}]}`:                                                      "AA()",
		`{"predictions":[{"raiFilteredReason":"filtered"}]}`:                                                                                  "no image was made: filtered",
		`{"candidates":[{"content":{"parts":[{"text":"Here."},{"inlineData":{"mimeType":"image/png","data":"AA"}}]},"finishReason":"STOP"}]}`: "AA()",
		`{"candidates":[{"finishReason":"IMAGE_SAFETY"}],"usageMetadata":{"promptTokenCount":1}}`:                                             "no image was made: IMAGE_SAFETY",
		`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}`:                                                                             "no image was made: PROHIBITED_CONTENT",
		`{"candidates":[{"content":{"parts":[{"text":"I cannot."}]},"finishReason":"STOP"}]}`:                                                 "its answer has no image",
		`{}`: "its answer has no image",
	} {
		r, err := decodeGoogle(nil, dialect.Answered{Body: []byte(answer)})
		var got []string
		if e, ok := errors.AsType[*llm.Error](err); ok {
			if got = append(got, e.Message); (e.Kind == llm.ContentFilter) != strings.HasPrefix(e.Message, "no image") {
				t.Errorf("%s is a %s", answer, e.Kind)
			}
		} else {
			for _, m := range r.Images {
				got = append(got, m.Base64+"("+m.RevisedPrompt+")")
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s gives %q, want %q", answer, got, want)
		}
	}
	r, err := decodeGoogle(nil, dialect.Answered{Body: []byte(`{"candidates":[{"content":{"parts":[{"inlineData":{"data":"AA"}}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1290,"thoughtsTokenCount":10}}`)})
	if err != nil || r.Usage.Input != 3 || r.Usage.Output != 1300 || r.Usage.Reasoning != 10 {
		t.Errorf("%+v, %v", r, err)
	}
}

func FuzzGoogle(f *testing.F) {
	for _, seed := range []string{`{"predictions":[{"bytesBase64Encoded":"AA"}]}`, `{"candidates":[{"content":{"parts":[{"inlineData":{"data":"AA"}}]}}]}`, `{"predictions":7}`, `{"usageMetadata":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if r, err := decodeGoogle(nil, dialect.Answered{Body: body}); err == nil && len(r.Images) == 0 {
			t.Fatalf("%s gives neither an image nor an error", body)
		}
	})
}
