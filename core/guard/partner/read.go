package partner

import (
	"slices"
	"strconv"
	"strings"

	"sluice/core/guard"
	"sluice/core/internal/json"
)

// errUnreadable says that an answer lacks what the verdict is read from.
var errUnreadable error = &guard.Error{Name: "Error", Message: "the answer cannot be read"}

// errRefused says that a service has answered, but not the question. What it
// says may quote the text.
var errRefused error = &guard.Error{Name: "Error", Message: "the service reports an error"}

// truth reads a member that has to be true or false.
func truth(answer json.Value, path ...string) (bool, error) {
	switch json.Lookup(answer, path...).Kind() {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	}
	return false, errUnreadable
}

// word reads a member that has to be a string.
func word(answer json.Value, path ...string) (string, error) {
	v := json.Lookup(answer, path...)
	if v.Kind() != '"' {
		return "", errUnreadable
	}
	return json.Unquote(v), nil
}

// number reads a member that may be a number; anything else is none.
func number(v json.Value) (float64, bool) {
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil && v.Kind() == '0'
}

// list reads a member that has to be an array.
func list(answer json.Value, path ...string) ([]json.Value, error) {
	v := json.Lookup(answer, path...)
	if v.Kind() != '[' {
		return nil, errUnreadable
	}
	return json.Elements(v)
}

// isTrue reports whether a member is true.
func isTrue(answer json.Value, path ...string) bool {
	return json.Lookup(answer, path...).Kind() == 't'
}

// picked is an object of some members of another.
func picked(object json.Value, names ...string) json.Value {
	out := json.Object{}
	for _, name := range names {
		out.Add(name, json.Lookup(object, name))
	}
	if len(out) == 0 {
		return nil
	}
	return out.Value()
}

// strs is a list of strings in JSON.
func strs(texts []string) json.Value {
	if texts == nil {
		texts = []string{}
	}
	return json.ValueOf(texts)
}

const (
	// maxData bounds the data of a verdict, in bytes: more is left out.
	maxData = 16 << 10
	// minQuote is from which length, in bytes, a string counts as a piece of
	// the text.
	minQuote = 4
	hidden   = "•••"
)

// quoting are members in which services repeat pieces of the text.
var quoting = []string{"text", "quote", "value", "match", "claim", "content", "data", "entity", "original", "pii"}

// unquoted is data in which no string is a piece of the text or holds all of
// it: data reaches clients, and what a check has held back must not. Names of
// categories stay, though the text may have the word; member is where data
// stands.
func unquoted(data json.Value, text, member string) json.Value {
	switch data.Kind() {
	case '"':
		s := json.Unquote(data)
		piece := len(s) >= minQuote && strings.Contains(text, s) && (slices.Contains(quoting, member) || !isLabel(s))
		if piece || len(text) >= minQuote && strings.Contains(s, text) {
			return json.Quote(hidden)
		}
	case '[':
		elements, _ := json.Elements(data)
		for i := range elements {
			elements[i] = unquoted(elements[i], text, member)
		}
		return json.ValueOf(elements)
	case '{':
		object := json.ObjectOf(data)
		for i := range object {
			object[i].Value = unquoted(object[i].Value, text, object[i].Name)
		}
		if len(object) > 0 {
			return object.Value()
		}
	}
	return data
}

// isLabel reports whether a string looks like the name of a category.
func isLabel(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-/") == ""
}
