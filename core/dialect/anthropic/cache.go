package anthropic

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxMarks is how many cache marks the API takes. Of more, the last ones stay:
// they cover the longest prefix.
//
// https://platform.claude.com/docs/en/build-with-claude/prompt-caching
const maxMarks = 4

var ephemeral = json.Value(`{"type":"ephemeral"}`)

// cache writes a mark, or nothing if it is one of those that are too many.
func (p *preparer) cache(m *llm.CacheMark) json.Value {
	if m == nil || p.surplus() {
		return nil
	}
	rest := p.residue("cache_control.", m.Native)
	if m.TTL == "" && rest == nil {
		return ephemeral
	}
	c := cacheControl{Type: word("ephemeral"), Rest: rest}
	if json.Lookup(rest, "type") != nil {
		c.Type = nil
	}
	switch {
	case m.TTL == "5m" || m.TTL == "1h" || p.native && m.TTL != "":
		c.TTL = json.Quote(m.TTL)
	case m.TTL != "":
		p.drop("cache_control.ttl")
	}
	return marshal(c)
}

// surplus counts off one mark and reports whether it must go.
func (p *preparer) surplus() bool {
	if p.skip == 0 {
		return false
	}
	p.skip--
	p.drop("cache_control")
	return true
}

// whole writes an object that is residue as a whole, without its mark if that
// is one too many.
func (p *preparer) whole(object json.Value) json.Value {
	if !marked(object) || !p.surplus() {
		return object
	}
	without, err := json.Splice(object, json.Edit{Name: "cache_control"})
	if err != nil {
		return object
	}
	return without
}

func marked(object json.Value) bool { return !absent(json.Lookup(object, "cache_control")) }

// countMarks counts the marks of a request in the order of the prompt, which
// is also the order in which they are written.
func countMarks(r *llm.Request) int {
	n := 0
	count := func(m *llm.CacheMark) {
		if m != nil {
			n++
		}
	}
	for i := range r.Tools {
		count(r.Tools[i].Cache)
		if r.Tools[i].Kind != llm.FunctionTool && marked(r.Tools[i].Native.For(llm.Anthropic)) {
			n++
		}
	}
	for i := range r.Turns {
		n += countPartMarks(r.Turns[i].Parts)
	}
	count(r.Cache)
	return n
}

func countPartMarks(parts []llm.Part) int {
	n := 0
	for _, part := range parts {
		if markOf(part) != nil {
			n++
		}
		switch part := part.(type) {
		case *llm.ToolResult:
			n += countPartMarks(part.Parts)
		case *llm.Foreign:
			if marked(part.Native.For(llm.Anthropic)) {
				n++
			}
		}
	}
	return n
}

func markOf(part llm.Part) *llm.CacheMark {
	switch part := part.(type) {
	case *llm.Text:
		if blank(part.Text) {
			return nil // will not be written
		}
		return part.Cache
	case *llm.Media:
		return part.Cache
	case *llm.ToolCall:
		return part.Cache
	case *llm.ToolResult:
		return part.Cache
	}
	return nil
}
