// Package frame cuts a byte stream into frames and writes frames: server-sent
// events, the AWS event stream and lines of JSON. Framing is not dialect: nothing here knows
// what the frames say.
//
// A frame is handed over as soon as its last byte has been read: no reader
// here waits for bytes that belong to the next one.
package frame

import (
	"bytes"
	"fmt"
	"io"
	"iter"
)

// A Frame is one message of a stream.
type Frame struct {
	Event     string // SSE "event:", AWS ":event-type", ":exception-type" or ":error-code"
	Exception bool   // an AWS exception or error frame

	// Data is the payload. It is empty for a comment or a keep-alive. It may
	// be a part of Raw: nobody changes it in place. Valid until the next
	// frame is read.
	Data []byte

	// Raw is exactly what was received, terminator included. Valid until the
	// next frame is read.
	Raw []byte
}

// Seq is a stream of frames. It is pulled: leaving the loop stops everything
// behind it. An error is the last thing it yields. It can be read once.
type Seq = iter.Seq2[Frame, error]

// Clone returns a frame that stays valid.
func (f Frame) Clone() Frame {
	f.Data, f.Raw = bytes.Clone(f.Data), bytes.Clone(f.Raw)
	return f
}

// DefaultMax is the largest frame accepted when nothing else is said, in
// bytes: a whole image or file can arrive in one event.
const DefaultMax = 64 << 20

func limit(max int) int {
	if max <= 0 {
		return DefaultMax
	}
	return max
}

// ErrTooLong is returned for a frame over the limit.
type ErrTooLong struct{ Max int } // in bytes

func (e ErrTooLong) Error() string {
	return fmt.Sprintf("a stream frame is longer than %d bytes", e.Max)
}

// A Format is a way of cutting a byte stream into frames.
type Format uint8

// Formats. The zero value is server-sent events, which most providers use.
const (
	SSEFormat Format = iota
	EventStreamFormat
	NDJSONFormat
	// PayloadFormat is server-sent events cut anywhere into the payloads of an
	// AWS event stream.
	PayloadFormat
)

// Read cuts r into frames of at most max bytes; 0 means [DefaultMax].
func (f Format) Read(r io.Reader, max int) Seq {
	switch f {
	case EventStreamFormat:
		return EventStream(r, max)
	case NDJSONFormat:
		return NDJSON(r, max)
	case PayloadFormat:
		return SSE(&payloads{from: eventStream{r: r, max: limit(max)}}, max)
	}
	return SSE(r, max)
}

// ContentType is the media type of the format.
func (f Format) ContentType() string {
	switch f {
	case EventStreamFormat:
		return "application/vnd.amazon.eventstream"
	case NDJSONFormat:
		return "application/x-ndjson"
	}
	return "text/event-stream"
}

// pull yields what next returns until it returns an error; io.EOF is the end.
func pull(next func() (Frame, error), yield func(Frame, error) bool) {
	for {
		f, err := next()
		if err == io.EOF {
			return
		}
		if !yield(f, err) || err != nil {
			return
		}
	}
}

// names keeps the event names of a stream, of which there are few, so that a
// frame costs no allocation. Both limits are there for hostile streams.
type names map[string]string

const (
	maxNames   = 64
	maxNameLen = 128
)

func (n *names) get(b []byte) string {
	if s, ok := (*n)[string(b)]; ok || len(b) == 0 {
		return s
	}
	s := string(b)
	if len(*n) < maxNames && len(s) <= maxNameLen {
		if *n == nil {
			*n = names{}
		}
		(*n)[s] = s
	}
	return s
}
