package logs

import (
	"bytes"
	"hash/fnv"
	"io"
	"strconv"

	"sluice/core/internal/json"
)

// A leaf is a string or a number in a JSON text, or the name of a member.
type leaf struct {
	start, end int    // in the text, quotes included
	path       string // of members and indexes, as in .choices[0].delta.content
	member     string // nearest name above it
	isName     bool
	text       string
	cleaned    string // what is to stand in its place
}

// A vector is a list of nothing but numbers.
type vector struct {
	start, end, numbers int
	path                string
}

// A level is an object or array that is open.
type level struct {
	object  bool
	named   bool // the next string is a value
	start   int
	index   int // of the element
	path    string
	member  string
	numbers int
	others  bool // it has something that is no number
}

// A scanner finds the leaves of JSON. It reads what is cut, or has members
// twice, as far as it makes sense: nothing that is stored escapes it because a
// parser would refuse it.
type scanner struct {
	b       []byte
	levels  []level
	leaves  []leaf
	vectors []vector
}

func scan(b []byte) *scanner {
	s := &scanner{b: b, levels: make([]level, 0, 8), leaves: make([]leaf, 0, min(len(b)/8, 32))}
	for i := 0; i < len(b); {
		i = s.step(i)
	}
	for len(s.levels) > 0 {
		s.close(len(b))
	}
	return s
}

// step reads what begins at i and returns where to go on.
func (s *scanner) step(i int) int {
	switch c := s.b[i]; {
	case c == '{' || c == '[':
		path, member := s.place()
		s.levels = append(s.levels, level{object: c == '{', start: i, path: path, member: member})
	case c == '}' || c == ']':
		s.close(i + 1)
	case c == ':' && s.top() != nil:
		s.top().named = true
	case c == ',' && s.top() != nil:
		s.top().named = false
		s.top().index++
	case c == '"':
		return s.string(i)
	case c == '-' || c >= '0' && c <= '9':
		return s.number(i)
	case c > ' ' && s.top() != nil:
		s.top().others = true
	}
	return i + 1
}

func (s *scanner) top() *level {
	if len(s.levels) == 0 {
		return nil
	}
	return &s.levels[len(s.levels)-1]
}

// place is where a value stands that begins now.
func (s *scanner) place() (path, member string) {
	l := s.top()
	switch {
	case l == nil:
		return "", ""
	case l.object:
		return short(l.path + "." + l.member), l.member
	}
	l.others = true // until it proves to be a number
	return short(l.path + "[" + strconv.Itoa(l.index) + "]"), l.member
}

// longestPath is how long a path may be, in bytes: in a text of nothing but
// brackets each is within all that are before it.
const longestPath = 256

// short is a path that is not too long. Different ones stay different.
func short(path string) string {
	if len(path) <= longestPath {
		return path
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, path)
	return path[:longestPath/2] + "~" + strconv.FormatUint(h.Sum64(), 36)
}

func (s *scanner) close(end int) {
	l := s.top()
	if l == nil {
		return
	}
	if !l.object && !l.others && l.numbers > 0 {
		s.vectors = append(s.vectors, vector{l.start, end, l.numbers, l.path})
	}
	s.levels = s.levels[:len(s.levels)-1]
}

func (s *scanner) string(i int) int {
	end := i + 1
	for end < len(s.b) && s.b[end] != '"' {
		if s.b[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end+1, len(s.b))
	said := unquote(s.b[i:end])
	if l := s.top(); l != nil && l.object && !l.named {
		l.member = said
		s.leaves = append(s.leaves, leaf{start: i, end: end, path: l.path, isName: true, text: said})
		return end
	}
	path, member := s.place()
	s.leaves = append(s.leaves, leaf{start: i, end: end, path: path, member: member, text: said})
	return end
}

func (s *scanner) number(i int) int {
	end := i + 1
	for end < len(s.b) && bytes.IndexByte([]byte("+-.eE0123456789"), s.b[end]) >= 0 {
		end++
	}
	l := s.top()
	if l != nil && !l.object {
		l.numbers++
		s.leaves = append(s.leaves, leaf{start: i, end: end, path: l.path, member: l.member, text: string(s.b[i:end])})
		return end
	}
	path, member := s.place()
	s.leaves = append(s.leaves, leaf{start: i, end: end, path: path, member: member, text: string(s.b[i:end])})
	return end
}

// unquote is what a string says, also one that is cut.
func unquote(b []byte) string {
	if n := len(b) - 1; n > 0 && b[n] == '"' && isPlain(b[1:n]) {
		return string(b[1:n])
	}
	if len(b) > 1 && b[len(b)-1] == '"' && json.Valid(b) {
		return json.Unquote(b)
	}
	for cut := len(b); cut > max(len(b)-6, 0); cut-- { // an escape has six bytes at most
		if closed := append(bytes.Clone(b[:cut]), '"'); json.Valid(closed) {
			return json.Unquote(closed)
		}
	}
	return string(bytes.Trim(b, `"`)) // no JSON, whatever it is
}

// isPlain reports whether a string in JSON says what is written: it has neither
// escapes nor anything but ASCII.
func isPlain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x80 || c == '\\' || c == '"' {
			return false
		}
	}
	return true
}

// An edit puts something else in the place of a leaf or a vector.
type edit struct {
	start, end int
	with       []byte
}

// apply makes edits, which are in order and do not overlap.
func apply(b []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return b
	}
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, b[at:e.start]...), e.with...)
		at = e.end
	}
	return append(out, b[at:]...)
}
