package image

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Fireworks has two forms: one for the models of Stability, one for FLUX.
//
// https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt
var Fireworks = Form{Gives: Base64, Encode: encodeFireworks, Decode: decodeFireworks}

type weighted struct {
	Text   string     `json:"text"`
	Weight json.Value `json:"weight"`
}

type stableDiffusion struct {
	Model   string     `json:"model"`
	Prompts []weighted `json:"text_prompts"`
	Height  int64      `json:"height,omitzero"`
	Width   int64      `json:"width,omitzero"`
	Samples int64      `json:"samples,omitzero"`
	Seed    json.Value `json:"seed,omitzero"`
	Scale   json.Value `json:"cfg_scale,omitzero"`
	Sampler json.Value `json:"sampler,omitzero"`
	Steps   json.Value `json:"steps,omitzero"`
	Style   json.Value `json:"style_preset,omitzero"`
	Safety  json.Value `json:"safety_check,omitzero"`
	Format  json.Value `json:"output_image_format,omitzero"`
}

func encodeFireworks(r *Request, _ dialect.Target) (Call, error) {
	switch {
	case strings.Contains(r.Model, "kontext"):
		return Call{}, llm.Errorf(llm.Unsupported, "%s answers by polling, which /v1/images/generations cannot: call its own path", r.Model)
	case strings.Contains(r.Model, "flux"):
		return encodeFlux(r)
	}
	q := stableDiffusion{
		Model: r.Model, Prompts: []weighted{{r.Prompt, json.Value("1")}}, Width: r.Width, Height: r.Height, Samples: r.N,
		Seed: r.Member("seed"), Scale: r.Member("cfg_scale"), Sampler: r.Member("sampler"), Steps: r.Member("steps"),
		Style: style(r), Safety: r.Member("safety_check"), Format: r.Member("output_image_format"),
	}
	if text := json.Unquote(r.Member("negative_prompt")); text != "" {
		q.Prompts = append(q.Prompts, weighted{text, json.Value("-1")})
	}
	path, err := place("/image_generation/", r.Model, "")
	if err != nil {
		return Call{}, err
	}
	body, err := json.Marshal(q)
	return Call{
		Bodies: [][]byte{body}, Path: path,
		Said: []string{"n", "size", "negative_prompt", "seed", "cfg_scale", "sampler", "steps", "style", "style_preset", "safety_check", "output_image_format"},
	}, cmp.Or(err, r.Sized())
}

func style(r *Request) json.Value {
	if v := r.Member("style_preset"); v != nil {
		return v
	}
	return r.Member("style")
}

type flux struct {
	Prompt string     `json:"prompt"`
	Ratio  json.Value `json:"aspect_ratio,omitzero"`
	Scale  json.Value `json:"guidance_scale,omitzero"`
	Steps  json.Value `json:"num_inference_steps,omitzero"`
	Seed   json.Value `json:"seed,omitzero"`
}

// ratios are those that FLUX makes.
var ratios = []string{"1:1", "21:9", "16:9", "3:2", "5:4", "4:5", "2:3", "9:16", "9:21", "4:3", "3:4"}

// encodeFlux makes one request for each image. Of a size only the ratio of
// its sides counts.
func encodeFlux(r *Request) (Call, error) {
	said := []string{"n", "aspect_ratio", "guidance_scale", "num_inference_steps", "seed"}
	q := flux{
		Prompt: r.Prompt, Ratio: r.Member("aspect_ratio"), Scale: r.Member("guidance_scale"),
		Steps: r.Member("num_inference_steps"), Seed: r.Member("seed"),
	}
	if text := ratio(r.Width, r.Height); q.Ratio == nil && slices.Contains(ratios, text) {
		q.Ratio = json.Quote(text)
		said = append(said, "size")
	}
	path, err := place("/workflows/", r.Model, "/text_to_image")
	if err != nil {
		return Call{}, err
	}
	body, err := json.Marshal(q)
	return Call{Bodies: slices.Repeat([][]byte{body}, int(max(r.N, 1))), Path: path, Said: said}, err
}

func ratio(w, h int64) string {
	a, b := w, h
	for b != 0 {
		a, b = b, a%b
	}
	if a == 0 {
		return ""
	}
	return strconv.FormatInt(w/a, 10) + ":" + strconv.FormatInt(h/a, 10)
}

// place puts the model's name, which is several segments of a path, between
// two other parts.
func place(before, model, after string) (string, error) {
	parts := strings.Split(model, "/")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." {
			return "", dialect.BadMember("model", "must be a name such as accounts/fireworks/models/flux-1-schnell-fp8")
		}
		parts[i] = url.PathEscape(p)
	}
	return before + strings.Join(parts, "/") + after, nil
}

func decodeFireworks(r *Request, a dialect.Answered) (*Response, error) {
	if json.Value(a.Body).Kind() == '[' {
		return DecodeResponse(slices.Concat([]byte(`{"data":`), a.Body, []byte(`}`)), "data")
	}
	m, err := json.Pick(a.Body, "base64", "seed", "finishReason")
	if err != nil {
		return nil, err
	}
	if reason := json.Unquote(m[2]); reason != "" && reason != "SUCCESS" {
		return nil, &llm.Error{Kind: llm.ContentFilter, Message: "no image was made: " + reason, Code: reason}
	}
	all, err := json.Elements(m[0])
	if err != nil {
		all = []json.Value{m[0]}
	}
	out := &Response{Model: r.Model}
	for _, v := range all {
		text := json.Unquote(v)
		if _, data, ok := strings.Cut(text, ";base64,"); ok {
			text = data
		}
		if text == "" {
			return nil, noImage()
		}
		out.Images = append(out.Images, Image{Base64: text})
	}
	return out, nil
}
