package provider

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Apply brings a body into the provider's form of the dialect: the quirks, in
// their order, and the role "developer" where it is not known. Every byte
// that they do not concern stays as it was; if none does, the result is body
// itself. dropped names what the provider will not see.
//
// Quirks are about chat; a body in another dialect is left alone.
func (s *Spec) Apply(d llm.Dialect, body []byte) (out []byte, dropped []string, err error) {
	if d != llm.OpenAIChat || !s.concerned(body) {
		return body, nil, nil
	}
	members, err := json.Members(body)
	if err != nil {
		return nil, nil, &llm.Error{Kind: llm.BadRequest, Message: "the body is not one JSON object", Err: err}
	}
	f := form{members: members, text: text{body, bytes.Contains(body, []byte(`\u`))}}
	if !s.KeepDeveloper && f.mentions("developer") {
		f.rewrite("messages.*.role", systemForDeveloper)
	}
	for _, q := range s.Quirks {
		f.apply(q)
	}
	if f.err != nil {
		return nil, nil, &llm.Error{Kind: llm.BadRequest, Message: "the body is not one JSON object", Err: f.err}
	}
	out, err = json.Splice(body, f.edits...)
	return out, f.dropped, err
}

// concerned finds out, without parsing and without allocating, whether a body
// may hold anything that a quirk is about.
func (s *Spec) concerned(body []byte) bool {
	t := text{body: body}
	if !s.KeepDeveloper && t.mentions("developer") {
		return true
	}
	for _, q := range s.Quirks {
		if q.Default != "" || t.mentions(q.member()) {
			return true
		}
	}
	return (len(s.Quirks) > 0 || !s.KeepDeveloper) && bytes.Contains(body, []byte(`\u`))
}

// member is the name of the member that a quirk is about.
func (q Quirk) member() string {
	path := q.Drop + q.Rename + q.Clamp // one of them is set
	return path[strings.LastIndexByte(path, '.')+1:]
}

// A text is JSON that is searched without being parsed.
type text struct {
	body    []byte
	escaped bool // any name may stand in it, written with escapes
}

// mentions reports whether a name may be there, as a whole JSON string.
func (t text) mentions(name string) bool {
	if t.escaped {
		return true
	}
	for body := t.body; ; {
		i := bytes.Index(body, []byte(name))
		if i < 0 {
			return false
		}
		end := i + len(name)
		if i > 0 && body[i-1] == '"' && end < len(body) && body[end] == '"' {
			return true
		}
		body = body[end:]
	}
}

func systemForDeveloper(v json.Value) json.Value {
	if json.Unquote(v) == string(llm.Developer) {
		return json.Value(`"system"`)
	}
	return v
}

// A form is a body that is being brought into form.
type form struct {
	text
	members []json.Member
	edits   []json.Edit
	dropped []string
	err     error
}

func (f *form) get(name string) json.Value {
	if i := slices.IndexFunc(f.edits, func(e json.Edit) bool { return e.Name == name }); i >= 0 {
		return f.edits[i].Value
	}
	if i := slices.IndexFunc(f.members, func(m json.Member) bool { return m.Name == name }); i >= 0 {
		return f.members[i].Value
	}
	return nil
}

func (f *form) set(name string, v json.Value) {
	f.edits = slices.DeleteFunc(f.edits, func(e json.Edit) bool { return e.Name == name })
	f.edits = append(f.edits, json.Edit{Name: name, Value: v})
}

func (f *form) apply(q Quirk) {
	switch {
	case q.Drop != "":
		if f.mentions(q.member()) {
			f.drop(q.Drop)
		}
	case q.Rename != "":
		f.rename(q.Rename, q.To)
	case q.Default != "" && f.get(q.Default) == nil:
		f.set(q.Default, json.Value(q.Value))
	case q.Clamp != "":
		f.clamp(q.Clamp, q.Min, q.Max)
	}
}

// drop removes what a path leads to. A null says nothing, so that its loss is
// not reported.
func (f *form) drop(path string) {
	lost := false
	f.rewrite(path, func(v json.Value) json.Value {
		lost = lost || v.Kind() != 'n'
		return nil
	})
	if lost {
		f.dropped = append(f.dropped, path)
	}
}

func (f *form) rewrite(path string, change func(json.Value) json.Value) {
	name, rest, nested := strings.Cut(path, ".")
	v := f.get(name)
	if v == nil || f.err != nil {
		return
	}
	var steps []string
	if nested {
		steps = strings.Split(rest, ".")
	}
	now, err := json.Rewrite(v, steps, change)
	if err != nil {
		f.err = err
		return
	}
	if now == nil || !bytes.Equal(now, v) {
		f.set(name, now)
	}
}

func (f *form) rename(from, to string) {
	v := f.get(from)
	if v == nil {
		return
	}
	f.set(from, nil)
	switch there := f.get(to); {
	case there == nil, there.Kind() == 'n' && v.Kind() != 'n':
		f.set(to, v)
	case v.Kind() != 'n':
		f.dropped = append(f.dropped, from)
	}
}

func (f *form) clamp(name string, low, high float64) {
	v := f.get(name)
	if v.Kind() != '0' {
		return
	}
	x, _ := strconv.ParseFloat(string(v), 64) // too large for a float64 is ±Inf, which is clamped too
	bound := min(max(x, low), high)
	if bound == x {
		return
	}
	text := strconv.FormatFloat(bound, 'f', -1, 64)
	f.set(name, json.Value(text))
	f.dropped = append(f.dropped, name+" (clamped to "+text+")")
}
