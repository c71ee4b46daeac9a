package openairesponses

import (
	"bytes"
	"slices"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// writer appends JSON. Its methods for members are called inside an object.
type writer struct{ b []byte }

// next separates a member or element from the one before it.
func (w *writer) next() {
	if n := len(w.b); n > 0 {
		switch w.b[n-1] {
		case '{', '[', ':':
			return
		}
		w.b = append(w.b, ',')
	}
}

func (w *writer) key(name string) {
	w.next()
	w.b = append(json.AppendQuote(w.b, name), ':')
}

// open begins an object or array that is a member; with an empty name, an
// element.
func (w *writer) open(name string, bracket byte) {
	if name == "" {
		w.next()
	} else {
		w.key(name)
	}
	w.b = append(w.b, bracket)
}

func (w *writer) close(bracket byte) { w.b = append(w.b, bracket) }

func (w *writer) str(name, s string) {
	w.key(name)
	w.b = json.AppendQuote(w.b, s)
}

func (w *writer) strIf(name, s string) {
	if s != "" {
		w.str(name, s)
	}
}

// nullable writes null for an empty text.
func (w *writer) nullable(name, s string) {
	if s == "" {
		w.raw(name, markNull)
		return
	}
	w.str(name, s)
}

// raw writes a member if there is a value.
func (w *writer) raw(name string, v json.Value) {
	if len(v) > 0 {
		w.key(name)
		w.b = append(w.b, v...)
	}
}

func (w *writer) element(v json.Value) {
	w.next()
	w.b = append(w.b, v...)
}

func (w *writer) int(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *writer) intIf(name string, n *int64) {
	if n != nil {
		w.int(name, *n)
	}
}

func (w *writer) bool(name string, v bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *writer) boolIf(name string, v *bool) {
	if v != nil {
		w.bool(name, *v)
	}
}

// array writes a member whose elements are already written.
func (w *writer) array(name string, elements []json.Value) {
	w.open(name, '[')
	for _, v := range elements {
		w.element(v)
	}
	w.close(']')
}

// members is a JSON object whose members can be looked up and written.
type members []json.Member

// own returns the residue of n that is this dialect's.
func own(n llm.Native) members { return parse(n.For(llm.OpenAIResponses)) }

func parse(object json.Value) members {
	if object.Kind() != '{' {
		return nil
	}
	ms, err := json.Members(object)
	if err != nil {
		return nil
	}
	return ms
}

func (ms members) get(name string) json.Value {
	for _, m := range ms {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

func (ms members) has(name string) bool { return ms.get(name) != nil }

// rest writes all members but the named ones.
func (w *writer) rest(ms members, except ...string) {
	for _, m := range ms {
		if !slices.Contains(except, m.Name) {
			w.raw(m.Name, m.Value)
		}
	}
}

// A member of a residue that is made, not taken over.
type member struct {
	name  string
	value json.Value
}

// residue makes the Native of what was decoded: the members in extra that
// have a value, and those of the object rest.
func residue(rest json.Value, extra ...member) llm.Native {
	return llm.NativeOf(llm.OpenAIResponses, object(rest, extra...))
}

// object joins members, nil if there are none.
func object(rest json.Value, extra ...member) json.Value {
	w := writer{}
	for _, m := range extra {
		if len(m.value) > 0 {
			if w.b == nil {
				w.b = append(w.b, '{')
			}
			w.raw(m.name, m.value)
		}
	}
	if w.b == nil {
		if len(rest) == 0 || string(rest) == "{}" {
			return nil
		}
		return rest
	}
	w.splice(rest)
	w.close('}')
	return w.b
}

// splice writes the members of an object as they are.
func (w *writer) splice(object json.Value) {
	inner := bytes.TrimSpace(object)
	if len(inner) < 2 || inner[0] != '{' {
		return
	}
	if inner = bytes.TrimSpace(inner[1 : len(inner)-1]); len(inner) > 0 {
		w.next()
		w.b = append(w.b, inner...)
	}
}

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markObject = json.Value("{}")
	markArray  = json.Value("[]")
	markString = json.Value(`""`)
	markNull   = json.Value("null")
)

// orObject is v, or a mark if there is nothing.
func orObject(v json.Value) json.Value {
	if len(v) == 0 {
		return markObject
	}
	return v
}

// unsaid keeps a member that says nothing (null or "") as it was written.
func unsaid(name string, v json.Value) member {
	if v.Kind() == 'n' || string(v) == `""` {
		return member{name, v}
	}
	return member{}
}
