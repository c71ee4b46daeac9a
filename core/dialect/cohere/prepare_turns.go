package cohere

import (
	"fmt"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (e *encoder) messages() {
	e.Open("messages", '[')
	for i := range e.r.Turns {
		e.turn(i, &e.r.Turns[i])
	}
	if len(e.later) > 0 {
		e.said(-1, &llm.Turn{Role: llm.User}, nil)
	}
	e.Close(']')
}

// placed is a part with its number in the turn, for reports.
type placed struct {
	n int
	llm.Part
}

// place is where a part stands, for reports.
func place(i, n int) string { return fmt.Sprintf("messages[%d].content[%d]", i, n) }

// turn writes the messages of a turn: each result of a tool is one, and what
// else is said another.
func (e *encoder) turn(i int, t *llm.Turn) {
	var rest []placed
	results := false
	for n, p := range t.Parts {
		r, ok := p.(*llm.ToolResult)
		switch {
		case !ok:
			rest = append(rest, placed{n, p})
		case t.Role == llm.Assistant:
			e.drop("%s (tool_result)", place(i, n))
		default:
			results = true
			e.result(place(i, n), r)
		}
	}
	if t.Name != "" {
		e.drop("messages[%d].name", i)
	}
	switch {
	case results && len(rest) == 0:
		e.lost(fmt.Sprintf("messages[%d].", i), t.Native)
	case t.Role == llm.Assistant:
		e.assistant(i, t, rest)
	default:
		e.said(i, t, rest)
	}
}

// said writes a message of a user or of the system. Documents that are texts
// stand beside the messages.
func (e *encoder) said(i int, t *llm.Turn, parts []placed) {
	role := t.Role
	switch role {
	case llm.Developer:
		role = llm.System
	case llm.ToolRole:
		role = llm.User
	}
	var kept []placed
	if role == llm.User {
		for _, m := range e.later {
			kept = append(kept, placed{-1, m})
		}
		e.later = nil
	}
	for _, p := range parts {
		if m, ok := p.Part.(*llm.Media); ok && m.Text != "" {
			e.docs = append(e.docs, m)
			e.uncached(place(i, p.n)+".", m.Cache)
			e.lost(place(i, p.n)+".", m.Native)
			continue
		}
		if e.writable(i, p, len(parts) == 1) {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 && len(parts) > 0 && (!e.same || own(t.Native).Has("documents")) {
		e.lost(fmt.Sprintf("messages[%d].", i), t.Native)
		return
	}
	e.Open("", '{')
	e.Str("role", string(role))
	e.content(i, kept, true)
	e.turnRest(i, t.Native)
	e.Close('}')
}

// turnRest ends a message.
func (e *encoder) turnRest(i int, n llm.Native) {
	e.Rest(own(n), "citations")
	e.lost(fmt.Sprintf("messages[%d].", i), n)
}

// writable reports whether a part can stand in content, and says so if not.
// Blank texts of other dialects go, too, unless one is all that was said.
func (e *encoder) writable(i int, p placed, alone bool) bool {
	switch v := p.Part.(type) {
	case *llm.Text:
		return e.same || alone || strings.TrimSpace(v.Text) != ""
	case *llm.Refusal:
		return true
	case *llm.Media:
		return e.image(place(i, p.n), v)
	case *llm.Reasoning:
		if v.Redacted == "" && (v.Signature == "" || e.same) {
			return true
		}
		e.drop("%s (reasoning)", place(i, p.n))
	case *llm.Foreign:
		if v.Native.For(llm.Cohere) != nil {
			return true
		}
		e.drop("%s (%s)", place(i, p.n), v.Kind)
	case *llm.ToolCall:
		e.drop("%s (tool_call)", place(i, p.n))
	}
	return false
}

// image refuses media that are no images: an answer that has not seen what it
// was asked about is worse than none.
func (e *encoder) image(at string, m *llm.Media) bool {
	switch {
	case m.Kind != llm.Image:
		e.fail(llm.Unsupported, at, fmt.Sprintf("%s takes images and texts, no %s", e.who(), m.Kind))
	case m.FileID != "":
		e.fail(llm.Unsupported, at, e.who()+" takes images as data or by URL, not by file id")
	case m.Data == "" && !strings.HasPrefix(m.URL, "http") && !e.same:
		e.fail(llm.Unsupported, at, e.who()+" fetches images by http and https only")
	default:
		return true
	}
	return false
}

// content writes parts: as a string when there is one plain text, or none and
// the member must be there.
func (e *encoder) content(i int, parts []placed, must bool) {
	if len(parts) == 0 {
		if must {
			e.Str("content", "")
		}
		return
	}
	if len(parts) == 1 {
		if t, ok := parts[0].Part.(*llm.Text); ok && t.Native.For(llm.Cohere) == nil {
			e.Str("content", t.Text)
			e.textLoss(i, parts[0].n, t)
			return
		}
	}
	e.Open("content", '[')
	for _, p := range parts {
		e.part(i, p)
	}
	e.Close(']')
}

func (e *encoder) part(i int, p placed) {
	e.Open("", '{')
	switch v := p.Part.(type) {
	case *llm.Text:
		e.text(v)
		e.textLoss(i, p.n, v)
	case *llm.Refusal:
		e.text(&llm.Text{Text: v.Text})
		e.lost(place(i, p.n)+".", v.Native)
	case *llm.Reasoning:
		e.thought(v)
		e.lost(place(i, p.n)+".", v.Native)
	case *llm.Media:
		e.imagePart(v)
		e.uncached(place(i, p.n)+".", v.Cache)
		e.lost(place(i, p.n)+".", v.Native)
	case *llm.Foreign:
		e.Rest(own(v.Native))
	}
	e.Close('}')
}

// text writes the members of a text part, or of the document that it was.
func (w *writer) text(t *llm.Text) {
	n := own(t.Native)
	if n.Has("document") {
		w.Str("type", "document")
		w.documentOf("document", t.Text, "", n)
	} else {
		w.Str("type", "text")
		w.Str("text", t.Text)
	}
	w.Rest(n, "document")
}

// thought writes the members of a thinking part.
func (w *writer) thought(r *llm.Reasoning) {
	w.Str("type", "thinking")
	w.Str("thinking", r.Text)
	w.StrIf("signature", dialect.MarkOrigin(r.Signature, r.Origin))
	w.Rest(own(r.Native))
}

func (e *encoder) textLoss(i, n int, t *llm.Text) {
	e.uncached(place(i, n)+".", t.Cache)
	e.lost(place(i, n)+".", t.Native)
}

// documents writes what stands beside the messages.
func (e *encoder) documents() {
	if len(e.docs) == 0 {
		return
	}
	e.Open("documents", '[')
	for _, m := range e.docs {
		n := own(m.Native)
		if json.ObjectOf(n.Get("document")).Has("plain") {
			e.Element(json.Quote(m.Text))
			continue
		}
		e.documentOf("", m.Text, m.Name, n)
	}
	e.Close(']')
}
