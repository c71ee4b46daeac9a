package openairesponses

import (
	"fmt"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// input writes the instructions, if they stood apart, and the turns. The one
// text that a short request consists of stays a text.
func (e *encoder) input() {
	turns := e.r.Turns
	first := 0
	if len(turns) > 0 && own(turns[0].Native).Has("instructions") {
		if s, ok := soleText(turns[0].Parts); ok {
			e.Str("instructions", s.Text)
			first = 1
		}
	}
	form := e.top.Get("input")
	if e.same && len(turns) == first && form == nil {
		return
	}
	if s, ok := e.soleInput(turns[first:]); ok && form.Kind() == '"' {
		e.Str("input", s)
		return
	}
	e.Open("input", '[')
	for i := first; i < len(turns); i++ {
		e.turn(i, &turns[i])
	}
	e.Close(']')
}

func soleText(parts []llm.Part) (*llm.Text, bool) {
	if len(parts) != 1 {
		return nil, false
	}
	t, ok := parts[0].(*llm.Text)
	return t, ok
}

func (e *encoder) soleInput(turns []llm.Turn) (string, bool) {
	if len(turns) != 1 || turns[0].Role != llm.User {
		return "", false
	}
	t, ok := soleText(turns[0].Parts)
	if !ok {
		return "", false
	}
	return t.Text, ok
}

// placed is a part with its number in the turn, for reports.
type placed struct {
	n int
	llm.Part
}

// turn writes the items of a turn. Results of another dialect's user go before
// their words, next to the calls.
func (e *encoder) turn(i int, t *llm.Turn) {
	role := t.Role
	if role == llm.ToolRole {
		role = llm.User
	}
	var results, rest []placed
	for n, p := range t.Parts {
		if _, ok := p.(*llm.ToolResult); ok && !e.same && role == llm.User {
			results = append(results, placed{n, p})
		} else {
			rest = append(rest, placed{n, p})
		}
	}
	if t.Name != "" {
		e.drop("messages[%d].name", i)
	}
	e.lost(fmt.Sprintf("messages[%d].", i), t.Native)
	m := message{e: e, i: i, role: role, left: own(t.Native), whole: e.same && role != llm.Assistant && t.Role != llm.ToolRole}
	for _, p := range append(results, rest...) {
		m.part(p)
	}
	m.flush()
}

// message collects the content of the message that is being written.
type message struct {
	e     *encoder
	i     int // of the turn
	role  llm.Role
	left  json.Object // residue of the message
	whole bool        // the turn is one message, even if it is empty
	parts []placed
}

func (m *message) part(p placed) {
	e := m.e
	where := fmt.Sprintf("messages[%d].content[%d]", m.i, p.n)
	switch v := p.Part.(type) {
	case *llm.ToolCall:
		m.flush()
		if m.role != llm.Assistant {
			e.drop("%s (tool_call)", where)
			return
		}
		e.call(where, v)
	case *llm.ToolResult:
		m.flush()
		e.result(where, v)
	case *llm.Reasoning:
		m.flush()
		e.thought(where, v)
	case *llm.Foreign:
		n := own(v.Native)
		switch {
		case n == nil:
			if !v.Native.Empty() {
				e.drop("%s (%s)", where, v.Kind)
			}
		case n.Has(markPart):
			m.content(p, n)
		default:
			m.flush()
			e.Open("", '{')
			e.Rest(n)
			e.Close('}')
		}
	default:
		m.content(p, own(*nativeOf(p.Part)))
	}
}

// content adds a part to the message, or begins one with it.
func (m *message) content(p placed, n json.Object) {
	if t, ok := p.Part.(*llm.Text); ok && !m.e.same && strings.TrimSpace(t.Text) == "" {
		return
	}
	if md, ok := p.Part.(*llm.Media); ok && m.role == llm.Assistant && !m.e.same {
		m.e.drop("messages[%d].content[%d] (%s)", m.i, p.n, md.Kind)
		return
	}
	if v := n.Get(markMessage); v != nil && m.role == llm.Assistant {
		m.flush()
		m.left = json.ObjectOf(v)
		if n.Has(markUntyped) {
			m.left = append(m.left, json.Member{Name: markUntyped, Value: markString})
		}
	}
	m.parts = append(m.parts, p)
}

// flush writes the message, if there is any.
func (m *message) flush() {
	e := m.e
	if len(m.parts) == 0 && !m.whole {
		return
	}
	m.whole = false
	e.Open("", '{')
	if !m.left.Has(markUntyped) {
		e.Str("type", typeMessage)
	}
	e.Str("role", string(m.role))
	e.content(m.i, "content", string(m.role), m.parts)
	e.Rest(m.left, markUntyped, "instructions")
	e.Close('}')
	m.parts, m.left = nil, nil
}

func (e *encoder) call(where string, c *llm.ToolCall) {
	if c.Custom {
		if e.custom == nil {
			e.custom = map[string]bool{}
		}
		e.custom[c.ID] = true
	}
	arguments := c.Arguments
	if !e.same && !c.Custom {
		arguments = orEmptyObject(arguments)
	}
	n := own(c.Native)
	e.Open("", '{')
	e.callMembers(c, e.callID(c.ID), arguments, func() { e.toolOf(c.Name) })
	e.Rest(n)
	e.Close('}')
	e.cache(where+".", c.Cache)
	e.lost(where+".", c.Native)
	if c.Signature != "" && !n.Has("extra_content") {
		e.drop("%s.thought_signature", where)
	}
}

// callMembers writes what calls have in requests and in answers.
func (w *writer) callMembers(c *llm.ToolCall, id, arguments string, name func()) {
	kind, member := typeFunctionCall, "arguments"
	if c.Custom {
		kind, member = typeCustomCall, "input"
	}
	w.Str("type", kind)
	w.Str("call_id", id)
	name()
	w.Str(member, arguments)
}

func orEmptyObject(arguments string) string {
	if arguments == "" {
		return "{}"
	}
	return arguments
}

// result writes what a tool has given. The API has no word for a tool that
// failed.
func (e *encoder) result(where string, r *llm.ToolResult) {
	n := own(r.Native)
	kind := typeFunctionOut
	if n.Has(markCustom) || e.custom[r.CallID] {
		kind = typeCustomOut
	}
	e.Open("", '{')
	e.Str("type", kind)
	e.Str("call_id", e.callID(r.CallID))
	var parts []placed
	for k, p := range r.Parts {
		parts = append(parts, placed{k, p})
	}
	switch {
	case len(parts) > 0 || e.same && r.Parts != nil:
		e.content(-1, "output", "user", e.writable(where, parts))
	case !e.same:
		e.Str("output", "")
	}
	e.Rest(n, markCustom)
	e.Close('}')
	if r.IsError {
		e.drop("%s.is_error (tool_result)", where)
	}
	e.cache(where+".", r.Cache)
	e.lost(where+".", r.Native)
}

// writable returns the parts that a result can have, and reports the others.
func (e *encoder) writable(where string, parts []placed) []placed {
	kept := parts[:0]
	for _, p := range parts {
		switch v := p.Part.(type) {
		case *llm.Text, *llm.Media, *llm.Refusal:
		case *llm.Foreign:
			if v.Native.For(llm.OpenAIResponses) == nil {
				e.drop("%s.content[%d] (%s)", where, p.n, v.Kind)
				continue
			}
		default:
			e.drop("%s.content[%d]", where, p.n)
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

// thought writes reasoning that the provider can verify. Any other would be
// refused, and with it the request.
func (e *encoder) thought(where string, r *llm.Reasoning) {
	if r.Origin != llm.OpenAIResponses {
		e.drop("%s (reasoning)", where)
		return
	}
	e.Open("", '{')
	e.thoughtMembers(r)
	e.Close('}')
	e.lost(where+".", r.Native)
}
