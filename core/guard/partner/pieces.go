package partner

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"sluice/core/guard"
)

// Parts are the texts of an input that are not empty, in pieces that a service
// takes: what it is sent. Services have their own mind about empty texts.
type parts struct {
	texts []string
	of    []int // which of the input's texts each is of
}

// partsOf cuts the texts of an input; see [pieces]. Limit 0 leaves them whole.
func partsOf(in *guard.Input, limit int) parts {
	var p parts
	for i, t := range in.Texts {
		if t.Text == "" {
			continue
		}
		for _, piece := range pieces(t.Text, limit) {
			p.texts, p.of = append(p.texts, piece), append(p.of, i)
		}
	}
	return p
}

// ids name the parts: a text by its place, a piece of one by a second number.
func (p parts) ids() []string {
	ids := make([]string, len(p.of))
	for i, of := range p.of {
		ids[i] = strconv.Itoa(of)
		if i > 0 && p.of[i-1] == of {
			ids[i] += "." + strconv.Itoa(i)
		}
	}
	return ids
}

// findings are those about the texts of an input, from those about its parts.
func (p parts) findings(in *guard.Input, found []finding) []finding {
	whole := make([]finding, len(in.Texts))
	for first, end := 0, 0; first < len(p.of); first = end {
		for end = first; end < len(p.of) && p.of[end] == p.of[first]; end++ {
		}
		whole[p.of[first]] = together(p.texts[first:end], found[first:end])
	}
	return whole
}

// together is what was found in the pieces of one text. Its redacted form
// counts if every piece that is bad has one.
func together(texts []string, found []finding) finding {
	if len(found) == 1 {
		return found[0]
	}
	var whole finding
	var redacted strings.Builder
	complete := true
	for i, f := range found {
		if whole.data == nil || f.bad && !whole.bad {
			whole.data = f.data
		}
		whole.bad = whole.bad || f.bad
		switch {
		case !f.bad:
			redacted.WriteString(texts[i])
		case f.redacted != nil && *f.redacted != texts[i]:
			redacted.WriteString(*f.redacted)
		default:
			complete = false
		}
	}
	if text := redacted.String(); whole.bad && complete {
		whole.redacted = &text
	}
	return whole
}

// pieces cuts a text into pieces of at most limit characters (UTF-16 units,
// which are no fewer than what any service counts), which together are the
// text. It cuts where it hurts least in the last quarter of a piece: behind a
// line, a sentence, a word, at least not inside a number. Limit 0 is none.
func pieces(text string, limit int) []string {
	if limit <= 0 {
		return []string{text}
	}
	var out []string
	for {
		whole, cut := measured(text, limit)
		if whole {
			return append(out, text)
		}
		out, text = append(out, text[:cut]), text[cut:]
	}
}

// measured reports whether a text is within the limit, and where to cut it if
// it is not.
func measured(text string, limit int) (whole bool, cut int) {
	units, best := 0, badCut
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if units += utf16.RuneLen(r); units > limit && i > 0 {
			return false, cmp.Or(cut, i)
		}
		i += size
		if units < limit-limit/4 {
			continue
		}
		if how := cutBehind(r, text[i:]); how >= best {
			best, cut = how, i
		}
	}
	return true, 0
}

// How good a place for a cut is.
const (
	badCut = iota
	wordCut
	spaceCut
	sentenceCut
	lineCut
)

func cutBehind(r rune, rest string) int {
	next, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r == '\n':
		return lineCut
	case strings.ContainsRune("。！？", r), strings.ContainsRune(".!?", r) && unicode.IsSpace(next):
		return sentenceCut
	case unicode.IsSpace(r):
		return spaceCut
	case !ofWord(r) || !ofWord(next):
		return wordCut
	}
	return badCut
}

// ofWord reports whether a character may not be parted from another such:
// letters of scripts with spaces, digits and what stands in numbers and
// addresses.
func ofWord(r rune) bool {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return false
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-_.@+:/", r)
}
