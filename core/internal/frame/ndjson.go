package frame

import "io"

// NDJSON reads a stream with one JSON value a line. Blank lines are frames
// without Data. What the end of the stream cuts off before its line ends
// still counts.
//
// The Raws of all frames together are the input, as with [SSE], and the
// limits are the same.
//
// https://github.com/ndjson/ndjson-spec
func NDJSON(r io.Reader, max int) Seq {
	return func(yield func(Frame, error) bool) {
		s := sse{r: r, max: limit(max)}
		pull(s.nextLine, yield)
	}
}

func (s *sse) nextLine() (Frame, error) {
	s.from, s.size = s.at, 0
	line, err := s.line()
	if err != nil {
		return Frame{}, err
	}
	return Frame{Data: line[:len(line):len(line)], Raw: s.buf[s.from:s.at:s.at]}, nil
}
