package guard

import (
	"context"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"sluice/core/internal/json"
)

// ErrNoText says that there is nothing to judge, as in an answer that only
// calls tools.
var ErrNoText error = &Error{"Error", "request or response text is empty"}

// Text joins the texts that a check is to judge, one to a line, without empty
// ones.
func (in *Input) Text() string { return joined(in.Texts) }

func joined(texts []Text) string {
	if len(texts) == 1 {
		return texts[0].Text
	}
	var b strings.Builder
	for _, t := range texts {
		if t.Text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// A textCheck judges all texts as one. That there are none is an error.
type textCheck func(ctx context.Context, text string) (Verdict, error)

func (f textCheck) Check(ctx context.Context, in *Input) (Verdict, error) {
	text := in.Text()
	if text == "" {
		return Verdict{}, ErrNoText
	}
	return f(ctx, text)
}

// An inputCheck judges more than texts.
type inputCheck func(ctx context.Context, in *Input) (Verdict, error)

func (f inputCheck) Check(ctx context.Context, in *Input) (Verdict, error) { return f(ctx, in) }

// found makes a verdict; data is a struct with the reference's members.
func found(pass bool, data any) Verdict {
	return Verdict{Pass: pass, Data: json.ValueOf(data)}
}

// excerptLength is what the reference shows of a text, in UTF-16 units.
const excerptLength = 100

// excerpt is the beginning of a text. It never ends within a character.
func excerpt(text string) string {
	units := 0
	for i, r := range text {
		units += utf16.RuneLen(r)
		if units > excerptLength {
			return text[:i] + "..."
		}
	}
	return text
}

// utf16Length is the length of a text in JavaScript.
func utf16Length(text string) int {
	n := utf8.RuneCountInString(text)
	for i := range len(text) {
		if text[i] >= 0xf0 { // begins a character outside the first plane
			n++
		}
	}
	return n
}

// choose is an expression with if.
func choose[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}
