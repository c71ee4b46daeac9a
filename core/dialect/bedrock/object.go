package bedrock

import (
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
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

func (o object) get(name string) json.Value {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// add adds a member unless there is one of that name, or no value.
func (o *object) add(name string, v json.Value) {
	if len(v) > 0 && o.get(name) == nil {
		*o = append(*o, member{name, v})
	}
}

func (o *object) set(name string, v json.Value) {
	o.remove(name)
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

// addPath is add for a member inside a member, named with a dot.
func (o *object) addPath(path string, v json.Value) {
	outer, inner, ok := strings.Cut(path, ".")
	if !ok {
		o.add(path, v)
		return
	}
	i := slices.IndexFunc(*o, func(m member) bool { return m.name == outer })
	if i < 0 {
		o.add(outer, object{{inner, v}}.json())
		return
	}
	if in := objectOf((*o)[i].value); in != nil {
		in.add(inner, v)
		(*o)[i].value = in.json()
	}
}

// take hands the member at path to read, and removes it if that understands
// it. An outer object that becomes empty goes too. An empty path leads nowhere.
func (o *object) take(path string, read func(json.Value) bool) {
	if path == "" {
		return
	}
	outer, inner, nested := strings.Cut(path, ".")
	v := o.get(outer)
	if !nested {
		if v != nil && read(v) {
			o.remove(outer)
		}
		return
	}
	in := objectOf(v)
	if in.get(inner) == nil {
		return
	}
	if in.take(inner, read); len(in) == 0 {
		o.remove(outer)
	} else {
		o.replace(outer, in.json())
	}
}

func (o object) replace(name string, v json.Value) {
	for i := range o {
		if o[i].name == name {
			o[i].value = v
		}
	}
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

// integer reads a number that has neither fraction nor exponent.
func integer(v json.Value) (int64, bool) {
	if v.Kind() != '0' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

func float(v json.Value) (float64, bool) {
	if v.Kind() != '0' {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// text returns v as text if it is a string.
func text(v json.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	return json.Unquote(v), true
}
