package gemini

import (
	"cmp"
	"slices"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the chunks of streamGenerateContent for a client.
func (c Codec) EncodeStream(o dialect.Options) dialect.StreamEncoder {
	if c.Array {
		return &arrayEncoder{streamEncoder{o: o, array: true}}
	}
	return &streamEncoder{o: o}
}

type streamEncoder struct {
	o     dialect.Options
	array bool

	tail    []byte      // what every chunk ends with
	top     json.Object // members of the answer that are told with the next chunk
	begun   bool        // a chunk is written
	ended   bool        // nothing may follow
	parts   []*partOut
	finish  []candidate // held until the usage is known
	usage   *llm.Usage
	blocked bool              // there is no candidate
	sources map[int]*llm.Text // :: choice → what its texts cite

	buf, chunkBuf []byte // kept for their memory
}

// A partOut is a part that is open.
type partOut struct {
	choice, part int
	start        llm.Event
	text         []byte // of a part that is written whole
	signature    []byte
}

// whole reports whether a part is written only when it is complete: the
// arguments of a call are an object, and a signature is about all of a text.
func (p *partOut) whole() bool {
	return p.start.PartKind == llm.ToolCallPart || p.start.PartKind == llm.TextPart && p.start.Native.For(llm.Gemini) != nil
}

// ContentType is that of server-sent events or of JSON.
func (s *streamEncoder) ContentType() string {
	if s.array {
		return "application/json"
	}
	return frame.SSEFormat.ContentType()
}

// Encode writes the chunks that e causes, if any.
func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	if s.ended {
		return dst, nil
	}
	switch e.Kind {
	case llm.EventStart:
		s.start(&e)
	case llm.EventPartStart:
		return s.startPart(dst, &e), nil
	case llm.EventText, llm.EventRefusal, llm.EventReasoning, llm.EventArguments, llm.EventSignature:
		return s.delta(dst, &e), nil
	case llm.EventCitation:
		if e.Citation != nil {
			s.cited(e.Choice).Citations = append(s.cited(e.Choice).Citations, *e.Citation)
		}
	case llm.EventPartStop:
		return s.stopPart(dst, &e), nil
	case llm.EventFinish:
		return s.stop(dst, &e), nil
	case llm.EventUsage:
		s.usage = e.Usage
	case llm.EventNative:
		s.top = append(s.top, own(e.Native)...)
	case llm.EventDone:
		return s.end(dst), nil
	}
	return dst, nil
}

// Flush writes what is owed at a proper end.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) { return s.end(dst), nil }

// start notes what every chunk says of the answer.
func (s *streamEncoder) start(e *llm.Event) {
	s.top = own(e.Native)
	s.tail = s.tail[:0]
	for _, m := range []json.Member{
		json.Named("modelVersion", json.Quote(cmp.Or(e.Model, s.o.Model))), json.Named("createTime", s.top.Remove("createTime")), json.Named("responseId", json.Quote(e.ID)),
	} {
		if len(m.Value) > 2 {
			s.tail = append(append(json.AppendQuote(append(s.tail, ','), m.Name), ':'), m.Value...)
		}
	}
}

func (s *streamEncoder) find(e *llm.Event) *partOut {
	for _, p := range s.parts {
		if p.choice == e.Choice && p.part == e.Part {
			return p
		}
	}
	return nil
}

func (s *streamEncoder) startPart(dst []byte, e *llm.Event) []byte {
	switch e.PartKind {
	case llm.RedactedPart:
		return s.write(dst, e.Choice, encodeThought(&llm.Reasoning{Redacted: e.Text, Native: llm.Native{Dialect: e.Native.Dialect}}))
	case llm.MediaPart:
		if p, err := encodeMedia(e.Media); err == nil {
			return s.write(dst, e.Choice, *p)
		}
		return dst
	case llm.ForeignPart:
		if v := e.Native.For(llm.Gemini); v != nil {
			return s.write(dst, e.Choice, part{Rest: v})
		}
		return dst
	}
	s.parts = append(s.parts, &partOut{choice: e.Choice, part: e.Part, start: *e})
	return dst
}

func (s *streamEncoder) delta(dst []byte, e *llm.Event) []byte {
	p := s.find(e)
	switch {
	case p == nil || e.Text == "":
	case p.whole():
		p.text = append(p.text, e.Text...)
	case e.Kind == llm.EventSignature:
		p.signature = append(p.signature, e.Text...)
	case e.Kind == llm.EventReasoning:
		return s.say(dst, e.Choice, `,"thought":true`, e.Text)
	default:
		return s.say(dst, e.Choice, "", e.Text)
	}
	return dst
}

