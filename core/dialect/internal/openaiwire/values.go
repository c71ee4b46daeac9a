// Package openaiwire has what the wire formats of OpenAI's APIs have in common:
// values that followers of these APIs spell in several ways, usage, and the
// reasons for which an answer ends.
package openaiwire

import (
	"errors"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Number is a JSON number as it was written; null is absent.
type Number llm.Number

// UnmarshalJSONFrom accepts a number or null.
func (n *Number) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
		*n = ""
	case '0':
		*n = Number(v)
	default:
		return errors.New("must be a number")
	}
	return nil
}

// Stops is one stop sequence or several.
type Stops []string

// UnmarshalJSONFrom accepts a string, an array of strings or null.
func (s *Stops) UnmarshalJSONFrom(d *json.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		*s = nil
		return d.SkipValue()
	case '"':
		*s = make(Stops, 1)
		return json.Decode(d, &(*s)[0])
	case '[':
		return json.Decode(d, (*[]string)(s))
	}
	return errors.New("must be a string or an array of strings")
}

// Text is a string for which some senders write another type: then it is the
// JSON, as for tool arguments that are an object. Null is empty.
type Text string

// UnmarshalJSONFrom accepts every value.
func (t *Text) UnmarshalJSONFrom(d *json.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		*t = ""
		return d.SkipValue()
	case '"':
		s, err := d.ReadToken()
		*t = Text(s.String())
		return err
	}
	v, err := d.ReadValue()
	*t = Text(v)
	return err
}

// Maybe is a value as it was written. Null is absent.
type Maybe json.Value

// UnmarshalJSONFrom accepts every value.
func (m *Maybe) UnmarshalJSONFrom(d *json.Decoder) error {
	if d.PeekKind() == 'n' {
		*m = nil
		return d.SkipValue()
	}
	v, err := d.ReadValue()
	*m = append((*m)[:0], v...)
	return err
}

// Value is nil if the value is absent.
func (m Maybe) Value() json.Value { return json.Value(m) }

// NotNull is v, or nil for null.
func NotNull(v json.Value) json.Value {
	if v.Kind() == 'n' {
		return nil
	}
	return v
}

// Count is a number of tokens, or an index. What is no number, or is negative,
// is 0: a provider's slip in a counter must not cost the answer. The limit
// keeps sums from overflowing.
type Count int64

const maxCount = 1 << 40

// UnmarshalJSONFrom accepts every value.
func (c *Count) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	*c = Count(min(max(WholeNumber(v), 0), maxCount))
	return err
}

// WholeNumber reads a number of any spelling; what is none is 0. Several
// providers write created with a fraction.
func WholeNumber(v json.Value) int64 {
	if v.Kind() != '0' {
		return 0
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != f || f > 1<<62 || f < -1<<62 {
		return 0
	}
	return int64(f)
}

// ServiceTier translates Anthropic's words for capacity that is not paid
// extra. A tier of the dialect's own is left as it is.
func ServiceTier(tier string, own bool) string {
	if !own && (tier == "standard_only" || tier == "standard") {
		return "default"
	}
	return tier
}
