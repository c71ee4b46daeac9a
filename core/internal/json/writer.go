package json

import (
	"slices"
	"strconv"
)

// A Writer appends JSON to B. Its methods put the commas; whoever calls them
// opens and closes what the members and elements stand in.
type Writer struct{ B []byte }

// NewWriter returns a writer that has begun with open, such as "{".
func NewWriter(open string) Writer { return Writer{B: []byte(open)} }

// next separates a member or element from the one before it.
func (w *Writer) next() {
	if n := len(w.B); n > 0 {
		switch w.B[n-1] {
		case '{', '[', ':':
			return
		}
		w.B = append(w.B, ',')
	}
}

// Key begins a member. Its value is what is written next.
func (w *Writer) Key(name string) {
	w.next()
	w.B = append(AppendQuote(w.B, name), ':')
}

// Open begins an object or array that is a member; with an empty name, an
// element.
func (w *Writer) Open(name string, bracket byte) {
	if name == "" {
		w.next()
	} else {
		w.Key(name)
	}
	w.B = append(w.B, bracket)
}

// Close ends an object or array.
func (w *Writer) Close(bracket byte) { w.B = append(w.B, bracket) }

// Str writes a member that is a text.
func (w *Writer) Str(name, s string) {
	w.Key(name)
	w.B = AppendQuote(w.B, s)
}

// StrIf is Str for a text that is not empty.
func (w *Writer) StrIf(name, s string) {
	if s != "" {
		w.Str(name, s)
	}
}

// Nullable is Str, but writes null for an empty text.
func (w *Writer) Nullable(name, s string) {
	if s == "" {
		w.Key(name)
		w.B = append(w.B, "null"...)
		return
	}
	w.Str(name, s)
}

// Raw writes a member if there is a value.
func (w *Writer) Raw(name string, v Value) {
	if len(v) > 0 {
		w.Key(name)
		w.B = append(w.B, v...)
	}
}

// Element writes an element of an array.
func (w *Writer) Element(v Value) {
	w.next()
	w.B = append(w.B, v...)
}

// Array writes a member whose elements are already written.
func (w *Writer) Array(name string, elements []Value) {
	w.Open(name, '[')
	for _, v := range elements {
		w.Element(v)
	}
	w.Close(']')
}

// Int writes a member that is a whole number.
func (w *Writer) Int(name string, n int64) {
	w.Key(name)
	w.B = strconv.AppendInt(w.B, n, 10)
}

// IntIf is Int for a number that is there.
func (w *Writer) IntIf(name string, n *int64) {
	if n != nil {
		w.Int(name, *n)
	}
}

// Bool writes a member that is true or false.
func (w *Writer) Bool(name string, v bool) {
	w.Key(name)
	w.B = strconv.AppendBool(w.B, v)
}

// BoolIf is Bool for a value that is there.
func (w *Writer) BoolIf(name string, v *bool) {
	if v != nil {
		w.Bool(name, *v)
	}
}

// Rest writes all members of o but the named ones.
func (w *Writer) Rest(o Object, except ...string) {
	for _, m := range o {
		if !slices.Contains(except, m.Name) {
			w.Raw(m.Name, m.Value)
		}
	}
}

// Splice writes the members of an object as they are.
func (w *Writer) Splice(object Value) {
	if inner := inside(object); len(inner) > 0 {
		w.next()
		w.B = append(w.B, inner...)
	}
}
