package bedrock

import (
	"cmp"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the events of ConverseStream for a client.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder {
	return &streamEncoder{estimate: o.Estimate}
}

type streamEncoder struct {
	estimate *llm.Usage
	sequence dialect.Sequence

	queue       []llm.Event // events in a row; like the others kept for its memory
	buf, quoted []byte

	started bool
	ended   bool // nothing may follow
	stopped bool // messageStop is written
	index   int  // of the block that is open, or comes next
	kind    llm.PartKind
	begun   bool   // something of the block is written
	said    bool   // a tool call: it has input
	free    bool   // a freeform tool: its text goes into an object
	mark    string // owed in front of the next signature
	usage   *llm.Usage
	native  llm.Native // of the metadata
}

// ContentType is that of AWS event streams.
func (*streamEncoder) ContentType() string { return frame.EventStreamFormat.ContentType() }

// Encode writes the frames that e causes, if any.
func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.ended || e.Choice != 0 { // an answer has one choice here
		return dst, nil
	}
	s.queue = s.sequence.Push(s.queue[:0], e)
	for i := range s.queue {
		dst = s.encode(dst, &s.queue[i])
	}
	return dst, nil
}

func (s *streamEncoder) encode(dst []byte, e *llm.Event) []byte {
	dst = s.start(dst)
	switch e.Kind {
	case llm.EventPartStart:
		return s.startPart(dst, e)
	case llm.EventText, llm.EventRefusal:
		return s.textDelta(dst, e.Text)
	case llm.EventReasoning:
		return s.reasoningDelta(dst, "text", e.Text)
	case llm.EventSignature:
		marked := s.mark + e.Text
		s.mark = ""
		return s.reasoningDelta(dst, "signature", marked)
	case llm.EventArguments:
		return s.arguments(dst, e.Text)
	case llm.EventCitation:
		return s.citation(dst, e.Citation)
	case llm.EventPartStop:
		return s.stopPart(dst)
	case llm.EventFinish:
		return s.finish(dst, e)
	case llm.EventUsage:
		s.usage, s.native = e.Usage, e.Native
	case llm.EventNative:
		return s.foreignEvent(dst, e.Native)
	case llm.EventDone:
		return s.end(dst)
	}
	return dst
}

// Flush writes what is owed at a proper end.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) { return s.end(s.start(dst)), nil }

// Error ends the stream with an exception.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.ended {
		return dst
	}
	s.ended = true
	return frame.AppendException(dst, streamException(e), errorBody(e))
}

// Ping keeps the connection alive. The protocol has nothing for that, but
// every SDK skips events that it does not know. It announces no message: a
// stream may be pinged before it is known whether another one's frames, which
// announce theirs, will be forwarded in it.
func (s *streamEncoder) Ping(dst []byte) []byte {
	if s.ended {
		return dst
	}
	return frame.AppendEvent(dst, "ping", []byte("{}"))
}

func (s *streamEncoder) start(dst []byte) []byte {
	if s.started || s.ended {
		return dst
	}
	s.started = true
	return frame.AppendEvent(dst, "messageStart", []byte(`{"role":"assistant"}`))
}

func (s *streamEncoder) startPart(dst []byte, e *llm.Event) []byte {
	s.kind, s.begun, s.said, s.free = e.PartKind, false, false, e.Custom
	s.mark = dialect.OriginMark(e.Native.Dialect)
	switch e.PartKind {
	case llm.ToolCallPart:
		u := json.Object{json.Named("toolUseId", json.Quote(e.ID)), json.Named("name", json.Quote(e.Name))}
		u = append(u, json.ObjectOf(e.Native.For(llm.Converse))...)
		dst = s.startFrame(dst, json.Object{json.Named("toolUse", u.Value())})
		if s.free {
			dst = s.inputDelta(dst, `{"input":"`)
		}
	case llm.RedactedPart:
		return s.reasoningDelta(dst, "redactedContent", markRedacted(e.Text, e.Native.Dialect))
	case llm.ForeignPart:
		return s.foreignPart(dst, e.Native)
	}
	return dst
}

func (s *streamEncoder) startFrame(dst []byte, start json.Object) []byte {
	s.begun = true
	return s.blockFrame(dst, "contentBlockStart", `,"start":`, start.Value(), "")
}

func (s *streamEncoder) deltaFrame(dst []byte, delta json.Object) []byte {
	s.begun = true
	return s.blockFrame(dst, "contentBlockDelta", `,"delta":`, delta.Value(), "")
}

