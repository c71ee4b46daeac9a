package openairesponses

import (
	"cmp"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the events of a stream for a client: all that the first
// party sends, in its order, since clients build the answer from any of them.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder { return &streamEncoder{o: o} }

// streamEncoder has one item open at a time. An item is ended when the next
// begins, or at the end: only then is it known whether it was cut.
type streamEncoder struct {
	o       dialect.Options
	seq     dialect.Sequence
	scratch []llm.Event
	w       writer // of the event being written
	number  int64  // of the next event
	answer  *answer
	over    bool // nothing more may be written
	item    *outItem
	finish  llm.Event // held back: arguments and usage may come after it
	refused bool
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return frame.SSEFormat.ContentType() }

// Ping writes a comment: an event would need a number, and nobody can say
// which when the provider's own are forwarded.
func (s *streamEncoder) Ping(dst []byte) []byte {
	if s.over {
		return dst
	}
	return frame.AppendComment(dst, "ping")
}

// Encode appends what e causes. Only the first choice is told.
func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.over || e.Choice != 0 {
		return dst, nil
	}
	switch e.Kind {
	case llm.EventStart:
		return s.start(dst, &e), nil
	case llm.EventFinish:
		s.finish = e
		return dst, nil
	}
	dst = s.start(dst, &llm.Event{})
	if e.Kind == llm.EventUsage {
		s.answer.usage = e.Usage
		return dst, nil
	}
	s.scratch = s.seq.Push(s.scratch[:0], e)
	for i := range s.scratch {
		dst = s.event(dst, &s.scratch[i])
	}
	if e.Kind == llm.EventDone {
		return s.end(dst)
	}
	return dst, nil
}

// Flush ends a stream whose last event was not Done. An answer that has no
// finish reason is broken, and none is made up.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) {
	if s.over {
		return dst, nil
	}
	return s.Encode(dst, llm.Event{Kind: llm.EventDone})
}

// Error appends response.failed, which ends the stream.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.over {
		return dst
	}
	dst = s.start(dst, &llm.Event{})
	s.over = true
	failed := *e
	failed.Provider = cmp.Or(e.Provider, s.o.Provider)
	s.answer.failure = &failed
	return s.whole(dst, "response.failed", statusFailed)
}

// begin starts an event, which send ends.
func (s *streamEncoder) begin(typ string) *writer {
	s.w.B = append(append(append(s.w.B[:0], `{"type":"`...), typ...), '"')
	s.w.Int("sequence_number", s.number)
	s.number++
	return &s.w
}

func (s *streamEncoder) send(dst []byte, typ string) []byte {
	s.w.Close('}')
	return frame.AppendSSE(dst, typ, s.w.B)
}

// start begins the answer, once.
func (s *streamEncoder) start(dst []byte, e *llm.Event) []byte {
	if s.answer != nil {
		return dst
	}
	s.answer = newAnswer(e.ID, cmp.Or(e.Model, s.o.Model), e.Created, e.Native, s.o)
	dst = s.whole(dst, "response.created", "in_progress")
	return s.whole(dst, "response.in_progress", "in_progress")
}

// whole writes an event that has the response.
func (s *streamEncoder) whole(dst []byte, typ, status string) []byte {
	s.answer.status = status
	w := s.begin(typ)
	w.Open("response", '{')
	w.answer(s.answer, "")
	w.Close('}')
	return s.send(dst, typ)
}

// end writes the last event.
func (s *streamEncoder) end(dst []byte) ([]byte, error) {
	if s.finish.Finish.Reason == "" {
		return dst, llm.Errorf(llm.Truncated, "the answer ended without a finish reason")
	}
	a := s.answer
	status, reason := ending(s.finish.Finish, s.refused)
	typ := "response.completed"
	if status != statusCompleted {
		typ, status, reason = "response.incomplete", statusIncomplete, cmp.Or(reason, status)
	}
	dst = s.closeItem(dst, status) // a call that was cut must not be run
	s.over = true
	a.reason = reason
	a.native = override(a.native, own(s.finish.Native))
	if a.usage == nil && !a.own {
		a.usage = usageOr(nil, s.o.Estimate)
	}
	return s.whole(dst, typ, status), nil
}

// event writes one event of the sequence.
func (s *streamEncoder) event(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventPartStart:
		return s.open(dst, e)
	case llm.EventPartStop:
		return s.close(dst)
	}
	it := s.item
	if it == nil || !it.open {
		return dst
	}
	switch e.Kind {
	case llm.EventText, llm.EventRefusal, llm.EventReasoning, llm.EventArguments:
		return s.delta(dst, e.Text)
	case llm.EventSignature:
		it.thought.Signature += e.Text
	case llm.EventCitation:
		if e.Citation != nil && it.kind == llm.TextPart {
			return s.cite(dst, *e.Citation)
		}
	}
	return dst
}

// open begins a part: of the open message, or of an item of its own.
func (s *streamEncoder) open(dst []byte, e *llm.Event) []byte {
	n := own(e.Native)
	switch e.PartKind {
	case llm.TextPart, llm.RefusalPart:
		s.refused = s.refused || e.PartKind == llm.RefusalPart
		return s.openContent(dst, e, n)
	case llm.ReasoningPart, llm.RedactedPart:
		return s.openThought(s.closeItem(dst, statusCompleted), e)
	case llm.ToolCallPart:
		return s.openCall(s.closeItem(dst, statusCompleted), e)
	}
	switch {
	case n == nil: // clients cannot read it
		if s.item != nil {
			s.item.open = false
		}
		return dst
	case n.Has(markPart):
		return s.foreignContent(dst, n)
	}
	return s.foreignItem(s.closeItem(dst, statusCompleted), e.Native.Members)
}

// foreignItem writes an item that is known as a whole only.
func (s *streamEncoder) foreignItem(dst []byte, v json.Value) []byte {
	begun := v
	if json.Lookup(v, "status").Kind() == '"' {
		if b, err := json.Splice(v, json.Edit{Name: "status", Value: json.Value(`"in_progress"`)}); err == nil {
			begun = b
		}
	}
	dst = s.itemEvent(dst, "response.output_item.added", begun)
	dst = s.itemEvent(dst, "response.output_item.done", v)
	s.answer.output = append(s.answer.output, v)
	return dst
}

// itemEvent writes an event that has an item.
func (s *streamEncoder) itemEvent(dst []byte, typ string, v json.Value) []byte {
	w := s.begin(typ)
	w.Int("output_index", int64(len(s.answer.output)))
	w.Raw("item", v)
	return s.send(dst, typ)
}
