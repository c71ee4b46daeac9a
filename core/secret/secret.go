// Package secret keeps credentials out of everything that is printed.
package secret

import "log/slog"

// mask is what every form of printing shows.
const mask = "•••"

// A Value is a credential. It prints as dots, in fmt, JSON and slog alike;
// [Value.Reveal] is the only way to its text. The zero value is no secret.
type Value struct{ text string }

// New wraps a credential.
func New(text string) Value { return Value{text} }

// Reveal returns the text, for the one place that needs it.
func (v Value) Reveal() string { return v.text }

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.text == "" }

// String hides the text.
func (v Value) String() string {
	if v.text == "" {
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