// say writes a delta whose only value is a text.
func (s *streamEncoder) say(dst []byte, before, text, after string) []byte {
	if text == "" {
		return dst
	}
	s.begun = true
	s.quoted = json.AppendQuote(s.quoted[:0], text)
	return s.blockFrame(dst, "contentBlockDelta", before, s.quoted, after)
}

// blockFrame writes an event about the open block.
func (s *streamEncoder) blockFrame(dst []byte, name, before string, v json.Value, after string) []byte {
	b := strconv.AppendInt(append(s.buf[:0], `{"contentBlockIndex":`...), int64(s.index), 10)
	s.buf = append(append(append(append(b, before...), v...), after...), '}')
	return frame.AppendEvent(dst, name, s.buf)
}

func (s *streamEncoder) textDelta(dst []byte, text string) []byte {
	return s.say(dst, `,"delta":{"text":`, text, "}")
}

func (s *streamEncoder) reasoningDelta(dst []byte, name, text string) []byte {
	return s.say(dst, `,"delta":{"reasoningContent":{"`+name+`":`, text, "}}")
}

func (s *streamEncoder) inputDelta(dst []byte, piece string) []byte {
	s.said = true
	return s.say(dst, `,"delta":{"toolUse":{"input":`, piece, "}}")
}

// arguments writes a piece of the input. The text of a freeform tool becomes
// the only member of an object.
func (s *streamEncoder) arguments(dst []byte, piece string) []byte {
	if piece == "" {
		return dst
	}
	if s.free {
		quoted := json.Quote(piece)
		piece = string(quoted[1 : len(quoted)-1])
	}
	return s.inputDelta(dst, piece)
}

func (s *streamEncoder) citation(dst []byte, c *llm.Citation) []byte {
	if c == nil {
		return dst
	}
	w := encodeCitation(c)
	return s.deltaFrame(dst, json.Object{json.Named("citation", json.ValueOf(&w))})
}

// foreignPart writes a block of this dialect's own, whole. A block of another
// dialect's has no form here and leaves no gap.
func (s *streamEncoder) foreignPart(dst []byte, n llm.Native) []byte {
	for _, m := range json.ObjectOf(n.For(llm.Converse)) {
		start := json.ObjectOf(m.Value)
		var delta json.Value
		switch m.Name {
		case "toolUse":
			delta = json.Object{json.Named("input", json.Quote(string(orEmpty(start.Remove("input")))))}.Value()
		case "toolResult":
			delta = start.Remove("content")
		case "image":
			delta = json.Object{json.Named("source", start.Remove("source"))}.Value()
		default:
			continue
		}
		dst = s.startFrame(dst, json.Object{json.Named(m.Name, orEmpty(start.Value()))})
		if len(delta) > 0 {
			dst = s.deltaFrame(dst, json.Object{json.Named(m.Name, delta)})
		}
	}
	return dst
}

func (s *streamEncoder) stopPart(dst []byte) []byte {
	switch {
	case s.free:
		dst = s.inputDelta(dst, `"}`)
	case s.kind == llm.ToolCallPart && !s.said:
		dst = s.inputDelta(dst, "{}")
	}
	if !s.begun {
		return dst
	}
	dst = s.blockFrame(dst, "contentBlockStop", "", nil, "")
	s.index++
	s.begun, s.free, s.kind = false, false, 0
	return dst
}

func (s *streamEncoder) finish(dst []byte, e *llm.Event) []byte {
	s.stopped = true
	stop := json.Object{json.Named("stopReason", json.Quote(stopReasonOf(e.Finish)))}
	stop.Add("additionalModelResponseFields", encodeEnd(e.Native, e.Text))
	return frame.AppendEvent(dst, "messageStop", stop.Value())
}

func (s *streamEncoder) foreignEvent(dst []byte, n llm.Native) []byte {
	for _, m := range json.ObjectOf(n.For(llm.Converse)) {
		dst = frame.AppendEvent(dst, m.Name, m.Value)
	}
	return dst
}

// end writes the metadata, which come last. Without a stop reason there is no
// proper end.
func (s *streamEncoder) end(dst []byte) []byte {
	if s.ended || !s.stopped {
		return dst
	}
	s.ended = true
	m := json.Object{json.Named("usage", json.ValueOf(encodeUsage(cmp.Or(s.usage, s.estimate))))}
	for _, x := range json.ObjectOf(s.native.For(llm.Converse)) {
		m.Add(x.Name, x.Value)
	}
	m.Add("metrics", noMetrics)
	m.Add("serviceTier", tierOf(s.usage))
	return frame.AppendEvent(dst, "metadata", m.Value())
}
