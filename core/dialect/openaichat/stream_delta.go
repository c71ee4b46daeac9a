package openaichat

import (
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// delta begins a chunk and writes into its delta what an event says. It
// reports false, and begins none, for what this client is not told.
func (s *streamEncoder) delta(c *choiceOut, e *llm.Event) bool {
	switch e.Kind {
	case llm.EventPartStart:
		s.partStart(c, e)
	case llm.EventPartStop:
		s.partStop(c, e)
	case llm.EventText:
		s.begin(c)
		s.w.str("content", e.Text)
		c.at += utf8.RuneCountInString(e.Text)
		if s.blocks() {
			s.block(e.Part, member{"text", json.Quote(e.Text)})
		}
	case llm.EventReasoning:
		if name := c.reasonAs[e.Part]; name != "" {
			s.begin(c)
			s.w.str(name, e.Text)
		} else {
			s.blockOnly(c, e.Part, member{"thinking", json.Quote(e.Text)})
		}
	case llm.EventSignature:
		if c.reasonAs[e.Part] == "" {
			s.blockOnly(c, e.Part, member{"signature", json.Quote(e.Text)})
		}
	case llm.EventArguments:
		s.arguments(c, e.Part, e.Text)
	case llm.EventRefusal:
		s.begin(c)
		s.w.str("refusal", e.Text)
	case llm.EventCitation:
		s.citation(c, e)
	}
	return c.open
}

func (s *streamEncoder) partStart(c *choiceOut, e *llm.Event) {
	empty := json.Value(`""`)
	switch e.PartKind {
	case llm.TextPart:
		c.from = c.at
		if s.starts {
			s.blockOnly(c, e.Part, member{"text", empty})
		}
	case llm.ReasoningPart:
		if name := reasoningMember(&llm.Reasoning{Native: e.Native}); name != "" {
			if c.reasonAs == nil {
				c.reasonAs = map[int]string{}
			}
			c.reasonAs[e.Part] = name
			return
		}
		s.chat = false
		if s.starts {
			s.blockOnly(c, e.Part, member{"thinking", empty}, member{"signature", empty})
		}
	case llm.RedactedPart:
		s.chat = false
		s.blockOnly(c, e.Part, member{"data", json.Quote(e.Text)})
	case llm.ToolCallPart:
		s.callStart(c, e)
	}
}

// partStop writes what was owed: the arguments of a call that has none, which
// clients parse all the same, and the citations of a text.
func (s *streamEncoder) partStop(c *choiceOut, e *llm.Event) {
	if _, o := c.call(e.Part); o != nil {
		if !o.any && !o.custom {
			s.arguments(c, e.Part, "{}")
		}
		return
	}
	if len(c.cited) == 0 {
		return
	}
	s.begin(c)
	s.w.open("annotations", '[')
	for _, cited := range c.cited {
		s.w.citation(cited, c.from, c.at)
	}
	s.w.close(']')
	c.cited = nil
}

// citation writes a citation that came from chat; others wait until their
// text is whole, because they are about all of it.
func (s *streamEncoder) citation(c *choiceOut, e *llm.Event) {
	switch {
	case e.Citation == nil || e.Citation.URL == "":
	case own(e.Citation.Native).has("url_citation"):
		s.begin(c)
		s.w.open("annotations", '[')
		s.w.citation(*e.Citation, 0, 0)
		s.w.close(']')
	default:
		c.cited = append(c.cited, *e.Citation)
	}
}

// callStart writes the first delta of a call. Clients need index, id, type
// and name in it, and in no other.
func (s *streamEncoder) callStart(c *choiceOut, e *llm.Event) {
	n := own(e.Native)
	legacy := n.has("function_call")
	s.begin(c)
	index := len(c.calls)
	c.calls = append(c.calls, callOut{part: e.Part, custom: e.Custom, legacy: legacy})
	if legacy {
		s.w.open("function_call", '{')
		s.w.str("name", e.Name)
		s.w.str("arguments", "")
		s.w.rest(parse(n.get("function")))
		s.w.close('}')
		return
	}
	kind, input := callKind(e.Custom), "arguments"
	if e.Custom {
		input = "input"
	}
	s.w.open("tool_calls", '[')
	s.w.open("", '{')
	s.w.int("index", int64(index))
	s.w.str("id", e.ID)
	s.w.str("type", kind)
	s.w.open(kind, '{')
	s.w.str("name", e.Name)
	s.w.str(input, "")
	s.w.rest(parse(n.get("function")))
	s.w.close('}')
	s.w.rest(n, "function", "type", "custom")
	s.w.close('}')
	s.w.close(']')
}

func (s *streamEncoder) arguments(c *choiceOut, part int, text string) {
	i, o := c.call(part)
	if o == nil || text == "" {
		return
	}
	o.any = true
	s.begin(c)
	if o.legacy {
		s.w.open("function_call", '{')
		s.w.str("arguments", text)
		s.w.close('}')
		return
	}
	s.w.open("tool_calls", '[')
	s.w.open("", '{')
	s.w.int("index", int64(i))
	if o.custom {
		s.w.open("custom", '{')
		s.w.str("input", text)
	} else {
		s.w.open("function", '{')
		s.w.str("arguments", text)
	}
	s.w.close('}')
	s.w.close('}')
	s.w.close(']')
}

// blockOnly writes a delta that has content blocks and no content, if the
// client gets any.
func (s *streamEncoder) blockOnly(c *choiceOut, part int, ms ...member) {
	if s.blocks() {
		s.begin(c)
		s.block(part, ms...)
	}
}

func (s *streamEncoder) block(part int, ms ...member) {
	s.w.open("content_blocks", '[')
	s.w.open("", '{')
	s.w.int("index", int64(part))
	s.w.open("delta", '{')
	for _, m := range ms {
		s.w.raw(m.name, m.value)
	}
	s.w.close('}')
	s.w.close('}')
	s.w.close(']')
}

// native writes back what only chat has a word for: members of the delta, and
// of the choice around it.
func (s *streamEncoder) native(dst []byte, c *choiceOut, n members) []byte {
	if n == nil {
		return dst
	}
	s.begin(c)
	s.w.rest(parse(n.get("delta")))
	s.w.close('}')
	s.w.rest(n, "delta", "finish_reason")
	s.w.raw("finish_reason", json.Value("null"))
	return s.send(dst, c)
}