func (s *streamEncoder) stopPart(dst []byte, e *llm.Event) []byte {
	p := s.find(e)
	if p == nil {
		return dst
	}
	s.parts = slices.DeleteFunc(s.parts, func(x *partOut) bool { return x == p })
	start := &p.start
	switch {
	case start.PartKind == llm.ToolCallPart:
		call, _ := encodeCall(&llm.ToolCall{ID: start.ID, Name: start.Name, Custom: start.Custom, Arguments: string(p.text), Signature: start.Text, Native: start.Native})
		return s.write(dst, p.choice, call)
	case p.whole():
		return s.write(dst, p.choice, encodeText(&llm.Text{Text: string(p.text), Native: start.Native}))
	case len(p.signature) > 0:
		return s.write(dst, p.choice, encodeThought(&llm.Reasoning{Signature: string(p.signature), Native: llm.Native{Dialect: start.Native.Dialect}}))
	}
	return dst
}

// cited collects the citations of a choice, which are told at its end.
func (s *streamEncoder) cited(choice int) *llm.Text {
	if s.sources == nil {
		s.sources = map[int]*llm.Text{}
	}
	if s.sources[choice] == nil {
		s.sources[choice] = &llm.Text{}
	}
	return s.sources[choice]
}

// stop notes why a candidate ended. Parts that nobody has closed are whole.
func (s *streamEncoder) stop(dst []byte, e *llm.Event) []byte {
	for _, p := range slices.Clone(s.parts) {
		if p.choice == e.Choice {
			dst = s.stopPart(dst, &llm.Event{Choice: p.choice, Part: p.part})
		}
	}
	native := own(e.Native)
	if native.Has(blockedMark) {
		s.blocked = true
		return dst
	}
	native.Add("groundingMetadata", groundingOf([]llm.Part{s.cited(e.Choice)}))
	native.Add("logprobsResult", logprobsResult(e.Logprobs))
	s.finish = append(s.finish, candidate{
		Content: &content{Role: "model", Parts: list[part]{{Text: new(string)}}},
		Finish:  finishWord(e.Finish, e.Native.Dialect == llm.Gemini), Index: e.Choice, Rest: native.Value(),
	})
	return dst
}

// say writes a chunk whose only part is a text.
func (s *streamEncoder) say(dst []byte, choice int, thought, text string) []byte {
	b := append(s.buf[:0], `{"text":`...)
	b = append(json.AppendQuote(b, text), thought...)
	s.buf = append(b, '}')
	return s.partChunk(dst, choice, s.buf)
}

func (s *streamEncoder) write(dst []byte, choice int, p part) []byte {
	return s.partChunk(dst, choice, json.ValueOf(&p))
}

func (s *streamEncoder) partChunk(dst []byte, choice int, p json.Value) []byte {
	b := append(s.chunkBuf[:0], `{"candidates":[{"content":{"parts":[`...)
	b = append(append(b, p...), `],"role":"model"},"index":`...)
	b = append(strconv.AppendInt(b, int64(choice), 10), "}]"...)
	return s.chunk(dst, b)
}

// chunk completes and writes a chunk, which has begun and has a member.
func (s *streamEncoder) chunk(dst, b []byte) []byte {
	for _, m := range s.top {
		b = append(json.AppendQuote(append(b, ','), m.Name), ':')
		b = append(b, m.Value...)
	}
	s.top = nil
	s.chunkBuf = append(append(b, s.tail...), '}')
	return s.send(dst, s.chunkBuf)
}

func (s *streamEncoder) send(dst, b []byte) []byte {
	if !s.array {
		return frame.AppendSSE(dst, "", b)
	}
	if s.begun {
		dst = append(dst, ",\r\n"...)
	} else {
		dst = append(dst, '[')
	}
	s.begun = true
	return append(dst, b...)
}

// end writes the reasons why the candidates ended, and what was used.
func (s *streamEncoder) end(dst []byte) []byte {
	if s.ended {
		return dst
	}
	b := append(s.chunkBuf[:0], `{"candidates":`...)
	if s.finish == nil {
		b = append(b, '[')
		b = append(b, ']')
	} else {
		b = append(b, json.ValueOf(s.finish)...)
	}
	if u := encodeUsage(s.usage); u != nil {
		b = append(append(b, `,"usageMetadata":`...), u...)
	}
	dst = s.chunk(dst, b)
	s.ended = true
	if s.array {
		dst = append(dst, ']')
	}
	return dst
}

// Error ends the stream. Google's SDKs look for an error outside of any
// event, where its servers write it; everybody else reads events.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	if s.ended {
		return dst
	}
	s.ended = true
	body := json.Value(errorBody(e)).Clone()
	if body.Compact() != nil {
		return dst
	}
	if s.array {
		return append(s.send(dst, body), ']')
	}
	dst = append(append(dst, body...), "\n\n"...)
	return frame.AppendSSE(dst, "", body)
}

// Ping keeps the connection alive. Google's SDKs break off at a comment, so
// that it is a chunk that says nothing; between the elements of an array it
// is white space.
func (s *streamEncoder) Ping(dst []byte) []byte {
	switch {
	case s.ended:
		return dst
	case s.array:
		return append(dst, '\n')
	}
	return frame.AppendSSE(dst, "", []byte("{}"))
}
