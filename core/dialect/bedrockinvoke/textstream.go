package bedrockinvoke

import (
	"strconv"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeStream reads the pieces of a text.
func (x *textExchange) DecodeStream() core.StreamDecoder { return &textDecoder{c: x.textCodec} }

type textDecoder struct {
	c        textCodec
	begun    bool
	finished bool
}

// Decode reads one piece.
func (d *textDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	piece := json.Value(f.Data)
	if d.c.f.list != "" {
		if first := json.Lookup(piece, d.c.f.list, "0"); first != nil {
			piece = first
		}
	}
	if !d.begun {
		d.begun = true
		dst = append(dst, llm.Event{Kind: llm.EventStart}, llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart})
	}
	if text := json.Unquote(d.c.at(piece, d.c.f.text)); text != "" && !d.finished {
		dst = append(dst, llm.Event{Kind: llm.EventText, Text: text})
	}
	if d.finished || d.c.at(piece, d.c.f.reason).Kind() != '"' {
		return dst, nil
	}
	d.finished = true
	return append(dst, llm.Event{Kind: llm.EventPartStop}, llm.Event{Kind: llm.EventFinish, Finish: d.c.finish(piece)}), nil
}

// Flush ends the stream. One that has not said why it stopped was cut.
func (d *textDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if !d.finished {
		return dst, dialect.Truncated("")
	}
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}

// EncodeStream writes the pieces of a text, each as an event of its own, for
// the envelope to put into chunks.
func (c textCodec) EncodeStream(dialect.Options) dialect.StreamEncoder { return &textEncoder{c: c} }

type textEncoder struct{ c textCodec }

// Encode writes a piece, or why the text has ended.
func (s *textEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	switch {
	case e.Choice != 0:
		return dst, nil
	case e.Kind == llm.EventText, e.Kind == llm.EventRefusal:
		return s.piece(dst, e.Text, json.Value("null")), nil
	case e.Kind == llm.EventFinish:
		return s.piece(dst, "", json.Quote(s.c.f.endOf(e.Finish))), nil
	}
	return dst, nil
}

func (s *textEncoder) piece(dst []byte, text string, reason json.Value) []byte {
	piece := s.c.answer(text, reason, nil)
	if s.c.f.last != "" {
		piece = json.Join(piece, json.Named(s.c.f.last, json.Value(strconv.FormatBool(reason.Kind() == '"'))))
	}
	if s.c.f.streamed {
		piece = json.Join(nil, json.Named(s.c.f.list, array([]json.Value{piece})))
	}
	return frame.AppendSSE(dst, "", piece)
}

// Flush writes nothing: the envelope ends the stream.
func (s *textEncoder) Flush(dst []byte) ([]byte, error) { return dst, nil }

// Error writes nothing: the envelope tells errors.
func (s *textEncoder) Error(dst []byte, _ *llm.Error) []byte { return dst }

// Ping writes nothing.
func (s *textEncoder) Ping(dst []byte) []byte { return dst }

// ContentType is that of what the envelope opens.
func (*textEncoder) ContentType() string { return frame.SSEFormat.ContentType() }
