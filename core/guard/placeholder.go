package guard

import (
	"strconv"
	"strings"
)

// A placeholder is the form of what stands for redacted texts. It begins with
// an opening bracket, ends with the closing one, and has neither within: so it
// is known again, wherever it stands, also in pieces of a stream.
type placeholder struct {
	before, between, after string // around the kind and the number
	numbered               bool
}

// Forms that stand in for the parameter "placeholder".
const (
	plainForm    = "[{type}]"
	numberedForm = "[{type}_{n}]"
)

const (
	openers = "[<({"
	closers = "]>)}"
)

// placeholderOf reads a form; false if it is none. {type} is the kind, {n} the
// number, which a reversible form has to have.
func placeholderOf(form string, reversible bool) (placeholder, bool) {
	var f placeholder
	before, rest, ok := strings.Cut(form, "{type}")
	f.before = before
	if f.between, f.after, f.numbered = strings.Cut(rest, "{n}"); !f.numbered {
		f.between, f.after = "", rest
	}
	signs := f.before + f.between + f.after
	opener := strings.IndexByte(openers, (signs + " ")[0])
	good := ok && opener >= 0 && f.before != "" && f.after != "" && len(form) <= 40 && f.numbered == reversible &&
		strings.HasSuffix(f.after, closers[opener:opener+1]) && !strings.ContainsAny(signs[1:len(signs)-1], openers+closers)
	for i := range len(signs) { // what needs no escape in JSON
		good = good && signs[i] > ' ' && signs[i] < 0x7f && signs[i] != '"' && signs[i] != '\\'
	}
	return f, good
}

func (f *placeholder) text(kind string, n int) string {
	if !f.numbered {
		return f.before + kind + f.after
	}
	return f.before + kind + f.between + strconv.Itoa(n) + f.after
}

// isPlaceholder reports whether a text looks like a placeholder of the form.
func (f *placeholder) is(text string) bool {
	inner, ok := strings.CutPrefix(text, f.before)
	inner, ok2 := strings.CutSuffix(inner, f.after)
	if !ok || !ok2 || !f.numbered {
		return false
	}
	digits := strings.TrimRight(inner, "0123456789")
	kind, ok := strings.CutSuffix(digits, f.between)
	return ok && len(digits) < len(inner) && kind != "" && strings.Trim(kind, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// bracketed is what stands from an opening bracket at i to the closing one, ""
// if that is missing or further away than limit.
func bracketed(text string, i, limit int) string {
	kind := strings.IndexByte(openers, text[i])
	if kind < 0 {
		return ""
	}
	rest := text[i:min(len(text), i+limit)]
	if end := strings.IndexByte(rest, closers[kind]); end >= 0 {
		return rest[:end+1]
	}
	return ""
}

// maxPlaceholder is the longest that a form can make, in bytes.
const maxPlaceholder = 64
