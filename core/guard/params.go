package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/secret"
)

// Params are the parameters of a check. Names are in either spelling:
// minWords and min_words are one. What is wrong is collected, so that a
// config's author hears of everything at once.
type Params struct {
	members []json.Member
	faults  []Fault
	secrets []string
}

// A Fault is something wrong with a parameter.
type Fault struct{ Param, Message string }

// NewParams reads an object.
func NewParams(object json.Value) *Params {
	members, err := json.Members(object)
	p := &Params{members: members}
	if err != nil {
		p.Fail("", "Expected object")
	}
	return p
}

// Faults lists what is wrong, as far as parameters have been read.
func (p *Params) Faults() []Fault { return p.faults }

// Fail notes that a parameter is wrong.
func (p *Params) Fail(name, format string, args ...any) {
	p.faults = append(p.faults, Fault{name, fmt.Sprintf(format, args...)})
}

// Value returns a parameter as it was written, nil if it is absent or null.
func (p *Params) Value(name string) json.Value {
	want := json.SnakeCase(name)
	for _, m := range p.members {
		if json.SnakeCase(m.Name) == want && m.Value.Kind() != 'n' {
			return m.Value
		}
	}
	return nil
}

// Required notes each of the parameters that is absent.
func (p *Params) Required(names ...string) {
	for _, name := range names {
		if p.Value(name) == nil {
			p.Fail(name, "Required")
		}
	}
}

func (p *Params) kind(name, kinds, what string) json.Value {
	v := p.Value(name)
	if v != nil && strings.IndexByte(kinds, byte(v.Kind())) < 0 {
		p.Fail(name, "Expected %s", what)
		return nil
	}
	return v
}

// Text returns a string, or what stands in for it.
func (p *Params) Text(name, otherwise string) string {
	if v := p.kind(name, `"`, "string"); v != nil {
		return json.Unquote(v)
	}
	return otherwise
}

// OneOf returns a string that is one of those given; the first stands in for
// it.
func (p *Params) OneOf(name string, choices ...string) string {
	s := p.Text(name, choices[0])
	if !slices.Contains(choices, s) {
		p.Fail(name, "Must be one of: %s", strings.Join(choices, ", "))
	}
	return s
}

// Texts returns a list of strings; a single one is a list too. Nil: absent.
func (p *Params) Texts(name string) []string {
	v := p.kind(name, `["`, "array of strings")
	if v.Kind() == '"' {
		return []string{json.Unquote(v)}
	}
	if v == nil {
		return nil
	}
	list := []string{}
	elements, _ := json.Elements(v)
	for i, e := range elements {
		if e.Kind() != '"' {
			p.Fail(name, "Expected string at index %d", i)
			continue
		}
		list = append(list, json.Unquote(e))
	}
	return list
}

// Bool returns true or false, or what stands in for it.
func (p *Params) Bool(name string, otherwise bool) bool {
	if v := p.kind(name, "tf", "boolean"); v != nil {
		return v.Kind() == 't'
	}
	return otherwise
}

// Number returns a number, or what stands in for it.
func (p *Params) Number(name string, otherwise float64) float64 {
	v := p.kind(name, "0", "number")
	if v == nil {
		return otherwise
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		p.Fail(name, "Expected number")
		return otherwise
	}
	return n
}

// Count returns an integer that is not negative, or what stands in for it.
func (p *Params) Count(name string, otherwise int) int {
	n := p.Number(name, float64(otherwise))
	if n < 0 || n != float64(int(n)) {
		p.Fail(name, "Expected an integer that is not negative")
	}
	return int(n)
}

// MaxTimeout is the longest that a check may take.
const MaxTimeout = time.Minute

// Timeout returns the parameter "timeout", in milliseconds, or what stands in
// for it.
func (p *Params) Timeout(otherwise time.Duration) time.Duration {
	d := time.Duration(p.Number("timeout", float64(otherwise.Milliseconds())) * float64(time.Millisecond))
	if d <= 0 || d > MaxTimeout {
		p.Fail("timeout", "Must be between 1 and %d", MaxTimeout.Milliseconds())
	}
	return d
}

// Object returns the parameters that an object holds. Those of an absent one
// are all absent. Its faults are its own: see [Params.Within].
func (p *Params) Object(name string) *Params {
	v := p.kind(name, "{", "object")
	if v == nil {
		return &Params{}
	}
	return NewParams(v)
}

// Within notes the faults and the credentials of an object that stands in this
// one.
func (p *Params) Within(name string, inner *Params) {
	p.Conceal(inner.secrets...)
	for _, f := range inner.faults {
		p.faults = append(p.faults, Fault{strings.TrimSuffix(name+"."+f.Param, "."), f.Message})
	}
}

// Secret returns a credential. What is none by its name, as a region, may be
// told.
func (p *Params) Secret(name string) secret.Value {
	text := p.Text(name, "")
	if redact.Named(name) {
		p.Conceal(text)
	}
	return secret.New(text)
}

// Conceal notes credentials: neither the data nor the error of the check shows
// them, even if a service repeats what it was sent.
func (p *Params) Conceal(credentials ...string) { p.secrets = append(p.secrets, credentials...) }
