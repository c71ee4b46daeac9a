package frame

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// ErrTooLong is returned for a frame over the limit.
type ErrTooLong struct{ Max int }

func (e ErrTooLong) Error() string {
	return fmt.Sprintf("a stream frame is longer than %d bytes", e.Max)
}

// SSE reads server-sent events as the WHATWG standard has them (any line
// ending, comments, "data:" with and without a space, data in several lines)
// with two liberties: comments are frames without Data, so that they can be
// forwarded, and an event that the end of the stream cuts off before its
// blank line still counts, because several providers end that way.
//
// The Raws of all frames together are the input. A frame longer than max
// bytes ends the stream with [ErrTooLong]; max 0 means [DefaultMax].
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func SSE(r io.Reader, max int) Seq {
	if max <= 0 {
		max = DefaultMax
	}
	return func(yield func(Frame, error) bool) {
		s := sse{r: r, max: max}
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

type sse struct {
	r    io.Reader
	max  int
	buf  []byte
	from int // start of the frame in buf
	at   int // start of the line being looked for
	eof  error

	afterCR bool // the last line ended in CR: an LF that follows belongs to it
	begun   bool // past a byte order mark
	event   string
	data    []byte
	lines   int // data lines in the frame
}

func (s *sse) next() (Frame, error) {
	s.from, s.event, s.lines = s.at, "", 0
	for {
		line, ok, err := s.line()
		if err != nil {
			return Frame{}, err
		}
		if !ok { // the input has ended
			if s.at == s.from {
				return Frame{}, s.eof
			}
			return s.frame(), nil
		}
		if len(line) == 0 {
			return s.frame(), nil
		}
		s.field(line)
	}
}

func (s *sse) frame() Frame {
	f := Frame{Event: s.event, Raw: s.buf[s.from:s.at:s.at]}
	if s.lines > 0 {
		f.Data = s.data
	}
	return f
}

// line returns the next line without its ending. At the end of the input it
// returns what is left, if anything, and then false.
func (s *sse) line() ([]byte, bool, error) {
	search := s.at
	for {
		if s.afterCR && s.at < len(s.buf) {
			if s.buf[s.at] == '\n' {
				s.at++
			}
			s.afterCR = false
			search = s.at
		}
		if i := bytes.IndexAny(s.buf[search:], "\r\n"); i >= 0 {
			end := search + i
			line := s.buf[s.at:end]
			s.afterCR = s.buf[end] == '\r'
			s.at = end + 1
			if s.afterCR && s.at < len(s.buf) && s.buf[s.at] == '\n' {
				s.at, s.afterCR = s.at+1, false
			}
			return s.withoutBOM(line), true, nil
		}
		search = len(s.buf)
		if s.eof != nil {
			if s.eof != io.EOF {
				return nil, false, s.eof
			}
			line := s.buf[s.at:]
			s.at = len(s.buf)
			return s.withoutBOM(line), len(line) > 0, nil
		}
		search -= s.fill()
		if len(s.buf)-s.from > s.max {
			return nil, false, ErrTooLong{s.max}
		}
	}
}

func (s *sse) withoutBOM(line []byte) []byte {
	if s.begun {
		return line
	}
	s.begun = true
	return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
}

// fill reads more, moving the frame to the front of the buffer when there is
// no room. It returns by how much offsets have shrunk.
func (s *sse) fill() (moved int) {
	if len(s.buf) == cap(s.buf) {
		moved = s.from
		rest := s.buf[s.from:]
		if s.from < cap(s.buf)/2 || cap(s.buf) == 0 {
			grown := make([]byte, len(rest), 2*cap(s.buf)+4096)
			copy(grown, rest)
			s.buf = grown
		} else {
			s.buf = s.buf[:copy(s.buf, rest)]
		}
		s.at, s.from = s.at-moved, 0
	}
	n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	s.eof = err
	return moved
}

func (s *sse) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "event":
		s.event = string(value)
	case "data":
		if s.lines == 0 {
			s.data = s.data[:0]
		} else {
			s.data = append(s.data, '\n')
		}
		s.data = append(s.data, value...)
		s.lines++
	}
}

// AppendSSE appends one event. An empty name is left out; data is split at
// line breaks.
func AppendSSE(dst []byte, event string, data []byte) []byte {
	if event != "" {
		dst = append(append(append(dst, "event: "...), event...), '\n')
	}
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		dst = append(append(append(dst, "data: "...), data[:i]...), '\n')
		data = data[i+1:]
	}
	return append(append(append(dst, "data: "...), data...), '\n', '\n')
}

// AppendComment appends a comment, which every client ignores.
func AppendComment(dst []byte, text string) []byte {
	text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	return append(append(append(dst, ": "...), text...), '\n', '\n')
}
