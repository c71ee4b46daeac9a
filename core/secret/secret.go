// Package secret keeps credentials out of everything that is printed.
package secret

import (
	"log/slog"
	"unique"
)

// mask is what every form of printing shows.
const mask = "•••"

// A Value is a credential. It prints as dots, in fmt, JSON and slog alike;
// [Value.Reveal] is the only way to its text. Equal credentials are equal
// Values. The zero value is no secret.
//
// The text is behind a handle because fmt calls no methods on unexported
// fields: there it prints what it finds, which is then an address.
type Value struct{ text unique.Handle[string] }

// New wraps a credential.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{unique.Make(text)}
}

// Reveal returns the text, for the one place that needs it.
func (v Value) Reveal() string {
	if v.IsZero() {
		return ""
	}
	return v.text.Value()
}

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v == Value{} }

// String hides the text.
func (v Value) String() string {
	if v.IsZero() {
		return ""
	}
	return mask
}

// GoString hides the text from %#v.
func (v Value) GoString() string { return v.String() }

// MarshalText hides the text from encoders.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// LogValue hides the text from slog.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }
