package openairesponses

import (
	"fmt"
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// content writes parts: as a text when they are one that came as such, or
// came from another dialect and are texts only, which every server reads.
func (e *encoder) content(i int, name, role string, parts []placed) {
	if s, ok := e.joined(parts); ok {
		e.Str(name, s)
		for _, p := range parts {
			e.textLoss(where(i, p.n), p.Part.(*llm.Text))
		}
		return
	}
	e.Open(name, '[')
	for _, p := range parts {
		e.part(i, role, p)
	}
	e.Close(']')
}

func where(i, n int) string {
	if i < 0 {
		return fmt.Sprintf("tool_result[%d].", n)
	}
	return fmt.Sprintf("messages[%d].content[%d].", i, n)
}

func (e *encoder) joined(parts []placed) (string, bool) {
	if len(parts) != 1 && e.same {
		return "", false
	}
	var all []string
	for _, p := range parts {
		t, ok := p.Part.(*llm.Text)
		if !ok || listed(own(t.Native)) || len(t.Citations) > 0 && e.cites(t) {
			return "", false
		}
		all = append(all, t.Text)
	}
	if len(all) > 1 && parts[0].n >= 0 && e.cited(parts) {
		return strings.Join(all, ""), true
	}
	return strings.Join(all, "\n"), true
}

// cited reports whether texts are pieces of one: Anthropic cuts sentences
// apart at citations.
func (e *encoder) cited(parts []placed) bool {
	for _, p := range parts {
		if len(p.Part.(*llm.Text).Citations) > 0 {
			return true
		}
	}
	return false
}

// cites reports whether a citation has a form here.
func (e *encoder) cites(t *llm.Text) bool {
	for i := range t.Citations {
		if e.same || t.Citations[i].URL != "" {
			return true
		}
	}
	return false
}

// listed reports whether a text stood in an array.
func listed(n json.Object) bool {
	for _, m := range n {
		if strings.HasPrefix(m.Name, markAs) {
			return true
		}
	}
	return false
}

// textLoss reports what a text has beside its words and the API has not.
func (e *encoder) textLoss(at string, t *llm.Text) {
	e.cache(at, t.Cache)
	if !e.same {
		for i := range t.Citations {
			if c := &t.Citations[i]; c.URL == "" && (c.Title+c.Quote != "" || !c.Native.Empty()) {
				e.drop("%scitations", at)
				break
			}
		}
	}
	e.lost(at, t.Native)
}

func (e *encoder) part(i int, role string, p placed) {
	at := where(i, p.n)
	n := own(*nativeOf(p.Part))
	e.Open("", '{')
	switch v := p.Part.(type) {
	case *llm.Text:
		e.Str("type", textType(n, role))
		e.Str("text", v.Text)
		if len(v.Citations) > 0 && e.cites(v) {
			e.citations(v)
		}
		e.textLoss(at, v)
	case *llm.Refusal:
		e.Str("type", "refusal")
		e.Str("refusal", v.Text)
		e.lost(at, v.Native)
	case *llm.Media:
		e.media(at, v, n)
		e.cache(at, v.Cache)
		e.lost(at, v.Native)
	}
	e.partRest(n)
	e.Close('}')
}

// partRest writes what is left of a part but the marks.
func (w *writer) partRest(n json.Object) {
	for _, m := range n {
		switch {
		case m.Name == markMessage, m.Name == markUntyped, m.Name == markPart, strings.HasPrefix(m.Name, markAs):
		case m.Name == "input_audio" && m.Value.Kind() == '{': // written with the data
		default:
			w.Raw(m.Name, m.Value)
		}
	}
}

func textType(n json.Object, role string) string {
	for _, m := range n {
		if kind, ok := strings.CutPrefix(m.Name, markAs); ok {
			return kind
		}
	}
	if role == string(llm.Assistant) {
		return "output_text"
	}
	return "input_text"
}

// media writes the members of an image, a file or a sound. What the model
// would have to do without is refused.
func (e *encoder) media(at string, m *llm.Media, n json.Object) {
	at = strings.TrimSuffix(at, ".")
	form := formOf(m)
	for _, f := range []string{"input_image", "input_file"} {
		if n.Has(markAs + f) {
			form = f
		}
	}
	switch {
	case m.Kind == llm.Video, form == "input_audio" && m.Data == "":
		e.refuse(at, "%s takes no %s in this form", e.who(), m.Kind)
	case m.URL != "" && !e.same && !strings.HasPrefix(m.URL, "http"):
		e.refuse(at, "%s cannot fetch it: only http and https URLs", e.who())
	case m.FileID != "" && !e.same && e.r.Native.Dialect != llm.OpenAIChat && !strings.HasPrefix(m.FileID, "file-"):
		e.refuse(at, "the file %q belongs to another provider: %s cannot read it", m.FileID, e.who())
	case m.Text != "":
		e.Str("type", "input_text") // no plain text documents: the words stand for themselves
		e.Str("text", dialect.TitledText(m))
		return
	}
	e.Str("type", form)
	switch form {
	case "input_image":
		e.image(m, n)
	case "input_audio":
		e.audio(m, n)
	default:
		e.file(m, n)
	}
	if m.Detail != "" && form != "input_audio" {
		e.Str("detail", m.Detail)
	}
}

func (e *encoder) image(m *llm.Media, n json.Object) {
	switch {
	case m.FileID != "":
		e.Str("file_id", m.FileID)
	case n.Has("image_url"):
	case m.URL != "":
		e.Str("image_url", m.URL)
	default:
		e.Str("image_url", dataOf(m))
	}
}

func (e *encoder) audio(m *llm.Media, n json.Object) {
	inner := json.ObjectOf(n.Get("input_audio"))
	e.Open("input_audio", '{')
	e.Str("data", m.Data)
	if !inner.Has("format") {
		e.StrIf("format", openaiwire.AudioFormat(m.MediaType))
	}
	e.Rest(inner)
	e.Close('}')
}

func (e *encoder) file(m *llm.Media, n json.Object) {
	name := m.Name
	if name == "" && !e.same && m.Data != "" {
		name = "document" // the API requires one beside data
		if m.MediaType == "application/pdf" {
			name += ".pdf"
		}
	}
	e.StrIf("filename", name)
	switch {
	case m.FileID != "":
		e.Str("file_id", m.FileID)
	case m.URL != "":
		e.Str("file_url", m.URL)
	case !n.Has("file_data"):
		e.Str("file_data", dataOf(m))
	}
}

// citations writes the sources of a text.
func (e *encoder) citations(t *llm.Text) {
	e.Open("annotations", '[')
	for i := range t.Citations {
		if v := annotation(&t.Citations[i], t.Text); v != nil {
			e.Element(v)
		}
	}
	e.Close(']')
}

// annotation is a citation as this dialect has it. One that came from another
// is of the whole text; nil if it names no page.
func annotation(c *llm.Citation, of string) json.Value {
	n := c.Native.For(llm.OpenAIResponses)
	if c.URL == "" {
		return n
	}
	w := writer{json.NewWriter("{")}
	w.Str("type", "url_citation")
	w.Str("url", c.URL)
	left := json.ObjectOf(n)
	if !left.Has("title") {
		w.Str("title", c.Title)
	}
	if c.Native.Dialect != llm.OpenAIResponses {
		w.Int("start_index", 0)
		w.Int("end_index", int64(len([]rune(of))))
	}
	w.Rest(left)
	w.Close('}')
	return w.B
}
