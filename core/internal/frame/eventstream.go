package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// preludeLen is the length of what stands before the headers: total length,
// length of the headers, checksum of both.
const preludeLen = 12

// EventStream reads the AWS event stream, checksums included. A stream cut
// inside a message ends with io.ErrUnexpectedEOF. A message longer than max
// bytes ends it with [ErrTooLong]; max 0 means [DefaultMax].
//
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
func EventStream(r io.Reader, max int) Seq {
	if max <= 0 {
		max = DefaultMax
	}
	return func(yield func(Frame, error) bool) {
		s := eventStream{r: r, max: max}
		for {
			f, err := s.next()
			if err == io.EOF {
				return
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

type eventStream struct {
	r       io.Reader
	max     int
	buf     []byte
	payload []byte
	dec     *eventstream.Decoder
}

func (s *eventStream) next() (Frame, error) {
	s.buf = append(s.buf[:0], make([]byte, preludeLen)...)
	if _, err := io.ReadFull(s.r, s.buf); err != nil {
		return Frame{}, err
	}
	total := int(binary.BigEndian.Uint32(s.buf))
	if total > s.max {
		return Frame{}, ErrTooLong{s.max}
	}
	if total < preludeLen+4 {
		return Frame{}, errors.New("event stream: message too short")
	}
	s.buf = append(s.buf, make([]byte, total-preludeLen)...)
	if _, err := io.ReadFull(s.r, s.buf[preludeLen:]); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	if s.dec == nil {
		s.dec = eventstream.NewDecoder()
	}
	m, err := s.dec.Decode(bytes.NewReader(s.buf), s.payload[:0])
	if err != nil {
		return Frame{}, fmt.Errorf("event stream: %w", err)
	}
	s.payload = m.Payload
	return message(m, s.buf)
}

func message(m eventstream.Message, raw []byte) (Frame, error) {
	f := Frame{Data: m.Payload, Raw: raw}
	name := ":event-type"
	switch header(m, ":message-type") {
	case "exception":
		f.Exception, name = true, ":exception-type"
	case "error": // an error that the service has not modelled: code and text are headers
		f.Exception, f.Event = true, header(m, ":error-code")
		f.Data = fmt.Appendf(nil, `{"message":%q}`, header(m, ":error-message"))
		return f, nil
	}
	f.Event = header(m, name)
	return f, nil
}

func header(m eventstream.Message, name string) string {
	if v := m.Headers.Get(name); v != nil {
		return v.String()
	}
	return ""
}

// AppendEvent appends a message of the AWS event stream that carries JSON.
func AppendEvent(dst []byte, eventType string, payload []byte) []byte {
	return appendMessage(dst, "event", ":event-type", eventType, payload)
}

// AppendException appends an exception message.
func AppendException(dst []byte, exceptionType string, payload []byte) []byte {
	return appendMessage(dst, "exception", ":exception-type", exceptionType, payload)
}

func appendMessage(dst []byte, kind, typeHeader, typ string, payload []byte) []byte {
	m := eventstream.Message{Payload: payload}
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(typeHeader, eventstream.StringValue(typ))
	m.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	buf := bytes.NewBuffer(dst)
	if err := eventstream.NewEncoder().Encode(buf, m); err != nil {
		panic(err) // only header names over 255 bytes or payloads over 16 MB fail
	}
	return buf.Bytes()
}
