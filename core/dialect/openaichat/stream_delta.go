package openaichat

import (
	"unicode/utf8"

	"sluice/core/dialect"
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
		s.w.Str("content", e.Text)
		c.at += utf8.RuneCountInString(e.Text)
		if s.blocks() {
			s.block(e.Part, json.Named("text", json.Quote(e.Text)))
		}
	case llm.EventReasoning:
		if name := c.reasonAs[e.Part]; name != "" {
			s.begin(c)
			s.w.Str(name, e.Text)
		} else {
			s.blockOnly(c, e.Part, json.Named("thinking", json.Quote(e.Text)))
		}
	case llm.EventSignature:
		if c.reasonAs[e.Part] == "" {
			s.blockOnly(c, e.Part, json.Named("signature", json.Quote(c.mark+e.Text)))
			c.mark = ""
		}
	case llm.EventArguments:
		s.arguments(c, e.Part, e.Text)
	case llm.EventRefusal:
		s.begin(c)
		s.w.Str("refusal", e.Text)
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
			s.blockOnly(c, e.Part, json.Named("text", empty))
		}
	case llm.ReasoningPart:
		if name := reasoningMember(&llm.Reasoning{Native: e.Native}); name != "" {
			if c.reasonAs == nil {
				c.reasonAs = map[int]string{}
			}
			c.reasonAs[e.Part] = name
			return
		}
		s.chat, c.mark = false, ""
		if e.Native.Dialect != llm.OpenAIChat {
			c.mark = dialect.OriginMark(e.Native.Dialect)
		}
		if s.starts {
			s.blockOnly(c, e.Part, json.Named("thinking", empty), json.Named("signature", empty))
		}
	case llm.RedactedPart:
		s.chat = false
		s.blockOnly(c, e.Part, json.Named("data", json.Quote(mark(e.Text, e.Native.Dialect))))
	case llm.ToolCallPart:
		s.callStart(c, e)
	case llm.MediaPart:
		s.chat = false
		w := writer{json.NewWriter("{")}
		w.media(e.Media)
		w.Close('}')
		s.blockOnly(c, e.Part, json.ObjectOf(w.B)...)
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
	s.w.Open("annotations", '[')
	for _, cited := range c.cited {
		s.w.citation(cited, c.from, c.at)
	}
	s.w.Close(']')
	c.cited = nil
}

// citation writes a citation that came from chat; others wait until their
// text is whole, because they are about all of it.
func (s *streamEncoder) citation(c *choiceOut, e *llm.Event) {
	switch {
	case e.Citation == nil || e.Citation.URL == "":
	case own(e.Citation.Native).Has("url_citation"):
		s.begin(c)
		s.w.Open("annotations", '[')
		s.w.citation(*e.Citation, 0, 0)
		s.w.Close(']')
	default:
		c.cited = append(c.cited, *e.Citation)
	}
}

// callStart writes the first delta of a call. Clients need index, id, type
// and name in it, and in no other.
func (s *streamEncoder) callStart(c *choiceOut, e *llm.Event) {
	n := own(e.Native)
	if !s.o.Strict {
		n = own(withSignature(&llm.ToolCall{Signature: e.Text, Native: e.Native}).Native)
	}
	legacy := n.Has("function_call")
	s.begin(c)
	index := len(c.calls)
	c.calls = append(c.calls, callOut{part: e.Part, custom: e.Custom, legacy: legacy})
	if legacy {
		s.w.Open("function_call", '{')
		s.w.Str("name", e.Name)
		s.w.Str("arguments", "")
		s.w.Rest(json.ObjectOf(n.Get("function")))
		s.w.Close('}')
		return
	}
	kind, input := callKind(e.Custom), "arguments"
	if e.Custom {
		input = "input"
	}
	s.w.Open("tool_calls", '[')
	s.w.Open("", '{')
	s.w.Int("index", int64(index))
	s.w.Str("id", e.ID)
	s.w.Str("type", kind)
	s.w.Open(kind, '{')
	s.w.Str("name", e.Name)
	s.w.Str(input, "")
	s.w.Rest(json.ObjectOf(n.Get("function")))
	s.w.Close('}')
	s.w.Rest(n, "function", "type", "custom")
	s.w.Close('}')
	s.w.Close(']')
}

func (s *streamEncoder) arguments(c *choiceOut, part int, text string) {
	i, o := c.call(part)
	if o == nil || text == "" {
		return
	}
	o.any = true
	s.begin(c)
	if o.legacy {
		s.w.Open("function_call", '{')
		s.w.Str("arguments", text)
		s.w.Close('}')
		return
	}
	s.w.Open("tool_calls", '[')
	s.w.Open("", '{')
	s.w.Int("index", int64(i))
	if o.custom {
		s.w.Open("custom", '{')
		s.w.Str("input", text)
	} else {
		s.w.Open("function", '{')
		s.w.Str("arguments", text)
	}
	s.w.Close('}')
	s.w.Close('}')
	s.w.Close(']')
}

// blockOnly writes a delta that has content blocks and no content, if the
// client gets any.
func (s *streamEncoder) blockOnly(c *choiceOut, part int, ms ...json.Member) {
	if s.blocks() {
		s.begin(c)
		s.block(part, ms...)
	}
}

func (s *streamEncoder) block(part int, ms ...json.Member) {
	s.w.Open("content_blocks", '[')
	s.w.Open("", '{')
	s.w.Int("index", int64(part))
	s.w.Open("delta", '{')
	for _, m := range ms {
		s.w.Raw(m.Name, m.Value)
	}
	s.w.Close('}')
	s.w.Close('}')
	s.w.Close(']')
}

// native writes back what only chat has a word for: members of the delta, and
// of the choice around it.
func (s *streamEncoder) native(dst []byte, c *choiceOut, n json.Object) []byte {
	if n == nil {
		return dst
	}
	s.begin(c)
	s.w.Rest(json.ObjectOf(n.Get("delta")))
	s.w.Close('}')
	s.w.Rest(n, "delta", "finish_reason")
	s.w.Nullable("finish_reason", "")
	return s.send(dst, c)
}
