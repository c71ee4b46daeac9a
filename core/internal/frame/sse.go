package frame

import (
	"bytes"
	"io"
)

// SSE reads server-sent events as the WHATWG standard has them (any line
// ending, comments, "data:" with and without a space, data in several lines)
// with two liberties: comments are frames without Data, so that they can be
// forwarded, and an event that the end of the stream cuts off before its
// blank line still counts, because several providers end that way.
//
// The Raws of all frames together are the input. Where a blank line ends in
// CR, the frame is not held back to see whether an LF follows; if one does,
// it is the first byte of the next Raw.
//
// A frame longer than max bytes, each line ending counted as one, ends the
// stream with [ErrTooLong]; max 0 means [DefaultMax]. A read error drops the
// frame that it interrupts.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func SSE(r io.Reader, max int) Seq {
	return func(yield func(Frame, error) bool) {
		s := sse{r: r, max: limit(max)}
		pull(s.next, yield)
	}
}

type sse struct {
	r    io.Reader
	max  int
	buf  []byte
	from int   // start of the frame in buf
	at   int   // start of the line being looked for
	err  error // of the reader: nothing more will come

	afterCR bool // the last line ended in CR: an LF that follows belongs to it
	begun   bool // past a byte order mark
	names   names

	// Of the frame being read. Offsets count from its start, since the
	// buffer moves.
	size   int // bytes, each line ending counted as one, so that reads do not matter
	end    int // of the last line, its ending left out
	event  string
	lines  int    // data lines
	lo, hi int    // the first data line's value
	joined []byte // the values of several
}

func (s *sse) next() (Frame, error) {
	s.from, s.size, s.event, s.lines = s.at, 0, "", 0
	for {
		line, err := s.line()
		switch {
		case err == io.EOF && s.at > s.from:
			return s.frame(), nil
		case err != nil:
			return Frame{}, err
		case len(line) == 0:
			return s.frame(), nil
		}
		s.field(line)
	}
}

func (s *sse) frame() Frame {
	f := Frame{Event: s.event, Raw: s.buf[s.from:s.at:s.at]}
	switch s.lines {
	case 0:
	case 1:
		f.Data = f.Raw[s.lo:s.hi:s.hi]
	default:
		f.Data = s.joined
	}
	return f
}

// line returns the next line without its ending. At the end of the input it
// returns what is left, if anything, and then io.EOF.
func (s *sse) line() ([]byte, error) {
	searched := 0 // bytes of the line
	for {
		s.skipLF()
		if i := lineEnd(s.buf[s.at+searched:]); i >= 0 {
			line := s.buf[s.at : s.at+searched+i]
			s.at += len(line) + 1
			s.afterCR = s.buf[s.at-1] == '\r'
			err := s.count(line, s.at-1)
			s.skipLF()
			return s.withoutBOM(line), err
		}
		searched = len(s.buf) - s.at
		switch {
		case s.size+searched > s.max:
			return nil, ErrTooLong{s.max}
		case s.err == io.EOF && searched > 0:
			line := s.buf[s.at:]
			s.at = len(s.buf)
			return s.withoutBOM(line), s.count(line, s.at)
		case s.err != nil:
			return nil, s.err
		}
		s.fill()
	}
}

func (s *sse) skipLF() {
	if s.afterCR && s.at < len(s.buf) {
		s.afterCR = false
		if s.buf[s.at] == '\n' {
			s.at++
		}
	}
}

func (s *sse) count(line []byte, end int) error {
	s.end = end - s.from
	if s.size += len(line) + 1; s.size > s.max {
		return ErrTooLong{s.max}
	}
	return nil
}

func (s *sse) withoutBOM(line []byte) []byte {
	if s.begun {
		return line
	}
	s.begun = true
	return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
}

func (s *sse) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "event":
		s.event = s.names.get(value)
	case "data":
		s.data(value)
	}
}

// data takes a data line. Only the lines of an event that has several are
// copied.
func (s *sse) data(value []byte) {
	switch s.lines++; s.lines {
	case 1:
		s.lo, s.hi = s.end-len(value), s.end
	case 2:
		s.joined = append(s.joined[:0], s.buf[s.from+s.lo:s.from+s.hi]...)
		fallthrough
	default:
		s.joined = append(append(s.joined, '\n'), value...)
	}
}

const (
	firstBuffer = 4 << 10 // bytes; most streams never need more
	minRead     = 512     // room that a read should find
)

// fill reads more behind what is left of the frame.
func (s *sse) fill() {
	if cap(s.buf)-len(s.buf) < minRead || s.from == len(s.buf) {
		s.makeRoom()
	}
	for range 100 { // as in package bufio: a reader may return nothing, but not for ever
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf, s.err = s.buf[:len(s.buf)+n], err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// makeRoom moves the frame to the front of the buffer, or of a larger one
// when it fills more than half.
func (s *sse) makeRoom() {
	rest := s.buf[s.from:]
	if 2*len(rest) >= cap(s.buf) {
		larger := make([]byte, len(rest), max(2*cap(s.buf), firstBuffer))
		copy(larger, rest)
		s.buf = larger
	} else {
		s.buf = s.buf[:copy(s.buf, rest)]
	}
	s.from, s.at = 0, s.at-s.from
}

// lineEnd is the index of the first CR or LF, or -1. It searches in windows:
// looking for the first LF of all would be quadratic in a long run of lines
// that end in CR.
func lineEnd(b []byte) int {
	const window = 4 << 10
	for at := 0; at < len(b); at += window {
		w := b[at:min(len(b), at+window)]
		lf := bytes.IndexByte(w, '\n')
		if lf >= 0 {
			w = w[:lf]
		}
		if cr := bytes.IndexByte(w, '\r'); cr >= 0 {
			return at + cr
		}
		if lf >= 0 {
			return at + lf
		}
	}
	return -1
}
