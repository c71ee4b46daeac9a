package frame

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"sluice/core/internal/json"
)

// Sizes in a message of the event stream, in bytes.
const (
	preludeLen = 12 // total length, length of the headers, checksum of both
	crcLen     = 4  // at the end, of all that stands before
)

// Faults of an event stream.
var (
	errChecksum = errors.New("event stream: checksum mismatch")
	errLength   = errors.New("event stream: lengths that contradict each other")
	errHeaders  = errors.New("event stream: malformed headers")
)

// EventStream reads the AWS event stream, checksums included. A stream cut
// inside a message ends with io.ErrUnexpectedEOF. A message longer than max
// bytes ends it with [ErrTooLong], before room is made for it; max 0 means
// [DefaultMax].
//
// It is written by hand because the SDK's decoder makes some forty
// allocations for a message and has no limits. The tests hold it against the
// SDK's.
//
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
func EventStream(r io.Reader, max int) Seq {
	return func(yield func(Frame, error) bool) {
		s := eventStream{r: r, max: limit(max)}
		pull(s.next, yield)
	}
}

type eventStream struct {
	r     io.Reader
	max   int
	buf   []byte
	names names
}

func (s *eventStream) next() (Frame, error) {
	s.buf = slices.Grow(s.buf[:0], preludeLen)[:preludeLen]
	if _, err := io.ReadFull(s.r, s.buf); err != nil {
		return Frame{}, err
	}
	total, headers := binary.BigEndian.Uint32(s.buf), binary.BigEndian.Uint32(s.buf[4:])
	switch {
	case crc32.ChecksumIEEE(s.buf[:8]) != binary.BigEndian.Uint32(s.buf[8:]):
		return Frame{}, errChecksum // garbage, an error page for instance
	case uint64(headers)+preludeLen+crcLen > uint64(total):
		return Frame{}, errLength
	case uint64(total) > uint64(s.max):
		return Frame{}, ErrTooLong{s.max}
	}
	if err := s.read(int(total)); err != nil {
		return Frame{}, err
	}
	body, sum := s.buf[:total-crcLen], s.buf[total-crcLen:]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(sum) {
		return Frame{}, errChecksum
	}
	payload := preludeLen + headers
	return s.frame(body[preludeLen:payload], body[payload:len(body):len(body)])
}

// read completes the message. Room grows with what has arrived: a length
// field is cheap to write.
func (s *eventStream) read(total int) error {
	const step = 64 << 10
	for len(s.buf) < total {
		at := len(s.buf)
		n := min(total-at, max(at, step))
		s.buf = slices.Grow(s.buf, n)[:at+n]
		if _, err := io.ReadFull(s.r, s.buf[at:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

func (s *eventStream) frame(headers, payload []byte) (Frame, error) {
	var kind, event, exception, code, message []byte
	for len(headers) > 0 {
		name, value, rest, ok := cutHeader(headers)
		if !ok {
			return Frame{}, errHeaders
		}
		headers = rest
		switch string(name) {
		case ":message-type":
			kind = value
		case ":event-type":
			event = value
		case ":exception-type":
			exception = value
		case ":error-code":
			code = value
		case ":error-message":
			message = value
		}
	}
	f := Frame{Data: payload, Raw: slices.Clip(s.buf)}
	switch string(kind) {
	case "exception":
		f.Exception, f.Event = true, s.names.get(exception)
	case "error": // one that the service has not modelled: code and text are headers
		f.Exception, f.Event = true, s.names.get(code)
		f.Data = append(json.AppendQuote([]byte(`{"message":`), string(message)), '}')
	default:
		f.Event = s.names.get(event)
	}
	return f, nil
}

const typeString = 7

// widths are the sizes of header values by their type. Of bytes and text the
// size is written in front.
var widths = [...]int{
	0, 0, // true, false
	1, 2, 4, 8, // byte, short, integer, long
	written, written, // bytes, text
	8, 16, // timestamp, UUID
}

const written = -1

// cutHeader takes the first header off. The value is nil unless it is text:
// nothing that a frame says is in a header of another type.
func cutHeader(b []byte) (name, value, rest []byte, ok bool) {
	name, b, ok = cut(b[1:], int(b[0]))
	if !ok || len(b) == 0 || int(b[0]) >= len(widths) {
		return nil, nil, nil, false
	}
	typ, b := b[0], b[1:]
	width := widths[typ]
	if width == written {
		if len(b) < 2 {
			return nil, nil, nil, false
		}
		width, b = int(binary.BigEndian.Uint16(b)), b[2:]
	}
	value, rest, ok = cut(b, width)
	if typ != typeString {
		value = nil
	}
	return name, value, rest, ok
}

func cut(b []byte, n int) (head, tail []byte, ok bool) {
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
