package anthropic

import (
	"bytes"

	"sluice/core/internal/json"
)

// A walker finds out where the values of a document stand. It is only given
// documents that are valid JSON, and it copies nothing.
type walker struct{ b []byte }

// object calls f for each member of the object at i, with the name and the
// start of the value. What is not an object has no members.
func (w walker) object(i int, f func(name string, at int)) {
	w.each(i, '{', func(at int) int {
		end := w.end(at)
		value := w.space(w.space(end) + 1) // behind the colon
		f(w.name(at, end), value)
		return value
	})
}

// name reads a member's name. It may be written with escapes, which must not
// hide it from a check.
func (w walker) name(at, end int) string {
	raw := w.b[at:end]
	if bytes.IndexByte(raw, '\\') >= 0 {
		return json.Unquote(raw)
	}
	return string(raw[1 : len(raw)-1])
}

// array calls f for each element of the array at i.
func (w walker) array(i int, f func(n, at int)) {
	n := 0
	w.each(i, '[', func(at int) int {
		f(n, at)
		n++
		return at
	})
}

// each steps through an object or array. f returns the start of the value
// that must be passed.
func (w walker) each(i int, open byte, f func(at int) int) {
	if i >= len(w.b) || w.b[i] != open {
		return
	}
	for i = w.space(i + 1); i < len(w.b) && w.b[i] != ']' && w.b[i] != '}'; {
		i = w.space(w.end(f(i)))
		if i < len(w.b) && w.b[i] == ',' {
			i = w.space(i + 1)
		}
	}
}

func (w walker) space(i int) int {
	for i < len(w.b) && (w.b[i] == ' ' || w.b[i] == '\n' || w.b[i] == '\r' || w.b[i] == '\t') {
		i++
	}
	return i
}

// end returns the end of the value at i.
func (w walker) end(i int) int {
	if i >= len(w.b) {
		return len(w.b)
	}
	switch w.b[i] {
	case '"':
		return w.stringEnd(i)
	case '{', '[':
		return w.nestEnd(i)
	}
	for i < len(w.b) && w.b[i] != ',' && w.b[i] != ']' && w.b[i] != '}' && w.b[i] > ' ' {
		i++
	}
	return i
}

func (w walker) stringEnd(i int) int {
	for i++; i < len(w.b); i++ {
		switch w.b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(w.b)
}

func (w walker) nestEnd(i int) int {
	depth := 0
	for i < len(w.b) {
		switch w.b[i] {
		case '"':
			i = w.stringEnd(i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return len(w.b)
}

// strings calls f for every string value inside the value at i, whatever its
// depth, in one pass; names of members are none.
func (w walker) strings(i int, f func(at int)) {
	for end := w.end(i); i < end; {
		if w.b[i] != '"' {
			i++
			continue
		}
		behind := w.stringEnd(i)
		if next := w.space(behind); next >= len(w.b) || w.b[next] != ':' {
			f(i)
		}
		i = behind
	}
}
