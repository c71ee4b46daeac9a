package anthropic

import (
	"math"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A reader turns raw members into values. It keeps the first fault, as the
// API words it: the path, then what should stand there. A loose reader, for
// answers of providers, finds no faults: what is odd becomes a zero value.
type reader struct {
	loose bool
	depth int // of content in content
	err   error
}

// maxNesting is how deep content may stand in content: a message has a tool
// result, which has a document, which has a text. What is deeper is not
// looked into: reading it would take a time that grows with the depth.
const maxNesting = 4

// A path leads to a member; the zero path is the body. It becomes text only if
// there is a fault.
type path struct {
	up   *path
	name string
	i    int // if there is no name
}

func (p *path) at(i int) path            { return path{up: p, i: i} }
func (p *path) member(name string) path  { return path{up: p, name: name} }
func (p *path) String() string           { return string(p.append(nil)) }
func (d *reader) fail(p *path, w string) { d.failf(p, "must be "+w) }

func (p *path) append(dst []byte) []byte {
	switch {
	case p.up == nil:
		return append(dst, p.name...)
	case p.up.up != nil || p.up.name != "":
		dst = append(p.up.append(dst), '.')
	}
	if p.name == "" {
		return strconv.AppendInt(dst, int64(p.i), 10)
	}
	return append(dst, p.name...)
}

func (d *reader) failf(p *path, what string) {
	if d.loose || d.err != nil {
		return
	}
	e := llm.Errorf(llm.BadRequest, "%s: %s", p, what)
	e.Param = p.String()
	d.err = e
}

func (d *reader) str(p *path, name string, v json.Value) string {
	switch {
	case absent(v):
		return ""
	case v.Kind() == '"':
		return json.Unquote(v)
	}
	at := p.member(name)
	d.fail(&at, "a string")
	return ""
}

func (d *reader) bool(p *path, name string, v json.Value) *bool {
	switch {
	case absent(v):
		return nil
	case v.Kind() == 't' || v.Kind() == 'f':
		b := v.Kind() == 't'
		return &b
	}
	at := p.member(name)
	d.fail(&at, "true or false")
	return nil
}

func (d *reader) int(p *path, name string, v json.Value) *int64 {
	if absent(v) {
		return nil
	}
	if n, ok := integer(v); ok {
		return &n
	}
	at := p.member(name)
	d.fail(&at, "an integer")
	return nil
}

func (d *reader) number(p *path, name string, v json.Value) llm.Number {
	if !absent(v) && v.Kind() != '0' {
		at := p.member(name)
		d.fail(&at, "a number")
	}
	return llm.NumberOf(v)
}

// object reads v into a wire type and reports whether it was an object.
func (d *reader) object(p *path, name string, v json.Value, into any) bool {
	if absent(v) {
		return false
	}
	if v.Kind() == '{' && json.UnmarshalLoose(v, into) == nil {
		return true
	}
	at := p.member(name)
	d.fail(&at, "an object")
	return false
}

// list reads an array of objects. What is no object is a fault, and a zero
// value.
func list[T any](d *reader, p *path, v json.Value) []T {
	if absent(v) {
		return nil
	}
	var out []T
	if v.Kind() == '[' && json.UnmarshalLoose(v, &out) == nil {
		return out
	}
	var es []json.Value
	if json.UnmarshalLoose(v, &es) != nil {
		d.fail(p, "an array")
		return nil
	}
	out = make([]T, len(es))
	for i, e := range es {
		if e.Kind() != '{' || json.UnmarshalLoose(e, &out[i]) != nil {
			at := p.at(i)
			d.fail(&at, "an object")
		}
	}
	return out
}

// integer reads a whole number, however it is spelled.
func integer(v json.Value) (int64, bool) {
	if v.Kind() != '0' {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
