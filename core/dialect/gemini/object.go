package gemini

import (
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// own is the residue of n that is this dialect's.
func own(n llm.Native) json.Object { return json.ObjectOf(n.For(llm.Gemini)) }

// residue makes the Native of what was decoded.
func residue(o json.Object) llm.Native { return llm.NativeOf(llm.Gemini, o.Value()) }

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markString = json.Value(`""`)
	markObject = json.Value(`{}`)
	markArray  = json.Value(`[]`)
)

func array(vs []json.Value) json.Value {
	b := []byte{'['}
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, v...)
	}
	return append(b, ']')
}

func quotes(ss []string) json.Value {
	vs := make([]json.Value, len(ss))
	for i, s := range ss {
		vs[i] = json.Quote(s)
	}
	return array(vs)
}

// integer reads a whole number, in any of the forms that protobuf takes: 40,
// 40.0 and "40".
func integer(v json.Value) (int64, bool) {
	s := string(v)
	switch v.Kind() {
	case '"':
		s = json.Unquote(v)
	case '0':
	default:
		return 0, false
	}
	if whole, zeros, ok := strings.Cut(s, "."); ok && strings.Trim(zeros, "0") == "" {
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func number(n *int64) json.Value {
	if n == nil {
		return nil
	}
	return strconv.AppendInt(nil, *n, 10)
}

func absent(v json.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func ptr[T any](v T) *T { return &v }
