package bedrockinvoke

import (
	"bytes"
	"encoding/base64"

	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeStream writes the family's events in chunks.
func (e envelope) EncodeStream(o dialect.Options) dialect.StreamEncoder {
	o.IncludeUsage = true
	return &streamEncoder{family: e, inner: e.codec.EncodeStream(o), aws: bedrock.Codec{}.EncodeStream(o), estimate: o.Estimate}
}

// A streamEncoder wraps what the family's own encoder writes. From the end of
// the answer on chunks are held, because only the last one bears the metrics.
type streamEncoder struct {
	family   envelope
	inner    dialect.StreamEncoder
	aws      dialect.StreamEncoder // writes what is no chunk
	estimate *llm.Usage
	usage    *llm.Usage
	buf      []byte
	ending   bool
	held     [][]byte
}

// ContentType is that of AWS event streams.
func (*streamEncoder) ContentType() string { return frame.EventStreamFormat.ContentType() }

// Encode writes the chunks that e causes, if any.
func (s *streamEncoder) Encode(dst []byte, e llm.Event) ([]byte, error) {
	switch e.Kind {
	case llm.EventUsage:
		s.usage = e.Usage
	case llm.EventFinish:
		s.ending = true
	}
	var err error
	if s.buf, err = s.inner.Encode(s.buf[:0], e); err != nil {
		return dst, err
	}
	dst = s.wrap(dst, s.buf)
	if e.Kind == llm.EventDone {
		dst = s.end(dst)
	}
	return dst, nil
}

// Flush writes what is owed at a proper end.
func (s *streamEncoder) Flush(dst []byte) ([]byte, error) {
	var err error
	if s.buf, err = s.inner.Flush(s.buf[:0]); err != nil {
		return dst, err
	}
	return s.end(s.wrap(dst, s.buf)), nil
}

// Error ends the stream with an exception. What was held is not said: the
// answer has no proper end.
func (s *streamEncoder) Error(dst []byte, e *llm.Error) []byte {
	s.held = nil
	return s.aws.Error(dst, e)
}

// Ping keeps the connection alive.
func (s *streamEncoder) Ping(dst []byte) []byte { return s.aws.Ping(dst) }

// wrap makes chunks of the frames in b.
func (s *streamEncoder) wrap(dst, b []byte) []byte {
	read := frame.SSE
	if s.family.named {
		read = frame.EventStream
	}
	for f, err := range read(bytes.NewReader(b), 0) {
		if err != nil || json.Value(f.Data).Kind() != '{' { // an end mark, or a comment
			continue
		}
		payload := f.Data
		if s.family.named {
			payload = json.Join(nil, json.Named(f.Event, f.Data))
		}
		if s.ending {
			s.held = append(s.held, bytes.Clone(payload))
			continue
		}
		dst = appendChunk(dst, payload)
	}
	return dst
}

// end lets go of what was held.
func (s *streamEncoder) end(dst []byte) []byte {
	for i, payload := range s.held {
		if i == len(s.held)-1 {
			payload = s.measured(payload)
		}
		dst = appendChunk(dst, payload)
	}
	s.held = nil
	return dst
}

// measured adds the metrics. Times are nothing that a pure codec knows.
func (s *streamEncoder) measured(payload []byte) []byte {
	u := s.usage
	if u == nil {
		u = s.estimate
	}
	if u == nil {
		return payload
	}
	m, err := json.Marshal(metrics{Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite + u.CacheWrite1h})
	if err != nil {
		return payload
	}
	with, err := json.Splice(payload, json.Edit{Name: metricsName, Value: m})
	if err != nil {
		return payload
	}
	return with
}

func appendChunk(dst, payload []byte) []byte {
	body := append([]byte(`{"bytes":"`), base64.StdEncoding.EncodeToString(payload)...)
	return frame.AppendEvent(dst, "chunk", append(body, `"}`...))
}
