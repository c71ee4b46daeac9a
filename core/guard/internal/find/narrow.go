package find

import (
	"sort"
	"unicode/utf8"
)

// A narrowed text has ASCII in the places of its equals, as Chinese and
// Japanese and typography write them: digits and letters in full width, spaces
// of any kind, dashes between digits.
type narrowed struct {
	text   string
	shifts []shift
}

// A shift says that from a place in the narrowed text on the original is ahead
// by so many bytes.
type shift struct{ at, ahead int }

// narrow copies only texts that have something to narrow.
func narrow(text string) narrowed {
	var n narrowed
	var out []byte
	copied := 0
	for i := 0; i < len(text); {
		if !mayBeWide(text[i]) {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if c, ok := asciiFor(r, text[:i], text[i+size:]); ok {
			out = append(out, text[copied:i]...)
			if c != 0 {
				out = append(out, c)
			}
			copied = i + size
			n.shifts = append(n.shifts, shift{len(out), copied - len(out)})
		}
		i += size
	}
	if n.shifts == nil {
		return narrowed{text: text}
	}
	n.text = string(append(out, text[copied:]...))
	return n
}

// mayBeWide reports whether a byte begins a character that [asciiFor] knows.
func mayBeWide(c byte) bool { return c == 0xc2 || c == 0xe2 || c == 0xe3 || c == 0xef }

// asciiFor is what stands for a character, 0 for nothing. It is false for
// those that stand for themselves: punctuation, since what is part of a word
// in ASCII (a/b, 12:30) is the end of it in full width, and for the same reason
// dashes and characters without width where they do not divide a number.
func asciiFor(r rune, before, after string) (c byte, ok bool) {
	switch {
	case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r == '＠', r == '＋', r == '（', r == '）':
		return byte(r - 0xfee0), true
	case r == 0xa0, r == 0x3000, r >= 0x2000 && r <= 0x200a, r == 0x202f:
		return ' ', true
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == '－', r == 'ー', r == 'ｰ':
		return '-', betweenDigits(before, after)
	case r == '．':
		return '.', betweenDigits(before, after)
	case r == 0xad, r >= 0x200b && r <= 0x200d, r == 0x2060, r == 0xfeff:
		return 0, betweenDigits(before, after)
	}
	return 0, false
}

func betweenDigits(before, after string) bool {
	a, _ := utf8.DecodeLastRuneInString(before)
	b, _ := utf8.DecodeRuneInString(after)
	return anyDigit(a) && anyDigit(b)
}

func anyDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

// original is the place in the original text of what stands at i.
func (n *narrowed) original(i int) int {
	k := sort.Search(len(n.shifts), func(k int) bool { return n.shifts[k].at > i })
	if k == 0 {
		return i
	}
	return i + n.shifts[k-1].ahead
}

// narrow is the place in the narrowed text of what stands at i in the original.
func (n *narrowed) narrow(i int) int {
	k := sort.Search(len(n.shifts), func(k int) bool { return n.shifts[k].at+n.shifts[k].ahead > i })
	at := i
	if k > 0 {
		at -= n.shifts[k-1].ahead
	}
	if k < len(n.shifts) {
		at = min(at, n.shifts[k].at)
	}
	return at
}

// widen says where spans are in the original text. What is longer there than
// anything may be is left out.
func (n *narrowed) widen(text string, spans []Span) []Span {
	if n.shifts == nil {
		return spans
	}
	wide := spans[:0]
	for _, s := range spans {
		s.Start, s.End = n.original(s.Start), n.original(s.End-1)
		_, size := utf8.DecodeRuneInString(text[s.End:])
		if s.End += size; s.Kind == Key || s.End-s.Start <= Longest {
			wide = append(wide, s)
		}
	}
	return wide
}
