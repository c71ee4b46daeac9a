package image

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Stability is Stability AI's own API: its first version for the two oldest
// models, which takes JSON, and the second, which takes a form and makes one
// image a request.
//
// https://platform.stability.ai/docs/api-reference
var Stability = Form{Encode: encodeOwnStability, Decode: decodeOwnStability, Error: stabilityError, Gives: Base64}

// oldStability are the models of the first version.
var oldStability = []string{"stable-diffusion-xl-1024-v1-0", "stable-diffusion-v1-6"}

func encodeOwnStability(r *Request, _ dialect.Target) (Call, error) {
	if err := r.Sized(); err != nil {
		return Call{}, err
	}
	if !slices.Contains(oldStability, r.Model) {
		return encodeStableImage(r)
	}
	call := encodeXL(r)
	call.Path = "/v1/generation/" + r.Model + "/text-to-image"
	edits := []json.Edit{{Name: "style_preset", Value: style(r)}}
	for _, name := range []string{"sampler", "clip_guidance_preset", "extras"} {
		edits = append(edits, json.Edit{Name: name, Value: r.Member(name)})
		call.Said = append(call.Said, name)
	}
	body, err := json.Splice(call.Bodies[0], edits...)
	call.Bodies, call.Said = [][]byte{body}, append(call.Said, "style_preset")
	return call, err
}

// encodeStableImage writes the form of the second version. The variants of
// Stable Diffusion 3 share a path, and are named in the form.
func encodeStableImage(r *Request) (Call, error) {
	if r.N > mostRequests {
		return Call{}, dialect.BadMember("n", "must be at most 10 for a model that makes one image a request")
	}
	model, variant := strings.TrimPrefix(r.Model, "stable-image-"), ""
	if strings.HasPrefix(model, "sd3") && model != "sd3" {
		model, variant = "sd3", model
	}
	path, err := place("/v2beta/stable-image/generate/", model, "")
	if err != nil {
		return Call{}, err
	}
	body, contentType, err := stableImageForm(r, variant)
	call := Call{
		Bodies: slices.Repeat([][]byte{body}, int(max(r.N, 1))), Type: contentType, Path: path,
		Said: append([]string{"n", "image", "style", "aspect_ratio"}, stableImageFields...),
	}
	if aspect(r) != nil && r.Member("aspect_ratio") == nil {
		call.Said = append(call.Said, "size")
	}
	return call, err
}

// stableImageFields have the names of the client's members.
var stableImageFields = []string{"negative_prompt", "seed", "style_preset", "mode", "output_format", "strength", "cfg_scale"}

func stableImageForm(r *Request, variant string) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	field := func(name, value string) {
		if err == nil {
			err = w.WriteField(name, value)
		}
	}
	field("prompt", r.Prompt)
	if variant != "" {
		field("model", variant)
	}
	if v := aspect(r); v != nil {
		field("aspect_ratio", json.Unquote(v))
	}
	for _, name := range stableImageFields {
		v := r.Member(name)
		if name == "style_preset" {
			v = style(r)
		}
		if v != nil {
			field(name, cmp.Or(json.Unquote(v), string(v)))
		}
	}
	if v := json.Unquote(r.Member("image")); v != "" && err == nil {
		err = stableImageFile(w, v)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), w.FormDataContentType(), err
}

// stableImageFile writes the image to begin with, which clients send in base64.
func stableImageFile(w *multipart.Writer, text string) error {
	if _, data, ok := strings.Cut(text, ";base64,"); ok {
		text = data
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return dialect.BadMember("image", "must be base64")
	}
	part, err := w.CreateFormFile("image", "image")
	if err == nil {
		_, err = part.Write(data)
	}
	return err
}

func decodeOwnStability(r *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "image", "finish_reason", "seed")
	if err != nil {
		return nil, llm.Errorf(llm.Upstream, "its answer cannot be read")
	}
	if m[0] == nil {
		return decodeBedrock(r, a)
	}
	if reason := json.Unquote(m[1]); reason == "CONTENT_FILTERED" {
		return nil, &llm.Error{Kind: llm.ContentFilter, Message: "no image was made: " + reason, Code: reason}
	}
	out := &Response{}
	out.add(m[0])
	return out, nil
}

// stabilityError reads the errors of both versions: a name, and one message
// or several.
func stabilityError(status int, h http.Header, body []byte) *llm.Error {
	e := openaierror.Reader{}.Decode(status, h, body)
	o := json.ObjectOf(body)
	e.Type = cmp.Or(e.Type, json.Unquote(o.Get("name")))
	if o.Has("errors") {
		e.Param = json.Unquote(o.Get("id"))
	}
	return e
}
