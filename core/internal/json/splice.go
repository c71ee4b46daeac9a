package json

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// ErrNotObject is returned when a JSON object was expected.
var ErrNotObject = errors.New("not a JSON object")

// A Member is one name and value of an object. Value aliases the input.
type Member struct {
	Name       string
	Value      Value
	start, end int // of the value, in the input
}

// Members lists the members of an object in their order, in one pass that
// also checks that the whole input is valid JSON.
func Members(object []byte) ([]Member, error) { return members(object, nil) }

// Pick is [Members] for the named members only: the rest is checked and
// skipped. The result has one entry for each name, nil where it is absent.
func Pick(object []byte, names ...string) ([]Value, error) {
	ms, err := members(object, names)
	if err != nil {
		return nil, err
	}
	out := make([]Value, len(names))
	for _, m := range ms {
		out[slices.Index(names, m.Name)] = m.Value
	}
	return out, nil
}

func members(object []byte, names []string) ([]Member, error) {
	d := decoderOf(object)
	defer d.release()
	if t, err := d.ReadToken(); err != nil {
		return nil, err
	} else if t.Kind() != '{' {
		return nil, ErrNotObject
	}
	var ms []Member
	for d.PeekKind() != '}' {
		quoted, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		name, wanted := nameIn(quoted, names)
		nameEnd := int(d.InputOffset())
		if err := d.SkipValue(); err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		end := int(d.InputOffset())
		start := valueStart(object, nameEnd)
		ms = append(ms, Member{Name: name, Value: Value(object[start:end:end]), start: start, end: end})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		if err == nil {
			err = errors.New("more than one JSON value")
		}
		return nil, err
	}
	return ms, nil
}

// nameIn reads a member's name, if it is one of names or these are nil. One
// that is not wanted, as most, costs no memory.
func nameIn(quoted Value, names []string) (name string, wanted bool) {
	if names != nil && bytes.IndexByte(quoted, '\\') < 0 {
		i := slices.IndexFunc(names, func(n string) bool { return n == string(quoted[1:len(quoted)-1]) })
		if i < 0 {
			return "", false
		}
		return names[i], true
	}
	name = Unquote(quoted)
	return name, names == nil || slices.Contains(names, name)
}

// valueStart skips the colon and white space behind a name.
func valueStart(b []byte, i int) int {
	for i < len(b) && (b[i] == ':' || b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// Names lists the names of an object's members; nil if it is not one.
func Names(object []byte) []string {
	ms, err := Members(object)
	if err != nil {
		return nil
	}
	names := make([]string, len(ms))
	for i, m := range ms {
		names[i] = m.Name
	}
	return names
}

// Elements lists the elements of an array. They alias the input.
func Elements(array []byte) ([]Value, error) {
	d := decoderOf(array)
	defer d.release()
	if t, err := d.ReadToken(); err != nil {
		return nil, err
	} else if t.Kind() != '[' {
		return nil, errors.New("not a JSON array")
	}
	var vs []Value
	for d.PeekKind() != ']' {
		before := int(d.InputOffset())
		if err := d.SkipValue(); err != nil {
			return nil, err
		}
		end := int(d.InputOffset())
		start := before
		for start < end && (array[start] == ',' || array[start] <= ' ') {
			start++
		}
		vs = append(vs, Value(array[start:end:end]))
	}
	_, err := d.ReadToken()
	return vs, err
}

// Lookup follows member names, and indexes written as decimal numbers, into
// v. It returns nil when there is no such value.
func Lookup(v Value, path ...string) Value {
	for _, step := range path {
		switch v.Kind() {
		case '{':
			got, err := Pick(v, step)
			if err != nil {
				return nil
			}
			v = got[0]
		case '[':
			es, err := Elements(v)
			i, convErr := strconv.Atoi(step)
			if err != nil || convErr != nil || i < 0 || i >= len(es) {
				return nil
			}
			v = es[i]
		default:
			return nil
		}
	}
	return v
}

// An Edit sets one top-level member of an object, or removes it if Value is
// nil.
type Edit struct {
	Name  string
	Value Value
}

// Splice returns a copy of object with the edits made and every other byte as
// it was. A member that is not there yet is added at the end.
func Splice(object []byte, edits ...Edit) ([]byte, error) {
	if len(edits) == 0 {
		return object, nil
	}
	ms, err := Members(object)
	if err != nil {
		return nil, fmt.Errorf("edit a JSON object: %w", err)
	}
	pending := slices.Clone(edits)
	open := bytes.IndexByte(object, '{') + 1
	out := append(make([]byte, 0, len(object)+64), object[:open]...)
	kept := 0
	keep := func(lead, value []byte) {
		if kept++; kept == 1 {
			lead = withoutComma(lead)
		}
		out = append(append(out, lead...), value...)
	}
	prev := open
	for _, m := range ms {
		lead := object[prev:m.start] // comma, white space, name and colon as written
		prev = m.end
		i := slices.IndexFunc(pending, func(e Edit) bool { return e.Name == m.Name })
		if i < 0 {
			keep(lead, m.Value)
			continue
		}
		if v := pending[i].Value; v != nil {
			keep(lead, v)
		}
		pending = slices.Delete(pending, i, i+1)
	}
	for _, e := range pending {
		if e.Value != nil {
			keep(append(AppendQuote([]byte{','}, e.Name), ':'), e.Value)
		}
	}
	return append(out, object[prev:]...), nil
}

// withoutComma removes the comma that separates a member from the one before
// it; a comma inside the name stays.
func withoutComma(lead []byte) []byte {
	i := bytes.IndexByte(lead, ',')
	if i < 0 || i > bytes.IndexByte(lead, '"') {
		return lead
	}
	return append(bytes.Clone(lead[:i]), lead[i+1:]...)
}
