package cohere

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// assistant writes what the model said before.
func (e *encoder) assistant(i int, t *llm.Turn, parts []placed) {
	var content []placed
	var calls []*llm.ToolCall
	var plan strings.Builder
	planned := hasCall(parts)
	for _, p := range parts {
		switch v := p.Part.(type) {
		case *llm.ToolCall:
			sent := *v
			sent.Name = e.name(v.Name)
			calls = append(calls, &sent)
			e.uncached(place(i, p.n)+".", v.Cache)
			e.lost(place(i, p.n)+".", v.Native)
			if v.Signature != "" {
				e.drop("%s (signature)", place(i, p.n))
			}
			continue
		case *llm.Reasoning:
			if isPlan(v.Native) || planned && !e.same && v.Signature == "" && v.Redacted == "" {
				plan.WriteString(v.Text)
				e.lost(place(i, p.n)+".", v.Native)
				continue
			}
		case *llm.Media:
			e.drop("%s (%s)", place(i, p.n), v.Kind)
			continue
		}
		if e.writable(i, p, len(parts) == 1) {
			content = append(content, p)
		}
	}
	if len(content)+len(calls)+plan.Len() == 0 && len(parts) > 0 && !e.same {
		return // all that it said is blank, or reported as dropped
	}
	e.Open("", '{')
	e.Str("role", "assistant")
	e.content(i, content, len(calls) == 0 && plan.Len() == 0 && !e.same)
	e.StrIf("tool_plan", plan.String())
	e.calls(calls)
	e.citations(unplaced(content), own(t.Native).Get("citations"))
	e.turnRest(i, t.Native)
	e.Close('}')
}

func unplaced(parts []placed) []llm.Part {
	out := make([]llm.Part, len(parts))
	for i, p := range parts {
		out[i] = p.Part
	}
	return out
}

func hasCall(parts []placed) bool {
	for _, p := range parts {
		if _, ok := p.Part.(*llm.ToolCall); ok {
			return true
		}
	}
	return false
}

func (w *writer) calls(calls []*llm.ToolCall) {
	if len(calls) == 0 {
		return
	}
	w.Open("tool_calls", '[')
	for _, c := range calls {
		w.call(c)
	}
	w.Close(']')
}

// citations writes those of all texts of a content, and those that are about
// none.
func (w *writer) citations(content []llm.Part, left json.Value) {
	others, err := json.Elements(left)
	open := err == nil && len(others) > 0
	if open {
		w.Open("citations", '[')
	}
	for i, p := range content {
		t, ok := p.(*llm.Text)
		if !ok {
			continue
		}
		for c := range t.Citations {
			if !open {
				w.Open("citations", '[')
				open = true
			}
			w.citationOf("", &t.Citations[c], t.Text, i)
		}
	}
	if !open {
		return
	}
	for _, v := range others {
		w.Element(v)
	}
	w.Close(']')
}

// result writes the message that answers a call. Images in it follow in a
// message of the user, and that it tells of a failure has no word.
func (e *encoder) result(at string, r *llm.ToolResult) {
	var kept []placed
	for n, p := range r.Parts {
		if m, ok := p.(*llm.Media); ok {
			p = e.shown(at, m)
		}
		switch v := p.(type) {
		case *llm.Text:
			kept = append(kept, placed{n, v})
			e.uncached(at+".", v.Cache)
		case *llm.Foreign:
			if v.Native.For(llm.Cohere) == nil {
				e.drop("%s (%s)", at, v.Kind)
				continue
			}
			kept = append(kept, placed{n, v})
		}
	}
	e.Open("", '{')
	e.Str("role", "tool")
	e.Str("tool_call_id", r.CallID)
	e.content(0, kept, true)
	e.Rest(own(r.Native))
	e.Close('}')
	if r.IsError {
		e.drop("%s.is_error", at)
	}
	e.uncached(at+".", r.Cache)
	e.lost(at+".", r.Native)
}

// shown is the text that stands for media in a result: their own, or a
// reference to the message that has them.
func (e *encoder) shown(at string, m *llm.Media) *llm.Text {
	if m.Text != "" {
		return &llm.Text{Text: m.Text}
	}
	if e.image(at, m) {
		e.later = append(e.later, m)
	}
	return &llm.Text{Text: "[" + string(m.Kind) + ": see the next user message]"}
}
