// Package frame cuts a byte stream into frames and writes frames: server-sent
// events and the AWS event stream. Framing is not dialect: nothing here knows
// what the frames say.
package frame

import (
	"io"
	"iter"
)

// A Frame is one message of a stream.
type Frame struct {
	Event     string // SSE "event:", AWS ":event-type" or ":exception-type"
	Exception bool   // an AWS exception or error frame
	Data      []byte // the payload; valid until the next frame is read. Empty: a comment or keep-alive
	Raw       []byte // exactly what was received, terminator included; same lifetime
}

// Seq is a stream of frames. It is pulled: leaving the loop stops everything
// behind it. An error is the last thing it yields.
type Seq = iter.Seq2[Frame, error]

// Clone returns a frame that stays valid.
func (f Frame) Clone() Frame {
	f.Data = append([]byte(nil), f.Data...)
	f.Raw = append([]byte(nil), f.Raw...)
	return f
}

// DefaultMax is the largest frame accepted when nothing else is said: a whole
// image or file can arrive in one event.
const DefaultMax = 64 << 20

// A Format is a way of cutting a byte stream into frames.
type Format uint8

// Formats. The zero value is server-sent events, which most providers use.
const (
	SSEFormat Format = iota
	EventStreamFormat
)

// Read cuts r into frames of at most max bytes; 0 means [DefaultMax].
func (f Format) Read(r io.Reader, max int) Seq {
	if f == EventStreamFormat {
		return EventStream(r, max)
	}
	return SSE(r, max)
}

// ContentType is the media type of the format.
func (f Format) ContentType() string {
	if f == EventStreamFormat {
		return "application/vnd.amazon.eventstream"
	}
	return "text/event-stream"
}
