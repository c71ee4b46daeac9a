package openaichat

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the chunks of a stream for a client.
func (Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder {
	return &streamEncoder{o: o}
}

// streamEncoder has one id, time and model for all chunks, and ends once.
type streamEncoder struct {
	o       dialect.Options
	head    []byte // what every chunk begins with, up to its choices
	chat    bool   // the stream came from chat and has no blocks, so that content says everything
	starts  bool   // blocks are announced before their first delta
	w       writer // of the chunk being written
	choices []*choiceOut
	usage   *llm.Usage
	ended   bool
}

// choiceOut is how far a choice has been written.
type choiceOut struct {
	index    int
	begun    bool // the role has been said
	open     bool // the chunk being written is of this choice
	calls    []callOut
	reasonAs map[int]string // :: reasoning part → member of the delta; none: content blocks
	mark     string         // owed in front of the next signature
	cited    []llm.Citation // of the open text, written when it is whole
	from, at int            // of the open text: characters before it, and until now
}

type callOut struct {
	part   int
	custom bool
	legacy bool
	any    bool // arguments have been written
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
		return dst, nil
	case llm.EventUsage:
		s.usage = e.Usage
		return dst, nil
	case llm.EventDone:
		return s.end(dst), nil
	case llm.EventNative:
		return s.native(dst, s.choice(e.Choice), own(e.Native)), nil
	}
	c := s.choice(e.Choice)
	if s.delta(c, &e) {
		dst = s.chunk(dst, c)
	}
	if e.Kind == llm.EventFinish {
		dst = s.finish(dst, c, &e)
	}
	return dst, nil
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

func (s *streamEncoder) start(e *llm.Event) {
	s.chat = e.Native.Dialect == llm.OpenAIChat
	// Anthropic announces its blocks, and clients of the reference see that.
	s.starts = e.Native.Dialect == llm.Anthropic || strings.HasPrefix(e.ID, "msg_")
	w := writer{json.NewWriter("{")}
	w.Str("id", cmp.Or(e.ID, newID()))
	w.Str("object", "chat.completion.chunk")
	w.Int("created", cmp.Or(e.Created, time.Now().Unix()))
	w.Str("model", cmp.Or(e.Model, s.o.Model))
	if s.o.Provider != "" && e.Native.Dialect != llm.Cohere { // whose chunks name none in the reference
		w.Str("provider", s.o.Provider)
		w.Rest(own(e.Native), "provider")
	} else {
		w.Rest(own(e.Native))
	}
	s.head = w.B
}

func (s *streamEncoder) choice(index int) *choiceOut {
	for _, c := range s.choices {
		if c.index == index {
			return c
		}
	}
	c := &choiceOut{index: index}
	s.choices = append(s.choices, c)
	return c
}

// begin starts a chunk with one choice, unless it has begun. The first delta
// of a choice, and no other, has the role.
func (s *streamEncoder) begin(c *choiceOut) {
	if c.open {
		return
	}
	if s.head == nil {
		s.start(&llm.Event{})
	}
	c.open = true
	s.w.B = append(s.w.B[:0], s.head...)
	s.w.Open("choices", '[')
	s.w.Open("", '{')
	s.w.Int("index", int64(c.index))
	s.w.Open("delta", '{')
	if !c.begun {
		c.begun = true
		s.w.Str("role", "assistant")
	}
}

// chunk writes the chunk that has begun.
func (s *streamEncoder) chunk(dst []byte, c *choiceOut) []byte {
	s.w.Close('}')
	s.w.Nullable("finish_reason", "")
	return s.send(dst, c)
}

func (s *streamEncoder) send(dst []byte, c *choiceOut) []byte {
	c.open = false
	s.w.B = append(s.w.B, "}]}"...)
	return frame.AppendSSE(dst, "", s.w.B)
}

func (s *streamEncoder) finish(dst []byte, c *choiceOut, e *llm.Event) []byte {
	s.begin(c)
	s.w.Close('}')
	if e.Logprobs != nil {
		s.w.logprobs(e.Logprobs)
	}
	if !s.o.Strict {
		s.w.besideGemini(e.Native, s.o.Provider)
	}
	s.w.Str("finish_reason", openaiwire.FinishWord(e.Finish, s.o.Strict))
	return s.send(dst, c)
}

// end writes the usage, if the client asked for it, and [DONE].
func (s *streamEncoder) end(dst []byte) []byte {
	s.ended = true
	if s.o.IncludeUsage && s.usage != nil {
		if s.head == nil {
			s.start(&llm.Event{})
		}
		s.w.B = append(s.w.B[:0], s.head...)
		s.w.Raw("choices", json.Value("[]"))
		openaiwire.WriteUsage(&s.w.Writer, llm.OpenAIChat, s.usage)
		s.w.Close('}')
		dst = frame.AppendSSE(dst, "", s.w.B)
	}
	return append(dst, "data: [DONE]\n\n"...)
}

// blocks reports whether the client gets content blocks beside the content.
func (s *streamEncoder) blocks() bool { return !s.o.Strict && !s.chat }

// call finds a tool call by its part.
func (c *choiceOut) call(part int) (int, *callOut) {
	i := slices.IndexFunc(c.calls, func(o callOut) bool { return o.part == part })
	if i < 0 {
		return 0, nil
	}
	return i, &c.calls[i]
}
