package cohere

import (
	"cmp"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the events of a stream for a client.
func (Codec) EncodeStream(dialect.Options) dialect.StreamEncoder { return &streamEncoder{} }

type streamEncoder struct {
	seq       dialect.Sequence
	events    []llm.Event // kept for its memory
	w         writer      // of the event being written
	own       bool        // the stream came from this dialect
	begun     bool
	ended     bool
	kind      llm.PartKind // of the open part; 0 if it is not told
	plan      bool
	custom    bool
	origin    llm.Dialect // of the open part
	index     int         // of the open part among its like
	content   int         // parts of the content so far
	calls     int         // tool calls so far
	citations int         // citations so far
	text      []byte      // of the open part, as far as it is needed at its end
	finish    string
	fault     string // that the finish tells of; empty: nobody knows more than it says
	usage     *llm.Usage
	last      json.Object // residue of the last event
}

func (*streamEncoder) ContentType() string { return frame.SSEFormat.ContentType() }

// Ping writes a comment.
func (*streamEncoder) Ping(dst []byte) []byte { return frame.AppendComment(dst, "ping") }

func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.ended || e.Choice > 0 {
		return dst, nil
	}
	s.events = s.seq.Push(s.events[:0], e)
	for i := range s.events {
		dst = s.encode(dst, &s.events[i])
	}
	return dst, nil
}

func (s *streamEncoder) encode(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventStart:
		s.own = e.Native.Dialect == llm.Cohere
		return s.start(dst, e.ID)
	case llm.EventUsage:
		s.usage = e.Usage
		return dst
	case llm.EventFinish:
		s.finish, s.last = finishWord(e.Finish, s.own), own(e.Native)
		s.fault = faultOf(e.Finish, s.finish)
		return dst
	case llm.EventDone:
		return s.end(dst)
	}
	dst = s.start(dst, "")
	switch e.Kind {
	case llm.EventPartStart:
		return s.startPart(dst, e)
	case llm.EventPartStop:
		return s.stopPart(dst)
	case llm.EventCitation:
		return s.citation(dst, e.Citation)
	case llm.EventNative:
		return s.native(dst, own(e.Native))
	}
	return s.delta(dst, e)
}

// start writes the first event, once.
func (s *streamEncoder) start(dst []byte, id string) []byte {
	if s.begun {
		return dst
	}
	s.begun = true
	s.w.B = append(s.w.B[:0], '{')
	s.w.Str("id", cmp.Or(id, newID()))
	s.w.Str("type", "message-start")
	s.w.Raw("delta", json.Value(`{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}`))
	s.w.Close('}')
	return frame.AppendSSE(dst, "message-start", s.w.B)
}

// begin begins an event that has an index, up to what its message has.
func (s *streamEncoder) begin(name string, index int) {
	s.w.B = append(s.w.B[:0], '{')
	s.w.Str("type", name)
	s.w.Int("index", int64(index))
}

func (s *streamEncoder) message() {
	s.w.Open("delta", '{')
	s.w.Open("message", '{')
}

func (s *streamEncoder) send(dst []byte, name string) []byte {
	s.w.B = append(s.w.B, "}}}"...)
	return frame.AppendSSE(dst, name, s.w.B)
}

func (s *streamEncoder) startPart(dst []byte, e *llm.Event) []byte {
	s.kind, s.plan, s.custom, s.origin, s.text = e.PartKind, false, e.Custom, e.Native.Dialect, s.text[:0]
	switch e.PartKind {
	case llm.TextPart, llm.RefusalPart:
		return s.startContent(dst, "text")
	case llm.ReasoningPart:
		if s.plan = isPlan(e.Native); s.plan {
			return dst
		}
		return s.startContent(dst, "thinking")
	case llm.ToolCallPart:
		s.index = s.calls
		s.calls++
		s.begin("tool-call-start", s.index)
		s.message()
		s.w.Key("tool_calls")
		s.w.call(&llm.ToolCall{ID: cmp.Or(e.ID, newID()), Name: e.Name, Native: llm.Native{Dialect: llm.Cohere, Members: e.Native.For(llm.Cohere)}})
		return s.send(dst, "tool-call-start")
	}
	s.kind = 0 // has no word
	return dst
}

func (s *streamEncoder) startContent(dst []byte, kind string) []byte {
	s.index = s.content
	s.content++
	s.begin("content-start", s.index)
	s.message()
	s.w.Open("content", '{')
	s.w.Str("type", kind)
	s.w.Str(kind, "")
	s.w.Close('}')
	return s.send(dst, "content-start")
}

