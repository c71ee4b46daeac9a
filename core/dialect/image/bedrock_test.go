package image

import (
	"errors"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestBedrockAsksEachFamilyForImagesInItsForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, model, body, want, dropped string }{
		{"Nova Canvas", "amazon.nova-canvas-v1:0", `{"prompt":"a cat","n":2,"size":"512x640","quality":"hd","seed":3,"user":"u"}`,
			`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a cat"},"imageGenerationConfig":{"numberOfImages":2,"width":512,"height":640,"quality":"premium","seed":3}}`, "user"},
		{"Stable Diffusion XL", "stability.stable-diffusion-xl-v1", `{"prompt":"a cat","n":1,"size":"512x640","style":"anime"}`,
			`{"text_prompts":[{"text":"a cat","weight":1}],"samples":1,"width":512,"height":640,"style_preset":"anime"}`, ""},
		{"Stability", "stability.stable-image-core-v1:1", `{"prompt":"a cat","seed":3,"size":"1792x1024"}`, `{"prompt":"a cat","seed":3}`, "size"},
		{"Stability, several", "us.stability.sd3-5-large-v1:0", `{"prompt":"a cat","n":2,"size":"1024x1024"}`,
			`{"prompt":"a cat","aspect_ratio":"1:1"}` + "\n" + `{"prompt":"a cat","aspect_ratio":"1:1"}`, ""},
	} {
		x, err := Bedrock.Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Provider: "bedrock", Model: tt.model})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := []string{}
		if s, ok := x.(dialect.Several); ok {
			for _, b := range s.Bodies() {
				got = append(got, string(b))
			}
		} else {
			got = append(got, string(x.Body()))
		}
		if strings.Join(got, "\n") != tt.want || strings.Join(x.Dropped(), " ") != tt.dropped {
			t.Errorf("%s: sends\n%s\nwant\n%s\ndropped %q", tt.name, got, tt.want, x.Dropped())
		}
	}
	for body, model := range map[string]string{`{"prompt":"a"}`: "amazon.nova-lite-v1:0", `{"prompt":"a","n":11}`: "stability.stable-image-core-v1:1"} {
		if _, err := Bedrock.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: model}); err == nil {
			t.Errorf("%s for %s is taken", body, model)
		}
	}
}

func TestBedrocksImagesOfEveryFamily(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"images":["AA","BB"],"error":null}`:                             "AA BB",
		`{"seeds":[3],"finish_reasons":[null],"images":["AA"]}`:           "AA",
		`{"result":"success","artifacts":[{"seed":1,"base64":"AA"}]}`:     "AA",
		`{"images":[null],"finish_reasons":["Filter reason: prompt"]}`:    "no image was made: Filter reason: prompt",
		`{"images":[],"error":"blocked by our policy"}`:                   "no image was made: blocked by our policy",
		`{"artifacts":[{"base64":"","finishReason":"CONTENT_FILTERED"}]}`: "no image was made: CONTENT_FILTERED",
		`{"unheard":"of"}`: "its answer has no image",
	} {
		r, err := decodeBedrock(nil, dialect.Answered{Body: []byte(answer)})
		var got []string
		if err != nil {
			got = append(got, err.Error())
			e, _ := errors.AsType[*llm.Error](err)
			if (e.Kind == llm.ContentFilter) != strings.HasPrefix(e.Message, "no image was made") {
				t.Errorf("%s is a %s", answer, e.Kind)
			}
		} else {
			for _, m := range r.Images {
				got = append(got, m.Base64)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}

func FuzzBedrock(f *testing.F) {
	for _, seed := range []string{`{"images":["AA"]}`, `{"artifacts":[{"base64":"AA"}]}`, `{"images":7,"error":7}`, `{"finish_reasons":["x"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if r, err := decodeBedrock(nil, dialect.Answered{Body: body}); err == nil && len(r.Images) == 0 {
			t.Fatalf("%s gives neither an image nor an error", body)
		}
	})
}
