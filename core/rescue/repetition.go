package rescue

import (
	"strings"
	"unicode"
)

// minRepeated is the shortest text, in bytes, whose repetition is no chance: a
// shorter one may well be said twice, as the 1 in 11.
const minRepeated = 8

// A repetition holds back the beginning of a continuation as long as it says
// what the client has already been given: all of the text that the target went
// on from, which some repeat, and the white space behind it, which the target
// was not sent.
type repetition struct {
	sent    string // what the target went on from; "": it is not looked for
	matched int    // bytes of sent that came again
	space   string // that the client was given behind it
	held    string // white space that may be that one
	done    bool
}

// newRepetition expects sent in a continuation of text. always says that the
// target is known to repeat.
func newRepetition(sent, text string, always bool) *repetition {
	if !always && len(sent) < minRepeated {
		sent = ""
	}
	trimmed := strings.TrimRightFunc(text, unicode.IsSpace)
	return &repetition{sent: sent, space: text[len(trimmed):]}
}

// take returns what may go out of the next piece of text, and of those before.
func (r *repetition) take(text string) string {
	if r.done {
		return text
	}
	if r.matched < len(r.sent) {
		n := min(len(text), len(r.sent)-r.matched)
		if text[:n] != r.sent[r.matched:r.matched+n] {
			text = r.sent[:r.matched] + text
			r.sent, r.matched = "", 0
			return r.behind(text)
		}
		r.matched += n
		text = text[n:]
		if r.matched < len(r.sent) {
			return ""
		}
	}
	return r.behind(text)
}

// behind leaves out white space that the client has.
func (r *repetition) behind(text string) string {
	text = r.held + text
	if len(text) < len(r.space) && strings.HasPrefix(r.space, text) {
		r.held = text
		return ""
	}
	r.held, r.done = "", true
	n := 0
	for n < min(len(text), len(r.space)) && text[n] == r.space[n] {
		n++
	}
	return text[n:]
}

// rest ends the search and returns what was held back and is no repetition.
func (r *repetition) rest() string {
	if r.done || r.matched == 0 && r.held == "" {
		return "" // nothing has come yet
	}
	r.done = true
	if r.matched < len(r.sent) {
		return r.sent[:r.matched]
	}
	return ""
}
