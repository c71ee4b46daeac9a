package partner

import (
	"cmp"
	"slices"
	"strings"
)

// A span is a piece of a text, and what takes its place.
type span struct{ text, instead string }

// without is a text in which something else stands wherever a span does; where
// two overlap, for the rest of the shorter one too. Nil: there is no span, or
// one is not in the text.
func without(text string, spans []span) *string {
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(len(b.text), len(a.text)) })
	owners := make([]int, len(text)) // of every byte, the number of its span, from 1
	for i, s := range spans {
		if s.text == "" || !strings.Contains(text, s.text) {
			return nil
		}
		for at, next := 0, 0; next >= 0; at += next + len(s.text) {
			if next = strings.Index(text[at:], s.text); next >= 0 {
				own(owners[at+next:at+next+len(s.text)], i+1)
			}
		}
	}
	if len(spans) == 0 {
		return nil
	}
	var left strings.Builder
	for at := 0; at < len(text); {
		end := at + 1
		for end < len(text) && owners[end] == owners[at] {
			end++
		}
		if n := owners[at]; n > 0 {
			left.WriteString(spans[n-1].instead)
		} else {
			left.WriteString(text[at:end])
		}
		at = end
	}
	return new(left.String())
}

// own gives a span what no longer one has.
func own(owners []int, span int) {
	for i := range owners {
		if owners[i] == 0 {
			owners[i] = span
		}
	}
}