func (s *streamEncoder) delta(dst []byte, e *llm.Event) []byte {
	switch {
	case s.kind == 0:
		return dst
	case e.Kind == llm.EventArguments:
		s.text = append(s.text, e.Text...)
		if s.custom {
			return dst
		}
		return s.arguments(dst, e.Text)
	case s.plan:
		s.w.B = append(s.w.B[:0], '{')
		s.w.Str("type", "tool-plan-delta")
		s.message()
		s.w.Str("tool_plan", e.Text)
		return s.send(dst, "tool-plan-delta")
	}
	s.begin("content-delta", s.index)
	s.message()
	s.w.Open("content", '{')
	switch {
	case s.kind != llm.ReasoningPart:
		if !s.own {
			s.text = append(s.text, e.Text...)
		}
		s.w.Str("text", e.Text)
	case e.Kind == llm.EventSignature:
		s.text = append(s.text, e.Text...)
		return dst // told whole, when the part ends
	default:
		s.w.Str("thinking", e.Text)
	}
	s.w.Close('}')
	return s.send(dst, "content-delta")
}

func (s *streamEncoder) arguments(dst []byte, text string) []byte {
	s.begin("tool-call-delta", s.index)
	s.message()
	s.w.Open("tool_calls", '{')
	s.w.Open("function", '{')
	s.w.Str("arguments", text)
	s.w.B = append(s.w.B, "}}"...)
	return s.send(dst, "tool-call-delta")
}

// stopPart ends a part: with what was held back of it.
func (s *streamEncoder) stopPart(dst []byte) []byte {
	kind := s.kind
	s.kind = 0
	switch {
	case kind == 0 || s.plan:
		return dst
	case kind == llm.ToolCallPart:
		switch {
		case s.custom:
			dst = s.arguments(dst, `{"input":`+string(json.Quote(string(s.text)))+`}`)
		case len(s.text) == 0 && !s.own:
			dst = s.arguments(dst, "{}")
		}
		return s.stop(dst, "tool-call-end", s.index)
	case kind == llm.ReasoningPart && len(s.text) > 0:
		s.begin("content-delta", s.index)
		s.message()
		s.w.Open("content", '{')
		s.w.Str("thinking", "")
		s.w.Str("signature", dialect.MarkOrigin(string(s.text), s.origin))
		s.w.Close('}')
		dst = s.send(dst, "content-delta")
	}
	return s.stop(dst, "content-end", s.index)
}

func (s *streamEncoder) stop(dst []byte, name string, index int) []byte {
	s.begin(name, index)
	s.w.Close('}')
	return frame.AppendSSE(dst, name, s.w.B)
}

func (s *streamEncoder) citation(dst []byte, c *llm.Citation) []byte {
	s.begin("citation-start", s.citations)
	s.message()
	s.w.citationOf("citations", c, string(s.text), s.index)
	dst = s.stop(s.send(dst, "citation-start"), "citation-end", s.citations)
	s.citations++
	return dst
}

// native writes what has a word in this dialect only.
func (s *streamEncoder) native(dst []byte, o json.Object) []byte {
	for _, m := range o {
		switch m.Name {
		case "logprobs":
			s.begin("content-delta", s.index)
			s.w.Raw("delta", json.Value(`{"message":{"content":{"text":""}}}`))
			s.w.Raw("logprobs", m.Value)
			s.w.Close('}')
			dst = frame.AppendSSE(dst, "content-delta", s.w.B)
		case "citation":
			dst = s.citation(dst, &llm.Citation{Native: llm.Native{Dialect: llm.Cohere, Members: m.Value}})
		default:
			dst = frame.AppendSSE(dst, m.Name, m.Value)
		}
	}
	return dst
}

// end writes the last event, and the mark behind it.
func (s *streamEncoder) end(dst []byte) []byte {
	if s.ended {
		return dst
	}
	s.ended = true
	dst = s.start(dst, "")
	s.w.B = append(s.w.B[:0], '{')
	s.w.Str("type", "message-end")
	s.w.Open("delta", '{')
	s.w.StrIf("error", s.fault)
	s.w.Str("finish_reason", cmp.Or(s.finish, finishError))
	if s.usage != nil {
		s.w.usage(s.usage)
	}
	s.w.Rest(s.last)
	s.w.B = append(s.w.B, "}}"...)
	dst = frame.AppendSSE(dst, "message-end", s.w.B)
	return append(dst, "data: [DONE]\n\n"...)
}

// Flush ends the stream if no event did.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) { return s.end(dst), nil }

// Error writes the last event of an answer that has failed. The text of the
// error stands in it.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.ended {
		return dst
	}
	s.ended = true
	dst = s.start(dst, "")
	s.w.B = append(s.w.B[:0], '{')
	s.w.Str("type", "message-end")
	s.w.Open("delta", '{')
	s.w.Str("error", errorText(e))
	s.w.Str("finish_reason", finishOfError(e))
	s.w.B = append(s.w.B, "}}"...)
	return frame.AppendSSE(dst, "message-end", s.w.B)
}

func finishOfError(e *llm.Error) string {
	if e.Kind == llm.Timeout {
		return finishTimeout
	}
	return finishError
}
