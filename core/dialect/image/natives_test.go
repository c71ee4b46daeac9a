package image

import (
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

func prepared(t *testing.T, f Form, model, body string) dialect.TaskExchange {
	t.Helper()
	x, err := f.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Provider: "p", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestImagesInOwnForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, model, body, want, path string
		form                          Form
		dropped                       []string
	}{
		{"segmind", "sdxl1.0-txt2img", `{"prompt":"a cat","n":2,"size":"512x768","seed":5,"style":"base","user":"u"}`,
			`{"prompt":"a cat","samples":2,"img_width":512,"img_height":768,"num_inference_steps":20,"style":"base","seed":5,"base64":true}`, "/sdxl1.0-txt2img", Segmind, []string{"user"}},
		{"segmind by its own words", "qr", `{"prompt":"a","steps":4,"qr_size":768,"samples":3}`,
			`{"prompt":"a","num_inference_steps":4,"samples":3,"size":768,"base64":true}`, "/qr", Segmind, nil},
		{"stability, first version", "stable-diffusion-v1-6", `{"prompt":"a cat","n":2,"size":"512x768","style":"anime","sampler":"K_DPM_2","negative_prompt":"dog","quality":"hd"}`,
			`{"text_prompts":[{"text":"a cat","weight":1},{"text":"dog","weight":-1}],"samples":2,"width":512,"height":768,"style_preset":"anime","sampler":"K_DPM_2"}`,
			"/v1/generation/stable-diffusion-v1-6/text-to-image", Stability, []string{"quality"}},
		{"workers ai", "@cf/x/sdxl", `{"prompt":"a cat","size":"512x768","steps":9,"seed":1,"negative_prompt":"dog","style":"s"}`,
			`{"prompt":"a cat","width":512,"height":768,"num_steps":9,"negative_prompt":"dog","seed":1}`, "", WorkersAI, []string{"style"}},
		{"workers ai, flux", "@cf/black-forest-labs/flux-1-schnell", `{"prompt":"a cat","steps":4}`, `{"prompt":"a cat","steps":4}`, "", WorkersAI, nil},
	} {
		x := prepared(t, tt.form, tt.model, tt.body)
		if got := string(x.Body()); got != tt.want || x.(dialect.Elsewhere).Path() != tt.path || !reflect.DeepEqual(x.Dropped(), tt.dropped) {
			t.Errorf("%s: %s, dropped %q\ngot  %s\nwant %s", tt.name, x.(dialect.Elsewhere).Path(), x.Dropped(), got, tt.want)
		}
	}
}

// fields reads a form, files as file:bytes.
func fields(t *testing.T, x dialect.TaskExchange) map[string]string {
	t.Helper()
	_, boundary, ok := strings.Cut(x.ContentType(), "boundary=")
	if !ok {
		t.Fatalf("content type %q", x.ContentType())
	}
	out := map[string]string{}
	r := multipart.NewReader(strings.NewReader(string(x.Body())), boundary)
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() != "" {
			b = append([]byte("file:"), b...)
		}
		out[p.FormName()] = string(b)
	}
}

func TestStabilitysFormHasSizeAsARatio(t *testing.T) {
	t.Parallel()
	x := prepared(t, Stability, "sd3.5-large", `{"prompt":"a cat","size":"1024x1024","seed":0,"style":"anime","image":"data:image/png;base64,aGk=","mode":"image-to-image","strength":0.50}`)
	want := map[string]string{"prompt": "a cat", "model": "sd3.5-large", "aspect_ratio": "1:1", "seed": "0", "style_preset": "anime", "image": "file:hi", "mode": "image-to-image", "strength": "0.50"}
	if got := fields(t, x); !reflect.DeepEqual(got, want) || x.(dialect.Elsewhere).Path() != "/v2beta/stable-image/generate/sd3" || x.Dropped() != nil {
		t.Errorf("%s, dropped %q: got %q, want %q", x.(dialect.Elsewhere).Path(), x.Dropped(), got, want)
	}
	x = prepared(t, Stability, "core", `{"prompt":"","n":2,"size":"1024x100"}`)
	if s, ok := x.(dialect.Several); !ok || len(s.Bodies()) != 2 || !reflect.DeepEqual(x.Dropped(), []string{"size"}) {
		t.Errorf("%T, dropped %q", x, x.Dropped())
	}
}

func TestImagesAreRead(t *testing.T) {
	t.Parallel()
	png := http.Header{"Content-Type": {"image/png"}}
	data := base64.StdEncoding.EncodeToString([]byte("png"))
	for name, tt := range map[string]struct {
		form   Form
		model  string
		header http.Header
		body   string
		want   string
	}{
		"segmind":                 {Segmind, "m", nil, `{"image":"AAAA","status":"Success"}`, `"data":[{"b64_json":"AAAA"}]`},
		"segmind, several":        {Segmind, "m", nil, `{"image":["AAAA","BBBB"]}`, `"data":[{"b64_json":"AAAA"},{"b64_json":"BBBB"}]`},
		"segmind, a file":         {Segmind, "m", png, "png", `"b64_json":"` + data + `"`},
		"stability":               {Stability, "core", nil, `{"image":"AAAA","finish_reason":"SUCCESS","seed":5}`, `"data":[{"b64_json":"AAAA"}]`},
		"stability, first":        {Stability, "stable-diffusion-v1-6", nil, `{"artifacts":[{"base64":"AAAA","finishReason":"SUCCESS"}]}`, `"data":[{"b64_json":"AAAA"}]`},
		"workers ai":              {WorkersAI, "m", nil, `{"result":{"image":"AAAA"},"success":true}`, `"data":[{"b64_json":"AAAA"}]`},
		"workers ai, a file":      {WorkersAI, "m", png, "png", `"b64_json":"` + data + `"`},
		"workers ai, none":        {WorkersAI, "m", nil, `{"result":{}}`, ""},
		"stability, filtered out": {Stability, "core", nil, `{"image":"AAAA","finish_reason":"CONTENT_FILTERED"}`, ""},
		"segmind, none":           {Segmind, "m", nil, `{"image":null}`, ""},
	} {
		a, err := prepared(t, tt.form, tt.model, `{"prompt":"a"}`).Answer(tt.header, []byte(tt.body))
		if (err != nil) != (tt.want == "") || !strings.Contains(string(a.Body), tt.want) {
			t.Errorf("%s: got %s, %v, want %s", name, a.Body, err, tt.want)
		}
	}
}

func TestStabilitysErrors(t *testing.T) {
	t.Parallel()
	e := prepared(t, Stability, "core", `{"prompt":""}`).DecodeError(400, nil, []byte(`{"id":"e1","name":"bad_request","errors":["prompt: too short","x: y"]}`))
	if e.Message != "prompt: too short, x: y" || e.Type != "bad_request" || e.Param != "e1" || e.Kind != llm.BadRequest {
		t.Errorf("got %+v", e)
	}
	for _, body := range []string{`{"prompt":"a","image":"!"}`, `{"prompt":"a","n":11}`, `{"prompt":"a","size":"big"}`} {
		_, err := Stability.Prepare(core.Incoming{Body: []byte(body)}, dialect.Target{Model: "core"})
		if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
			t.Errorf("%s: got %v, want a refusal", body, err)
		}
	}
}
