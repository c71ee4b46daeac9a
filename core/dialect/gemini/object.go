package gemini

import (
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// An object is a JSON object under construction. Members stay in the order in
// which they were added, so that equal requests give equal bytes.
type object []member

type member struct {
	name  string
	value json.Value
}

// objectOf reads an object; what is not one gives an empty one.
func objectOf(v json.Value) object {
	if len(v) == 0 {
		return nil
	}
	ms, err := json.Members(v)
	if err != nil {
		return nil
	}
	o := make(object, len(ms))
	for i, m := range ms {
		o[i] = member{m.Name, m.Value}
	}
	return o
}

// own is the residue of n that is this dialect's.
func own(n llm.Native) object { return objectOf(n.For(llm.Gemini)) }

func (o object) get(name string) json.Value {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (o object) has(name string) bool { return o.get(name) != nil }

// add adds a member unless there is one of that name, or no value.
func (o *object) add(name string, v json.Value) {
	if len(v) > 0 && !o.has(name) {
		*o = append(*o, member{name, v})
	}
}

// set replaces a member in its place, or adds one.
func (o *object) set(name string, v json.Value) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = v
			return
		}
	}
	o.add(name, v)
}

func (o *object) remove(name string) json.Value {
	i := slices.IndexFunc(*o, func(m member) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	v := (*o)[i].value
	*o = slices.Delete(*o, i, i+1)
	return v
}

// json writes the object; nil if it is empty.
func (o object) json() json.Value {
	if len(o) == 0 {
		return nil
	}
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(json.AppendQuote(b, m.name), ':'), m.value...)
	}
	return append(b, '}')
}

// native makes the residue of what was decoded.
func (o object) native() llm.Native { return llm.NativeOf(llm.Gemini, o.json()) }

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markString = json.Value(`""`)
	markObject = json.Value(`{}`)
	markArray  = json.Value(`[]`)
)

func array(vs []json.Value) json.Value {
	b := []byte{'['}
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, v...)
	}
	return append(b, ']')
}

func quotes(ss []string) json.Value {
	vs := make([]json.Value, len(ss))
	for i, s := range ss {
		vs[i] = json.Quote(s)
	}
	return array(vs)
}

// encode writes a value of the wire types, which cannot fail: raw members
// have been read as JSON before.
func encode(v any) json.Value {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// integer reads a whole number, in any of the forms that protobuf takes: 40,
// 40.0 and "40".
func integer(v json.Value) (int64, bool) {
	s := string(v)
	switch v.Kind() {
	case '"':
		s = json.Unquote(v)
	case '0':
	default:
		return 0, false
	}
	if whole, zeros, ok := strings.Cut(s, "."); ok && strings.Trim(zeros, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func number(n *int64) json.Value {
	if n == nil {
		return nil
	}
	return strconv.AppendInt(nil, *n, 10)
}

func absent(v json.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func ptr[T any](v T) *T { return &v }
