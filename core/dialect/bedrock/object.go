package bedrock

import (
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// addPath is add for a member inside a member, named with a dot.
func addPath(o *json.Object, path string, v json.Value) {
	outer, inner, ok := strings.Cut(path, ".")
	if !ok {
		o.Add(path, v)
		return
	}
	in := json.ObjectOf(o.Get(outer))
	if in == nil && o.Has(outer) {
		return
	}
	in.Add(inner, v)
	o.Set(outer, in.Value())
}

// take hands the member at path to read, and removes it if that understands
// it. An outer object that becomes empty goes too. An empty path leads nowhere.
func take(o *json.Object, path string, read func(json.Value) bool) {
	if path == "" {
		return
	}
	outer, inner, nested := strings.Cut(path, ".")
	v := o.Get(outer)
	if !nested {
		if v != nil && read(v) {
			o.Remove(outer)
		}
		return
	}
	in := json.ObjectOf(v)
	if in.Get(inner) == nil {
		return
	}
	if take(&in, inner, read); len(in) == 0 {
		o.Remove(outer)
	} else {
		o.Set(outer, in.Value())
	}
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
