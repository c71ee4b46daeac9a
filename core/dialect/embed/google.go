package embed

import (
	"cmp"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Gemini is embedContent of the Gemini API, and batchEmbedContents for more
// than one input.
//
// https://ai.google.dev/api/embeddings
var Gemini = Form{Encode: encodeGemini, Decode: decodeGemini}

// geminiSaid are members of a request under our names; Google's own count too.
var geminiSaid = []string{"dimensions", "task_type", "taskType", "title"}

func encodeGemini(r *Request, t dialect.Target) (Call, error) {
	call := Call{Said: geminiSaid}
	batch, model := json.NewWriter("["), "models/"+strings.TrimPrefix(t.Model, "models/")
	var one json.Value
	for i := range r.Inputs {
		content, err := geminiContent(&r.Inputs[i])
		if err != nil {
			return call, err
		}
		rest := []json.Member{
			json.Named("content", content), json.Named("taskType", r.either("task_type", "taskType")), json.Named("title", r.Member("title")),
			json.Named("outputDimensionality", r.dimensions()),
		}
		one = json.Join(nil, rest...)
		batch.Element(json.Join(nil, append([]json.Member{json.Named("model", json.Quote(model))}, rest...)...))
	}
	if len(r.Inputs) == 1 {
		call.Bodies = [][]byte{one}
		return call, nil
	}
	batch.Close(']')
	call.Path, call.Bodies = "/models/{model}:batchEmbedContents", [][]byte{json.Join(nil, json.Named("requests", batch.B))}
	return call, nil
}

// either is a member under one of two names.
func (r *Request) either(name, other string) json.Value {
	if v := r.Member(name); v != nil {
		return v
	}
	return r.Member(other)
}

// geminiContent writes an input as what one turn says.
func geminiContent(in *Input) (json.Value, error) {
	if in.Tokens != nil {
		return nil, dialect.BadMember("input", "must be texts, images or videos for Gemini, no token ids")
	}
	parts := json.NewWriter("[")
	if in.Text != "" || in.Image == nil && in.Video == nil {
		parts.Element(json.Join(nil, json.Named("text", json.Quote(in.Text))))
	}
	for _, m := range []struct {
		media *Media
		usual string
	}{{in.Image, "image/jpeg"}, {in.Video, "video/mp4"}} {
		if m.media == nil {
			continue
		}
		part, err := geminiMedia(m.media, m.usual)
		if err != nil {
			return nil, err
		}
		parts.Element(part)
	}
	parts.Close(']')
	return json.Join(nil, json.Named("parts", parts.B)), nil
}

func geminiMedia(m *Media, usual string) (json.Value, error) {
	data, mediaType := m.Base64, usual
	if head, tail, ok := strings.Cut(m.URL, ";base64,"); ok {
		data, mediaType = tail, cmp.Or(strings.TrimPrefix(head, "data:"), usual)
	}
	if data != "" {
		return json.Join(nil, json.Named("inlineData", json.Join(nil, json.Named("mimeType", json.Quote(mediaType)), json.Named("data", json.Quote(data))))), nil
	}
	if !strings.HasPrefix(m.URL, "gs://") && !strings.HasPrefix(m.URL, "https://") {
		return nil, dialect.BadMember("input", "has an image or a video that Gemini cannot read: send a data URL, base64, or an https:// or gs:// URL")
	}
	return json.Join(nil, json.Named("fileData", json.Join(nil, json.Named("mimeType", json.Quote(mediaType)), json.Named("fileUri", json.Quote(m.URL))))), nil
}

func decodeGemini(_ *Request, a dialect.Answered) (*Response, error) {
	m, err := json.Pick(a.Body, "embedding", "embeddings", "usageMetadata")
	if err != nil {
		return nil, unreadable()
	}
	all := []json.Value{m[0]}
	if m[1] != nil {
		all, _ = json.Elements(m[1])
	}
	r := &Response{}
	for _, v := range all {
		values := json.Lookup(v, "values")
		if values.Kind() != '[' {
			return nil, unreadable()
		}
		r.Vectors = append(r.Vectors, Vector{Numbers: values})
	}
	if n, err := strconv.ParseInt(string(json.Lookup(m[2], "promptTokenCount")), 10, 64); err == nil {
		r.Usage = &llm.Usage{Input: n}
	}
	return r, nil
}
