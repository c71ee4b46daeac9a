package openaichat

import (
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Parts as both requests and answers have them.

// part writes an element of a content array.
func (e *encoder) part(i int, p placed) {
	where := atPart(i, p.n)
	switch v := p.Part.(type) {
	case *llm.Text:
		e.open("", '{')
		e.str("type", "text")
		e.str("text", v.Text)
		e.textLoss(i, p.n, v)
		if v.Cache != nil && v.Cache.Native.Dialect == llm.OpenAIChat {
			e.cache(where, v.Cache)
		}
		e.rest(own(v.Native))
	case *llm.Media:
		e.open("", '{')
		form := e.media(v)
		e.cache(where, v.Cache)
		e.native(where, v.Native, form, markMimeType, markFileName)
	case *llm.Refusal:
		e.open("", '{')
		e.str("type", "refusal")
		e.str("refusal", v.Text)
		e.native(where, v.Native, "type")
	case *llm.Reasoning:
		e.open("", '{')
		e.thinkingPart(v)
		e.rest(own(v.Native), "type", "thinking")
	case *llm.Foreign:
		e.open("", '{')
		e.rest(own(v.Native))
	default:
		return
	}
	e.close('}')
}

// thinkingPart writes the members of a reasoning part.
func (w *writer) thinkingPart(r *llm.Reasoning) {
	if r.Redacted != "" {
		w.str("type", "redacted_thinking")
		w.str("data", r.Redacted)
		return
	}
	w.str("type", "thinking")
	if v := own(r.Native).get("thinking"); v != nil {
		w.raw("thinking", v)
	} else {
		w.str("thinking", r.Text)
	}
	w.strIf("signature", r.Signature)
}

// media writes the members of a media part and returns the name of its form.
func (w *writer) media(m *llm.Media) string {
	n := own(m.Native)
	form := defaultForm(m)
	for _, name := range formNames {
		if n.get(name).Kind() == '{' {
			form = name
		}
	}
	inner := parse(n.get(form))
	if m.Text != "" && (form != "file" || !n.has(markMimeType)) {
		w.str("type", "text") // no plain text documents: the words stand for themselves
		w.str("text", titled(m))
		return ""
	}
	w.str("type", form)
	w.open(form, '{')
	switch form {
	case "input_audio":
		w.str("data", m.Data)
		if !inner.has("format") {
			w.strIf("format", audioFormat(m.MediaType))
		}
	case "file":
		w.file(m, n, inner)
	default:
		if !inner.has("url") {
			w.str("url", mediaURL(m))
		}
		w.strIf("detail", m.Detail)
	}
	if n.has(markMimeType) {
		w.strIf("mime_type", m.MediaType)
	}
	w.rest(inner)
	w.close('}')
	return form
}

func titled(m *llm.Media) string {
	if m.Name == "" {
		return m.Text
	}
	return m.Name + "\n\n" + m.Text
}

func mediaURL(m *llm.Media) string {
	if m.Data != "" {
		return dataURL(m)
	}
	return m.URL
}

func (w *writer) file(m *llm.Media, n, inner members) {
	if n.has(markFileName) {
		w.strIf("file_name", m.Name)
	} else {
		w.strIf("filename", m.Name)
	}
	switch {
	case inner.has("file_data"):
	case m.FileID != "":
		w.str("file_id", m.FileID)
	case m.URL != "":
		w.str("file_url", m.URL)
	case m.Text != "":
		w.str("file_data", m.Text)
	case m.MediaType == "" || n.has(markMimeType):
		w.str("file_data", m.Data)
	default:
		w.str("file_data", dataURL(m))
	}
}

// toolCall writes the members of a tool call.
func (w *writer) toolCall(c *llm.ToolCall) {
	n := own(c.Native)
	w.str("id", c.ID)
	if v := n.get("type"); v != nil {
		w.raw("type", v)
	} else {
		w.str("type", callKind(c.Custom))
	}
	w.open(callKind(c.Custom), '{')
	w.str("name", c.Name)
	if c.Custom {
		w.str("input", c.Arguments)
	} else {
		w.str("arguments", arguments(c.Arguments))
	}
	w.rest(parse(n.get(callKind(c.Custom))))
	w.close('}')
	w.rest(n, "type", callKind(c.Custom))
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
	w := writer{b: []byte{'{'}}
	w.str("name", c.Name)
	w.str("arguments", arguments(c.Arguments))
	w.rest(parse(rest))
	w.close('}')
	return w.b
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
		w.open("annotations", '[')
	}
	at := 0
	for _, t := range texts {
		end := at + utf8.RuneCountInString(t.Text)
		for _, c := range t.Citations {
			if c.URL == "" {
				continue // of a document in the request: chat has no word
			}
			if !open {
				w.open("annotations", '[')
				open = true
			}
			w.citation(c, at, end)
		}
		at = end
	}
	for _, v := range others {
		w.element(v)
	}
	if open {
		w.close(']')
	}
}

// citation writes a url citation of the characters from start to end. One
// that came from chat says itself which they are.
func (w *writer) citation(c llm.Citation, start, end int) {
	n := own(c.Native)
	w.open("", '{')
	w.str("type", "url_citation")
	w.open("url_citation", '{')
	w.str("url", c.URL)
	w.str("title", c.Title)
	if v := n.get("url_citation"); v != nil {
		w.rest(parse(v))
	} else {
		w.int("start_index", int64(start))
		w.int("end_index", int64(end))
	}
	w.close('}')
	w.rest(n, "url_citation")
	w.close('}')
}
