package json

import (
	"bytes"
	"slices"
)

// An Object is the members of a JSON object, in their order, to be looked up,
// changed and written. The values alias what it was read from. Equal members
// in equal order give equal bytes.
type Object []Member

// ObjectOf reads an object; what is not one gives an empty one.
func ObjectOf(v Value) Object {
	if v.Kind() != '{' {
		return nil
	}
	ms, err := Members(v)
	switch {
	case err != nil:
		return nil
	case ms == nil:
		return Object{}
	}
	return ms
}

// Get returns the value of a member, nil if it is absent.
func (o Object) Get(name string) Value {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Has reports whether there is a member of that name.
func (o Object) Has(name string) bool { return o.Get(name) != nil }

// IsNull reports whether a member is there and null.
func (o Object) IsNull(name string) bool { return o.Get(name).Kind() == 'n' }

// Add adds a member unless there is one of that name, or no value.
func (o *Object) Add(name string, v Value) {
	if len(v) > 0 && !o.Has(name) {
		*o = append(*o, Named(name, v))
	}
}

// Set replaces a member in its place, or adds one.
func (o *Object) Set(name string, v Value) {
	for i := range *o {
		if (*o)[i].Name == name {
			(*o)[i].Value = v
			return
		}
	}
	o.Add(name, v)
}

// Remove takes a member out and returns its value, nil if it was absent.
func (o *Object) Remove(name string) Value {
	i := slices.IndexFunc(*o, func(m Member) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	v := (*o)[i].Value
	*o = slices.Delete(*o, i, i+1)
	return v
}

// Value writes the object; nil if it is empty.
func (o Object) Value() Value {
	if len(o) == 0 {
		return nil
	}
	w := NewWriter("{")
	w.Rest(o)
	w.Close('}')
	return w.B
}

// Named makes a member of an object that is to be written.
func Named(name string, v Value) Member { return Member{Name: name, Value: v} }

// Join writes an object of those extra members that have a value, followed by
// the members of the object rest as they are. It is nil if there are none,
// and rest itself if there is nothing extra.
func Join(rest Value, extra ...Member) Value {
	var w Writer
	for _, m := range extra {
		if len(m.Value) == 0 {
			continue
		}
		if w.B == nil {
			w.B = append(w.B, '{')
		}
		w.Raw(m.Name, m.Value)
	}
	if w.B == nil {
		if len(rest) == 0 || string(rest) == "{}" {
			return nil
		}
		return rest
	}
	w.Splice(rest)
	w.Close('}')
	return w.B
}

// inside is what stands between the braces of an object.
func inside(object Value) []byte {
	b := bytes.TrimSpace(object)
	if len(b) < 2 || b[0] != '{' {
		return nil
	}
	return bytes.TrimSpace(b[1 : len(b)-1])
}
