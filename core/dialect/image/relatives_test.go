package image

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestRelativesSayItInTheirWords(t *testing.T) {
	t.Parallel()
	const xl, schnell = "accounts/fireworks/models/stable-diffusion-xl-1024-v1-0", "accounts/fireworks/models/flux-1-schnell-fp8"
	for _, tt := range []struct {
		name, model, body, want, path string
		task                          Form
		dropped                       []string
	}{
		{"fireworks", xl, `{"model":"x","prompt":"a cat","n":1,"size":"1024x768","seed":4,"negative_prompt":"dog","style":"anime","user":"u","response_format":"url"}`,
			`{"model":"` + xl + `","text_prompts":[{"text":"a cat","weight":1},{"text":"dog","weight":-1}],"height":768,"width":1024,"samples":1,"seed":4,"style_preset":"anime"}`,
			"/image_generation/" + xl, Fireworks, []string{"user", "response_format"}},
		{"flux", schnell, `{"prompt":"a cat","size":"1024x1024","num_inference_steps":4,"quality":"hd"}`,
			`{"prompt":"a cat","aspect_ratio":"1:1","num_inference_steps":4}`, "/workflows/" + schnell + "/text_to_image", Fireworks, []string{"quality"}},
		{"a ratio that flux has not", schnell, `{"prompt":"a cat","size":"1024x100"}`, `{"prompt":"a cat"}`, "/workflows/" + schnell + "/text_to_image", Fireworks, []string{"size"}},
		{"together", "m", `{"model":"m","prompt":"a cat","size":"1024x768","response_format":"b64_json","steps":4}`,
			`{"model":"m","prompt":"a cat","response_format":"base64","steps":4,"width":1024,"height":768}`, "", Together, nil},
		{"together by its own words", "m", `{"model":"m","prompt":"a cat","size":"8x8","width":64,"height":64}`, `{"model":"m","prompt":"a cat","width":64,"height":64}`, "", Together, nil},
		{"siliconflow", "m2", `{"model":"m","prompt":"a cat","size":"1024x768","n":2,"response_format":"b64_json","guidance_scale":7.50}`,
			`{"model":"m2","prompt":"a cat","guidance_scale":7.50,"image_size":"1024x768","batch_size":2}`, "", SiliconFlow, []string{"response_format"}},
		{"hyperbolic", "SDXL1.0-base", `{"model":"m","prompt":"a cat","size":"1024x768","response_format":"b64_json","steps":30}`,
			`{"prompt":"a cat","steps":30,"width":1024,"height":768,"model_name":"SDXL1.0-base"}`, "", Hyperbolic, nil},
	} {
		x, err := tt.task.Prepare(core.Incoming{Body: []byte(tt.body)}, dialect.Target{Model: tt.model})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := string(x.Body()); got != tt.want || x.(dialect.Elsewhere).Path() != tt.path || !reflect.DeepEqual(x.Dropped(), tt.dropped) {
			t.Errorf("%s: %s, dropped %q\ngot  %s\nwant %s", tt.name, x.(dialect.Elsewhere).Path(), x.Dropped(), got, tt.want)
		}
	}
}

func TestOneRequestForEachImage(t *testing.T) {
	t.Parallel()
	for name, task := range map[string]Form{"flux": Fireworks, "hyperbolic": Hyperbolic} {
		x, err := task.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat","n":3}`)}, dialect.Target{Model: "flux"})
		if s, ok := x.(dialect.Several); err != nil || !ok || len(s.Bodies()) != 3 || slices.Contains(x.Dropped(), "n") {
			t.Errorf("%s: %T %v", name, x, err)
		}
	}
}

func TestAModelsNameStaysInItsPlace(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"", "../x", "a//b", "a/..", "accounts/./flux"} {
		if x, err := Fireworks.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat"}`)}, dialect.Target{Model: model}); err == nil {
			t.Errorf("%q became %s", model, x.(dialect.Elsewhere).Path())
		}
	}
	x, err := Fireworks.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat"}`)}, dialect.Target{Model: "a?b#c"})
	if err != nil || x.(dialect.Elsewhere).Path() != "/image_generation/a%3Fb%23c" {
		t.Errorf("%v %v", x, err)
	}
	_, err = Fireworks.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat"}`)}, dialect.Target{Model: "flux-kontext-pro"})
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Unsupported {
		t.Errorf("an asynchronous model: %v", err)
	}
}

func TestAnswersOfRelativesAreOpenAIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer, want string
		task               Form
	}{
		{"fireworks", `[{"base64":"AA==","seed":4,"finishReason":"SUCCESS"}]`, `"data":[{"b64_json":"AA==","seed":4,"finishReason":"SUCCESS"}]`, Fireworks},
		{"flux", `{"id":"1","base64":["data:image/png;base64,AA=="],"finishReason":"SUCCESS","seed":1}`, `"data":[{"b64_json":"AA=="}]`, Fireworks},
		{"together", `{"id":"1","model":"m","object":"list","data":[{"index":0,"url":"https://a.example/x"}]}`, `"data":[{"url":"https://a.example/x"}]`, Together},
		{"siliconflow", `{"images":[{"url":"https://a.example/x"}],"timings":{"inference":1},"seed":4}`, `"data":[{"url":"https://a.example/x"}]`, SiliconFlow},
		{"hyperbolic", `{"images":[{"index":0,"image":"AA==","random_seed":7}],"inference_time":1}`, `"data":[{"b64_json":"AA==","random_seed":7}]`, Hyperbolic},
	} {
		x, err := tt.task.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat"}`)}, dialect.Target{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := x.Answer(nil, []byte(tt.answer))
		if err != nil || !strings.HasPrefix(string(a.Body), `{"created":`) || !strings.Contains(string(a.Body), tt.want) {
			t.Errorf("%s: %v\ngot  %s\nwant %s", tt.name, err, a.Body, tt.want)
		}
		for _, bad := range []string{``, `{}`, `[]`, `{"data":[{}],"images":[{}],"base64":[7]}`, `{"data":7,"images":7}`} {
			if a, err := x.Answer(nil, []byte(bad)); err == nil {
				t.Errorf("%s: %s became %s", tt.name, bad, a.Body)
			}
		}
	}
}

func TestARefusedImageIsNoImage(t *testing.T) {
	t.Parallel()
	x, err := Fireworks.Prepare(core.Incoming{Body: []byte(`{"prompt":"a cat"}`)}, dialect.Target{Model: "flux"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.Answer(nil, []byte(`{"base64":["AA=="],"finishReason":"CONTENT_FILTERED"}`))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.ContentFilter {
		t.Errorf("got %v", err)
	}
}

func FuzzRelatives(f *testing.F) {
	f.Add([]byte(`{"prompt":"a cat","n":2,"size":"1024x768"}`), []byte(`[{"base64":"AA==","seed":4}]`), "flux")
	f.Add([]byte(`{"prompt":"a cat"}`), []byte(`{"images":[{"url":"u","image":"AA=="}],"data":[{"url":"u"}]}`), "m")
	f.Fuzz(func(t *testing.T, request, answer []byte, model string) {
		for _, task := range []Form{Fireworks, Together, SiliconFlow, Hyperbolic} {
			x, err := task.Prepare(core.Incoming{Body: request}, dialect.Target{Model: model})
			if err == nil {
				_ = x.Dropped()
				_, _ = x.Answer(nil, answer)
			}
		}
	})
}
