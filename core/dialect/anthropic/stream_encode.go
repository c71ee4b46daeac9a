package anthropic

import (
	"cmp"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream returns an encoder that speaks as the first party does: one
// message_start, blocks one after the other with indexes from 0, then
// message_delta and message_stop.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder { return &streamEncoder{o: o} }

type streamEncoder struct {
	o       dialect.Options
	seq     dialect.Sequence
	events  []llm.Event // scratch
	started bool
	over    bool // nothing more may be written
	block   outBlock
	next    int       // index of the next block
	finish  llm.Event // held back: arguments and usage may come after it
	usage   *llm.Usage
	native  json.Value // members of message_delta
}

// outBlock is the block that is being written.
type outBlock struct {
	open      bool
	kind      llm.PartKind
	custom    bool
	input     bool // some of the arguments have been written
	origin    llm.Dialect
	signature []byte
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return frame.SSEFormat.ContentType() }

// Encode appends what e causes. Only the first choice is told.
func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.over || e.Choice != 0 {
		return dst, nil
	}
	switch e.Kind {
	case llm.EventStart:
		return s.start(dst, &e), nil
	case llm.EventUsage:
		s.usage = e.Usage
		return dst, nil
	case llm.EventFinish:
		s.finish = e
		return dst, nil
	}
	s.events = s.seq.Push(s.events[:0], e)
	for i := range s.events {
		dst = s.event(dst, &s.events[i])
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

// Error appends the error event, which ends the stream.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.over {
		return dst
	}
	s.over = true
	return frame.AppendSSE(dst, "error", marshal(errorBody{
		Type:      "error",
		Error:     errorInner{Type: typeOf(e), Message: messageOf(e)},
		RequestID: s.o.RequestID,
	}))
}

// Ping appends a ping event, or a comment as long as the message has not
// begun: clients expect message_start before anything else.
func (s *streamEncoder) Ping(dst []byte) []byte {
	switch {
	case s.over:
		return dst
	case !s.started:
		return frame.AppendComment(dst, "ping")
	}
	return append(dst, ping...)
}

const ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n"

type messageStart struct {
	Type    string `json:"type"`
	Message answer `json:"message"`
}

func (s *streamEncoder) start(dst []byte, e *llm.Event) []byte {
	if s.started {
		return dst
	}
	s.started = true
	s.usage = usageOr(e.Usage, s.o.Estimate)
	w := envelope(e.ID, cmp.Or(e.Model, s.o.Model), s.usage)
	w.Rest = e.Native.For(llm.Anthropic)
	dst = frame.AppendSSE(dst, "message_start", marshal(messageStart{"message_start", w}))
	return append(dst, ping...)
}

// event writes one event of the sequence.
func (s *streamEncoder) event(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventPartStart:
		if !s.started {
			dst = s.start(dst, &llm.Event{})
		}
		return s.open(dst, e)
	case llm.EventNative:
		return s.foreignDelta(dst, e)
	case llm.EventPartStop:
		return s.close(dst)
	}
	if !s.block.open {
		return dst
	}
	switch e.Kind {
	case llm.EventText, llm.EventRefusal:
		return s.delta(dst, `"text_delta","text":`, e.Text)
	case llm.EventReasoning:
		return s.delta(dst, `"thinking_delta","thinking":`, e.Text)
	case llm.EventArguments:
		return s.arguments(dst, e.Text)
	case llm.EventSignature:
		s.block.signature = append(s.block.signature, e.Text...)
	case llm.EventCitation:
		return s.citation(dst, e.Citation)
	}
	return dst
}

// head writes an event up to its index.
func (s *streamEncoder) head(dst []byte, name string) []byte {
	dst = append(append(append(dst, "event: "...), name...), "\ndata: {\"type\":\""...)
	dst = append(append(dst, name...), `","index":`...)
	return strconv.AppendInt(dst, int64(s.next), 10)
}

// delta writes a delta that is one text. Its form is written by hand because
// there is one for every token.
func (s *streamEncoder) delta(dst []byte, form, text string) []byte {
	dst = append(s.head(dst, "content_block_delta"), `,"delta":{"type":`...)
	dst = json.AppendQuote(append(dst, form...), text)
	return append(dst, "}}\n\n"...)
}

// object writes an event whose member is an object.
func (s *streamEncoder) object(dst []byte, event, member string, v json.Value) []byte {
	dst = append(append(append(s.head(dst, event), `,"`...), member...), `":`...)
	return append(append(dst, v...), "}\n\n"...)
}

type messageDelta struct {
	Type  string     `json:"type"`
	Delta endDelta   `json:"delta"`
	Usage json.Value `json:"usage"`
	Rest  json.Value `json:",embed"`
}

type endDelta struct {
	StopReason   json.Value `json:"stop_reason"`
	StopSequence json.Value `json:"stop_sequence"`
	Rest         json.Value `json:",embed"`
}

func (s *streamEncoder) end(dst []byte) ([]byte, error) {
	if s.finish.Finish.Reason == "" {
		return dst, llm.Errorf(llm.Truncated, "the answer ended without a finish reason")
	}
	if !s.started {
		dst = s.start(dst, &llm.Event{})
	}
	beside, rest := split(s.finish.Native.For(llm.Anthropic), besideDelta...)
	s.native = mergeObjects(s.native, beside)
	d := endDelta{Rest: rest}
	d.StopReason, d.StopSequence = stopMembers(s.finish.Finish, s.finish.Text)
	s.over = true
	dst = frame.AppendSSE(dst, "message_delta", marshal(messageDelta{"message_delta", d, writeUsage(usageOr(s.usage, s.o.Estimate)), s.native}))
	return append(dst, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...), nil
}
