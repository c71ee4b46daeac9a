package image

import (
	"encoding/base64"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Segmind has one path for each model, and asks for base64 by a member of its
// own.
//
// https://docs.segmind.com/api
var Segmind = Form{Encode: encodeSegmind, Decode: decodeSegmind, Gives: Base64}

// segmindMembers are those that the client writes as Segmind does; others of
// a model can be reached by a relayed path.
var segmindMembers = []string{
	"style", "negative_prompt", "scheduler", "guidance_scale", "seed", "strength", "refiner", "high_noise_fraction", "control_scale",
	"control_start", "control_end", "qr_text", "invert", "image", "mask", "aspect_ratio", "quality", "samples",
}

func encodeSegmind(r *Request, _ dialect.Target) (Call, error) {
	path, err := place("/", r.Model, "")
	if err != nil {
		return Call{}, err
	}
	steps := r.Member("num_inference_steps")
	if steps == nil {
		steps = r.Member("steps")
	}
	if steps == nil {
		steps = json.Value("20") // as the reference sends it
	}
	w := json.NewWriter("{")
	w.Str("prompt", r.Prompt)
	if r.Member("samples") == nil {
		w.Int("samples", max(r.N, 1))
	}
	w.Raw("img_width", whole(r.Width))
	w.Raw("img_height", whole(r.Height))
	w.Raw("num_inference_steps", steps)
	for _, name := range segmindMembers {
		w.Raw(name, r.Member(name))
	}
	w.Raw("size", r.Member("qr_size"))
	w.Bool("base64", true)
	w.Close('}')
	said := append([]string{"n", "size", "steps", "num_inference_steps", "qr_size", "base64"}, segmindMembers...)
	return Call{Bodies: [][]byte{w.B}, Path: path, Said: said}, r.Sized()
}

// decodeSegmind reads one image or several; some models answer with the file.
func decodeSegmind(_ *Request, a dialect.Answered) (*Response, error) {
	if r := file(a); r != nil {
		return r, nil
	}
	m, err := json.Pick(a.Body, "image")
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer cannot be read")
	}
	r := &Response{}
	all, err := json.Elements(m[0])
	if err != nil {
		all = m
	}
	for _, v := range all {
		r.add(v)
	}
	return r, nil
}

// file is the response for an answer that is the image itself; nil if it is
// not.
func file(a dialect.Answered) *Response {
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "image/") || len(a.Body) == 0 {
		return nil
	}
	return &Response{Images: []Image{{Base64: base64.StdEncoding.EncodeToString(a.Body)}}}
}
