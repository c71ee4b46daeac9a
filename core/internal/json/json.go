// Package json is the one door to JSON: the library that the standard
// library's next encoding/json/v2 is published as, with the options that a
// gateway needs. Leaving that library means changing this package only.
//
// Nothing here escapes HTML, sorts members or touches the spelling of
// numbers: a prompt and a tool argument are somebody's exact text, and a
// provider's cache compares bytes.
//
// Trap: never build with GOEXPERIMENT=jsonv2 on Go 1.26. The library then
// aliases the toolchain's older copy, in which the tag for unknown members
// has another name, and unknown members vanish. TestUnknownMembersSurvive
// fails in such a build.
package json

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is a piece of JSON as it was written. A struct field
//
//	Rest json.Value `json:",embed"`
//
// receives all members that the struct does not name, and writes them back.
type Value = jsontext.Value

// Unmarshal reads JSON strictly, as a client's request must be: no duplicate
// member names, valid UTF-8, names compared exactly.
func Unmarshal(b []byte, v any) error { return json.Unmarshal(b, v) }

// UnmarshalLoose reads JSON from a provider: duplicate names (the last one
// counts) and broken UTF-8 (replaced) are let through, since refusing a paid
// answer helps nobody.
func UnmarshalLoose(b []byte, v any) error {
	return json.Unmarshal(b, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// Marshal writes v. Maps are written in sorted order, so that equal values
// give equal bytes.
func Marshal(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// AppendLean is [Append] without the fields of structs that are zero, for types
// that have no tags.
func AppendLean(dst []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	err := json.MarshalWrite(buf, v, json.Deterministic(true), json.OmitZeroStructFields(true),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return buf.Bytes(), err
}

// ValueOf writes a value of types that always can be written, such as the wire
// types of a dialect, whose raw members have been read as JSON before. What
// cannot be written is nil.
func ValueOf(v any) Value {
	b, err := Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// Append writes v at the end of dst.
func Append(dst []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	err := json.MarshalWrite(buf, v, json.Deterministic(true),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return buf.Bytes(), err
}

// Bool returns b as true or false.
func Bool(b bool) Value {
	if b {
		return Value("true")
	}
	return Value("false")
}

// Present reports whether v is there and not null.
func Present(v Value) bool { return len(v) > 0 && v.Kind() != 'n' }

// Quote returns s as a JSON string.
func Quote(s string) Value { return AppendQuote(nil, s) }

// AppendQuote writes s as a JSON string at the end of dst. Broken UTF-8 is
// replaced.
func AppendQuote(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // its error only reports broken UTF-8
	return dst
}

// Unquote returns the text of a JSON string, or "" if v is not one.
func Unquote(v Value) string {
	if v.Kind() != '"' {
		return ""
	}
	if n := len(v) - 1; n > 0 && v[n] == '"' && isPlain(v[1:n]) {
		return string(v[1:n])
	}
	b, _ := jsontext.AppendUnquote(nil, v)
	return string(b)
}

// isPlain reports whether a text stands in JSON as it is, as nearly all names
// and ids do.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Valid reports whether b is one JSON value.
func Valid(b []byte) bool { return Value(b).IsValid() }

// Indent returns v with line breaks and two spaces for each level; what is
// not JSON is returned as it is.
func Indent(v []byte) []byte {
	out := Value(v).Clone()
	if err := out.Indent(jsontext.WithIndent("  ")); err != nil {
		return v
	}
	return out
}

// Unescape returns v with each character of its strings written in the
// shortest way, and without white space; what is not JSON is returned as it
// is.
func Unescape(v []byte) []byte {
	out, err := jsontext.AppendFormat(nil, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return v
	}
	return out
}
