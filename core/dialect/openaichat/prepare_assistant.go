package openaichat

import (
	"slices"
	"strings"

	"sluice/core/llm"
)

// assistant writes what the model said before.
func (e *encoder) assistant(i int, t *llm.Turn, parts []placed) {
	e.flushMedia()
	var content, calls, thoughts []placed
	var refusal string
	for _, p := range parts {
		switch v := p.Part.(type) {
		case *llm.ToolCall:
			calls = append(calls, p)
		case *llm.Reasoning:
			if v.Redacted == "" && e.thoughtMember(v) != "" {
				thoughts = append(thoughts, p)
			} else {
				content = append(content, p)
			}
		case *llm.Refusal:
			if own(v.Native).Has("type") {
				content = append(content, p)
			} else {
				refusal += v.Text
			}
		default:
			content = append(content, p)
		}
	}
	kept := e.writable(i, content, len(parts) == 1)
	if len(kept)+len(calls)+len(thoughts) == 0 && refusal == "" && len(parts) > 0 && !e.same {
		return // all that it said is blank, or reported as dropped
	}
	e.Open("", '{')
	e.Str("role", "assistant")
	e.StrIf("name", t.Name)
	e.thoughts(thoughts)
	e.assistantContent(i, t, kept)
	e.StrIf("refusal", refusal)
	e.calls(i, calls)
	e.messageCache(t.Parts)
	e.native(atTurn(i), t.Native, "content", "content_blocks", "annotations")
	e.Close('}')
}

// assistantContent writes content, or both content and the blocks that won
// over it.
func (e *encoder) assistantContent(i int, t *llm.Turn, kept []placed) {
	n := own(t.Native)
	switch {
	case n.Has("content_blocks"):
		if was := n.Get("content"); was != nil {
			e.Raw("content", was)
		} else {
			e.Str("content", allText(t.Parts))
		}
		e.Open("content_blocks", '[')
		for _, p := range kept {
			e.part(i, p)
		}
		e.Close(']')
	case len(kept) == 0:
		e.Nullable("content", "")
	default:
		e.content("content", i, kept, "")
	}
	if e.same {
		e.annotations(texts(t.Parts), n.Get("annotations"))
	}
}

func texts(parts []llm.Part) []*llm.Text {
	var out []*llm.Text
	for _, p := range parts {
		if t, ok := p.(*llm.Text); ok {
			out = append(out, t)
		}
	}
	return out
}

// thoughts writes reasoning that came from chat under the name that it had.
func (e *encoder) thoughts(parts []placed) {
	var all strings.Builder
	name := ""
	for _, p := range parts {
		r := p.Part.(*llm.Reasoning)
		name = e.thoughtMember(r)
		all.WriteString(r.Text)
	}
	if name != "" {
		e.Str(name, all.String())
	}
}

// wantThoughts are the providers that refuse a round of tool calls, or answer
// it worse, without what the model thought before; they check nothing of it.
// The clients of other dialects send it in blocks.
//
// https://api-docs.deepseek.com/guides/thinking_mode
// https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model
var wantThoughts = []string{"deepseek", "moonshot"}

// thoughtMember is [reasoningMember], also for what came from elsewhere if the
// provider wants it.
func (e *encoder) thoughtMember(r *llm.Reasoning) string {
	if name := reasoningMember(r); name != "" || own(r.Native).Has("type") {
		return name
	}
	if r.Text != "" && slices.Contains(wantThoughts, e.target.Provider) {
		return "reasoning_content"
	}
	return ""
}

// reasoningMember is the member of a message that reasoning of chat stands
// in; empty if it came from elsewhere or stood in a part.
func reasoningMember(r *llm.Reasoning) string {
	n := own(r.Native)
	switch {
	case n.Has("type"):
		return ""
	case n.Has("reasoning"):
		return "reasoning"
	case n.Has("reasoning_content"), r.Origin == llm.OpenAIChat:
		return "reasoning_content"
	}
	return ""
}

// calls writes tool_calls, or the function_call that it was. Arguments that
// are empty become {}: providers parse them.
func (e *encoder) calls(i int, parts []placed) {
	open := false
	for _, p := range parts {
		c := p.Part.(*llm.ToolCall)
		where := atPart(i, p.n)
		if n := own(c.Native); n.Has("function_call") {
			e.Raw("function_call", functionCallOf(c, n.Get("function")))
			continue
		}
		if !open {
			e.Open("tool_calls", '[')
			open = true
		}
		e.Open("", '{')
		sent := *c
		sent.Name = e.name(c.Name)
		e.toolCall(&sent)
		e.cache(where, c.Cache)
		e.lost(where, c.Native)
		if c.Signature != "" && c.Native.Dialect != llm.OpenAIChat {
			e.drop("%sthought_signature", where)
		}
		e.Close('}')
	}
	if open {
		e.Close(']')
	}
}
