package guard

import (
	"strings"
	"unicode"
)

// halfKana are the half-width katakana from U+FF66 on, in full width.
var halfKana = []rune("ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン")

// fold writes a text in lower case, letters in half width and kana in full
// width, with single spaces, and without characters that are not seen.
func fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var last rune // that is not written yet: a mark may follow
	for _, r := range text {
		r = foldRune(r)
		switch {
		case r < 0, r == ' ' && (last == ' ' || last == 0):
			continue
		case r == 0xff9e && strings.ContainsRune(voiceless, last): // ｶﾞ is two characters, ガ one
			last++
			continue
		case r == 0xff9f && strings.ContainsRune("ハヒフヘホ", last):
			last += 2
			continue
		}
		if last != 0 {
			b.WriteRune(last)
		}
		last = r
	}
	if last != 0 && last != ' ' {
		b.WriteRune(last)
	}
	return b.String()
}

// voiceless are the kana behind which Unicode has the voiced ones.
const voiceless = "カキクケコサシスセソタチツテトハヒフヘホ"

// foldRune is -1 for what is not seen.
func foldRune(r rune) rune {
	switch {
	case r < 0x80:
		if r >= 'A' && r <= 'Z' {
			return r | 0x20
		}
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		return r
	case r >= 0xff01 && r <= 0xff5e: // full width ASCII
		return foldRune(r - 0xfee0)
	case r >= 0xff66 && r <= 0xff9d:
		return halfKana[r-0xff66]
	case invisible(r):
		return -1
	case unicode.IsSpace(r):
		return ' '
	}
	return unicode.ToLower(r)
}

// invisible reports whether a character has no width and no letter of any
// language needs it: zero-width spaces and joiners, marks of direction, tags.
func invisible(r rune) bool {
	return r == 0xad || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff ||
		r >= 0xe0000 && r <= 0xe007f
}
