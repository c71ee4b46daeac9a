package openaichat

import (
	"fmt"
	"slices"
	"strings"

	"sluice/core/llm"
)

func (e *encoder) messages() {
	e.Open("messages", '[')
	turns := e.r.Turns
	for _, i := range e.order() {
		e.turn(i, &turns[i])
	}
	e.flushMedia()
	e.Close(']')
}

// order puts the results of tool calls directly behind the calls: chat refuses
// anything between them, and clients of other dialects do send instructions
// there.
func (e *encoder) order() []int {
	var out []int
	for i := range e.r.Turns {
		out = append(out, i)
	}
	if e.same {
		return out
	}
	for i := 0; i < len(out); i++ {
		t := &e.r.Turns[out[i]]
		if t.Role != llm.Assistant || !slices.ContainsFunc(t.Parts, isCall) {
			continue
		}
		j := i + 1
		for j < len(out) && (e.r.Turns[out[j]].Role == llm.System || e.r.Turns[out[j]].Role == llm.Developer) {
			j++
		}
		if j < len(out) && j > i+1 && slices.ContainsFunc(e.r.Turns[out[j]].Parts, isResult) {
			result := out[j]
			copy(out[i+2:j+1], out[i+1:j])
			out[i+1] = result
		}
	}
	return out
}

func isCall(p llm.Part) bool   { _, ok := p.(*llm.ToolCall); return ok }
func isResult(p llm.Part) bool { _, ok := p.(*llm.ToolResult); return ok }

// placed is a part with its number in the turn, for reports.
type placed struct {
	n int
	llm.Part
}

func (e *encoder) turn(i int, t *llm.Turn) {
	var results int
	var rest []placed
	for n, p := range t.Parts {
		r, ok := p.(*llm.ToolResult)
		switch {
		case !ok:
			rest = append(rest, placed{n, p})
		case t.Role == llm.User || t.Role == llm.ToolRole:
			e.result(i, n, r)
			results++
		default:
			e.drop("messages[%d].content[%d] (tool_result)", i, n)
		}
	}
	switch {
	case results > 0 && len(rest) == 0:
		e.lost(atTurn(i), t.Native)
	case t.Role == llm.Assistant:
		e.assistant(i, t, rest)
	default:
		e.said(i, t, rest)
	}
}

// said writes a message of a user or of the system.
func (e *encoder) said(i int, t *llm.Turn, parts []placed) {
	role := t.Role
	if role == llm.ToolRole {
		role = llm.User
	}
	if role == llm.User {
		var media []placed
		for _, p := range e.later {
			media = append(media, placed{-1, p})
		}
		parts, e.later = append(media, parts...), nil
	} else {
		e.flushMedia()
	}
	kept := e.writable(i, parts, len(parts) == 1)
	if len(kept) == 0 && len(parts) > 0 && !e.same {
		return // all that it said is blank, or reported as dropped
	}
	e.Open("", '{')
	e.Str("role", string(role))
	e.StrIf("name", t.Name)
	if len(kept) == 0 {
		e.Str("content", "")
	} else {
		e.content("content", i, kept, "\n")
	}
	e.messageCache(t.Parts)
	e.native(atTurn(i), t.Native, "content", "content_blocks")
	e.Close('}')
}

// flushMedia writes what tools have shown, when no user message follows that
// could take it.
func (e *encoder) flushMedia() {
	if len(e.later) > 0 {
		e.said(-1, &llm.Turn{Role: llm.User}, nil)
	}
}

// result writes the message that answers a tool call. Chat has no word for a
// failed one, and no media in it: these follow in a user message.
func (e *encoder) result(i, n int, r *llm.ToolResult) {
	where := atPart(i, n)
	e.Open("", '{')
	if own(r.Native).Has("role") {
		e.Str("role", "function")
	} else {
		e.Str("role", "tool")
		e.Str("tool_call_id", r.CallID)
	}
	if e.same {
		e.StrIf("name", r.Name)
	}
	var parts []placed
	for k, p := range r.Parts {
		if m, ok := p.(*llm.Media); ok && !e.same {
			e.later = append(e.later, m)
			p = &llm.Text{Text: fmt.Sprintf("[%s: see the next user message]", m.Kind)}
		}
		parts = append(parts, placed{k, p})
	}
	if kept := e.writable(i, parts, len(parts) == 1); len(kept) > 0 {
		e.content("content", i, kept, "\n")
	} else {
		e.Str("content", "")
	}
	if r.IsError {
		e.drop("%sis_error (tool_result)", where)
	}
	e.cache(where, r.Cache)
	e.native(where, r.Native, "role")
	e.Close('}')
}

// writable returns the parts that content can have, and reports the others.
// Blank texts of other dialects go, too, unless one is all that was said: some
// providers refuse them.
func (e *encoder) writable(i int, parts []placed, alone bool) []placed {
	var kept []placed
	for _, p := range parts {
		kind := ""
		switch p := p.Part.(type) {
		case *llm.Text:
			if !e.same && !alone && strings.TrimSpace(p.Text) == "" {
				continue
			}
		case *llm.Reasoning:
			if !own(p.Native).Has("type") {
				kind = "reasoning"
			}
		case *llm.Foreign:
			if p.Native.For(llm.OpenAIChat) == nil {
				kind = p.Kind
			}
		case *llm.ToolCall:
			kind = "tool_call"
		case *llm.ToolResult:
			kind = "tool_result"
		}
		if kind != "" {
			e.drop("messages[%d].content[%d] (%s)", i, p.n, kind)
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

// content writes parts: as a string when there is one plain text. A request
// that comes from another dialect has all its texts joined, because many
// providers take only strings where no media are.
func (e *encoder) content(name string, i int, parts []placed, sep string) {
	if s, ok := e.plain(parts, sep); ok {
		e.Str(name, s)
		for _, p := range parts {
			e.textLoss(i, p.n, p.Part.(*llm.Text))
		}
		return
	}
	e.Open(name, '[')
	for _, p := range parts {
		e.part(i, p)
	}
	e.Close(']')
}

func (e *encoder) plain(parts []placed, sep string) (string, bool) {
	if len(parts) != 1 && e.same {
		return "", false
	}
	var all []string
	for _, p := range parts {
		t, ok := p.Part.(*llm.Text)
		if !ok || t.Native.For(llm.OpenAIChat) != nil || t.Cache != nil && t.Cache.Native.Dialect == llm.OpenAIChat && !own(t.Cache.Native).Has("message") {
			return "", false
		}
		all = append(all, t.Text)
	}
	return strings.Join(all, sep), true
}

// textLoss reports what a text has beside its words and chat has not.
func (e *encoder) textLoss(i, n int, t *llm.Text) {
	where := atPart(i, n)
	if t.Cache != nil && t.Cache.Native.Dialect != llm.OpenAIChat {
		e.drop("%scache_control", where)
	}
	if len(t.Citations) > 0 && !e.same {
		e.drop("%scitations", where)
	}
	e.lost(where, t.Native)
}
