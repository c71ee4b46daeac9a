package openaichat

import (
	"unicode/utf8"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Parts as both requests and answers have them.

// part writes an element of a content array.
func (e *encoder) part(i int, p placed) {
	where := atPart(i, p.n)
	switch v := p.Part.(type) {
	case *llm.Text:
		e.Open("", '{')
		e.Str("type", "text")
		e.Str("text", v.Text)
		e.textLoss(i, p.n, v)
		if v.Cache != nil && v.Cache.Native.Dialect == llm.OpenAIChat {
			e.cache(where, v.Cache)
		}
		e.Rest(own(v.Native))
	case *llm.Media:
		e.Open("", '{')
		form := e.media(v)
		e.cache(where, v.Cache)
		e.native(where, v.Native, form, markMimeType, markFileName)
	case *llm.Refusal:
		e.Open("", '{')
		e.Str("type", "refusal")
		e.Str("refusal", v.Text)
		e.native(where, v.Native, "type")
	case *llm.Reasoning:
		e.Open("", '{')
		e.thinkingPart(v)
		e.Rest(own(v.Native), "type", "thinking")
	case *llm.Foreign:
		e.Open("", '{')
		e.Rest(own(v.Native))
	default:
		return
	}
	e.Close('}')
}

// thinkingPart writes the members of a reasoning part.
func (w *writer) thinkingPart(r *llm.Reasoning) {
	if r.Redacted != "" {
		w.Str("type", "redacted_thinking")
		w.Str("data", mark(r.Redacted, r.Origin))
		return
	}
	w.Str("type", "thinking")
	if v := own(r.Native).Get("thinking"); v != nil {
		w.Raw("thinking", v)
	} else {
		w.Str("thinking", r.Text)
	}
	w.StrIf("signature", mark(r.Signature, r.Origin))
}

// media writes the members of a media part and returns the name of its form.
func (w *writer) media(m *llm.Media) string {
	n := own(m.Native)
	form := defaultForm(m)
	for _, name := range formNames {
		if n.Get(name).Kind() == '{' {
			form = name
		}
	}
	inner := json.ObjectOf(n.Get(form))
	if m.Text != "" && (form != "file" || !n.Has(markMimeType)) {
		w.Str("type", "text") // no plain text documents: the words stand for themselves
		w.Str("text", dialect.TitledText(m))
		return ""
	}
	w.Str("type", form)
	w.Open(form, '{')
	switch form {
	case "input_audio":
		w.Str("data", m.Data)
		if !inner.Has("format") {
			w.StrIf("format", openaiwire.AudioFormat(m.MediaType))
		}
	case "file":
		w.file(m, n, inner)
	default:
		if !inner.Has("url") {
			w.Str("url", mediaURL(m))
		}
		w.StrIf("detail", m.Detail)
	}
	if n.Has(markMimeType) {
		w.StrIf("mime_type", m.MediaType)
	}
	w.Rest(inner)
	w.Close('}')
	return form
}

func mediaURL(m *llm.Media) string {
	if m.Data != "" {
		return dialect.DataURL(m)
	}
	return m.URL
}

func (w *writer) file(m *llm.Media, n, inner json.Object) {
	if n.Has(markFileName) {
		w.StrIf("file_name", m.Name)
	} else {
		w.StrIf("filename", m.Name)
	}
	switch {
	case inner.Has("file_data"):
	case m.FileID != "":
		w.Str("file_id", m.FileID)
	case m.URL != "":
		w.Str("file_url", m.URL)
	case m.Text != "":
		w.Str("file_data", m.Text)
	case m.MediaType == "" || n.Has(markMimeType):
		w.Str("file_data", m.Data)
	default:
		w.Str("file_data", dialect.DataURL(m))
	}
}

// toolCall writes the members of a tool call.
func (w *writer) toolCall(c *llm.ToolCall) {
	n := own(c.Native)
	w.Str("id", c.ID)
	if v := n.Get("type"); v != nil {
		w.Raw("type", v)
	} else {
		w.Str("type", callKind(c.Custom))
	}
	w.Open(callKind(c.Custom), '{')
	w.Str("name", c.Name)
	if c.Custom {
		w.Str("input", c.Arguments)
	} else {
		w.Str("arguments", arguments(c.Arguments))
	}
	w.Rest(json.ObjectOf(n.Get(callKind(c.Custom))))
	w.Close('}')
	w.Rest(n, "type", callKind(c.Custom))
}

func callKind(custom bool) string {
	if custom {
		return "custom"
	}
	return "function"
}

func arguments(s string) string {
	if s == "" {
		return "{}"
	}
	return s
}

// functionCallOf is the legacy form. rest is what it had beside.
func functionCallOf(c *llm.ToolCall, rest json.Value) json.Value {
	w := writer{json.NewWriter("{")}
	w.Str("name", c.Name)
	w.Str("arguments", arguments(c.Arguments))
	w.Rest(json.ObjectOf(rest))
	w.Close('}')
	return w.B
}

// annotations writes the citations of texts, which stand in a row, and what
// else was there.
func (w *writer) annotations(texts []*llm.Text, left json.Value) {
	others, err := json.Elements(left)
	if err != nil {
		left = nil
	}
	open := left != nil
	if open {
		w.Open("annotations", '[')
	}
	at := 0
	for _, t := range texts {
		end := at + utf8.RuneCountInString(t.Text)
		for _, c := range t.Citations {
			if c.URL == "" {
				continue // of a document in the request: chat has no word
			}
			if !open {
				w.Open("annotations", '[')
				open = true
			}
			w.citation(c, at, end)
		}
		at = end
	}
	for _, v := range others {
		w.Element(v)
	}
	if open {
		w.Close(']')
	}
}

// citation writes a url citation of the characters from start to end. One
// that came from chat says itself which they are.
func (w *writer) citation(c llm.Citation, start, end int) {
	n := own(c.Native)
	w.Open("", '{')
	w.Str("type", "url_citation")
	w.Open("url_citation", '{')
	w.Str("url", c.URL)
	w.Str("title", c.Title)
	if v := n.Get("url_citation"); v != nil {
		w.Rest(json.ObjectOf(v))
	} else {
		w.Int("start_index", int64(start))
		w.Int("end_index", int64(end))
	}
	w.Close('}')
	w.Rest(n, "url_citation")
	w.Close('}')
}

// mark keeps the origin of a signature that is another provider's. One of a
// provider of this dialect is nobody else's anyway.
func mark(blob string, origin llm.Dialect) string {
	if origin == llm.OpenAIChat {
		return blob
	}
	return dialect.MarkOrigin(blob, origin)
}
