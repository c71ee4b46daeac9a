package json

import "bytes"

// Rewrite returns v with every value that path leads to replaced by what f
// gives for it, and every other byte as it was. A step of the path is the
// name of a member, or * for every member of an object and every element of
// an array. A member for which f gives nil is removed; an element stays.
//
// What does not have the shape that the path expects is left alone. When f
// changes nothing, the result is v itself.
func Rewrite(v Value, path []string, f func(Value) Value) (Value, error) {
	if len(path) == 0 {
		return f(v), nil
	}
	switch {
	case v.Kind() == '{':
		return rewriteObject(v, path, f)
	case v.Kind() == '[' && path[0] == "*":
		return rewriteArray(v, path, f)
	}
	return v, nil
}

func rewriteObject(v Value, path []string, f func(Value) Value) (Value, error) {
	ms, err := Members(v)
	if err != nil {
		return nil, err
	}
	var edits []Edit
	for _, m := range ms {
		if path[0] != "*" && path[0] != m.Name {
			continue
		}
		now, err := Rewrite(m.Value, path[1:], f)
		if err != nil {
			return nil, err
		}
		if now == nil || !bytes.Equal(now, m.Value) {
			edits = append(edits, Edit{m.Name, now})
		}
	}
	return Splice(v, edits...)
}

func rewriteArray(v Value, path []string, f func(Value) Value) (Value, error) {
	es, err := Elements(v)
	if err != nil {
		return nil, err
	}
	var out []byte
	copied, pos := 0, bytes.IndexByte(v, '[')+1
	for _, e := range es {
		for v[pos] == ',' || v[pos] <= ' ' {
			pos++
		}
		start := pos
		pos += len(e)
		now, err := Rewrite(e, path[1:], f)
		if err != nil {
			return nil, err
		}
		if now == nil || bytes.Equal(now, e) {
			continue
		}
		out = append(append(out, v[copied:start]...), now...)
		copied = pos
	}
	if copied == 0 {
		return v, nil
	}
	return append(out, v[copied:]...), nil
}
