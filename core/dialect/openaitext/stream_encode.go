package openaitext

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the chunks of a stream for a client.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder { return &streamEncoder{o: o} }

// streamEncoder has one id, time and model for all chunks, and ends once.
type streamEncoder struct {
	o     dialect.Options
	head  []byte // what every chunk begins with, up to its choices
	w     json.Writer
	usage *llm.Usage
	ended bool
}

func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Ping writes a comment.
func (*streamEncoder) Ping(dst []byte) []byte { return frame.AppendComment(dst, "ping") }

func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.ended {
		return dst, nil
	}
	switch e.Kind {
	case llm.EventStart:
		s.start(&e)
	case llm.EventText, llm.EventRefusal:
		return s.chunk(dst, e.Choice, e.Text, nil, own(e.Native)), nil
	case llm.EventFinish:
		return s.chunk(dst, e.Choice, "", &e.Finish, own(e.Native)), nil
	case llm.EventUsage:
		s.usage = e.Usage
	case llm.EventDone:
		return s.end(dst), nil
	}
	return dst, nil
}

func (s *streamEncoder) start(e *llm.Event) {
	w := head(e.ID, e.Model, e.Created, e.Native, s.o)
	s.head = w.B
}

func (s *streamEncoder) begin() {
	if s.head == nil {
		s.start(&llm.Event{})
	}
	s.w.B = append(s.w.B[:0], s.head...)
}

func (s *streamEncoder) chunk(dst []byte, index int, text string, finish *llm.Finish, native json.Object) []byte {
	s.begin()
	s.w.Open("choices", '[')
	writeChoice(&s.w, index, text, finish, native, s.o)
	s.w.Close(']')
	s.w.Close('}')
	return frame.AppendSSE(dst, "", s.w.B)
}

// end writes the usage, if the client asked for it, and [DONE].
func (s *streamEncoder) end(dst []byte) []byte {
	s.ended = true
	if s.o.IncludeUsage && s.usage != nil {
		s.begin()
		s.w.Array("choices", nil)
		openaiwire.WriteUsage(&s.w, llm.OpenAIText, s.usage)
		s.w.Close('}')
		dst = frame.AppendSSE(dst, "", s.w.B)
	}
	return append(dst, "data: [DONE]\n\n"...)
}

// Flush ends the stream if no event did.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) {
	if s.ended {
		return dst, nil
	}
	return s.end(dst), nil
}

// Error writes an error object, and neither a finish reason nor [DONE]: the
// answer is broken, and SDKs raise the error when they see it.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.ended {
		return dst
	}
	s.ended = true
	return openaierror.AppendEvent(dst, e, s.o.Provider)
}
