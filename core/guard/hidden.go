package guard

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// Bounds of base64 that is looked into, in characters.
const (
	minEncoded = 24
	maxEncoded = 8 << 10
)

// encodedPhrase reports whether a phrase of the rules stands in base64.
func encodedPhrase(text string) bool {
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && isBase64(text[end]) {
			end++
		}
		if end-i >= minEncoded && phraseIn(text[i:min(end, i+maxEncoded)]) {
			return true
		}
		i = end + 1
	}
	return false
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

func phraseIn(encoded string) bool {
	encoded = strings.NewReplacer("-", "+", "_", "/").Replace(encoded)
	decoded, err := base64.RawStdEncoding.DecodeString(encoded[:len(encoded)/4*4])
	if err != nil || !utf8.Valid(decoded) {
		return false
	}
	return phrased(fold(string(decoded)))
}

func phrased(folded string) bool {
	for i := range injectionRules {
		if injectionRules[i].in(folded) {
			return true
		}
	}
	return false
}

// hiddenTags reports whether a text has tag characters, which spell ASCII that
// nobody sees, other than in the flags of England, Scotland and Wales.
func hiddenTags(text string) bool {
	flag := false
	for _, r := range text {
		switch tag := r >= 0xe0000 && r <= 0xe007f; {
		case r == 0x1f3f4:
			flag = true
		case tag && !flag:
			return true
		case !tag || r == 0xe007f:
			flag = false
		}
	}
	return false
}

// manyInvisible reports whether many characters are not seen. Some languages,
// and emoji, need a few.
func manyInvisible(text string) bool {
	n, all := 0, 0
	for _, r := range text {
		all++
		if r > 0x7f && invisible(r) {
			n++
		}
	}
	return n >= 8 && n > all/20
}
