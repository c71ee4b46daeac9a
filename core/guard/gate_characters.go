package guard

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// lastCharacters is the length in bytes of the last n characters of a text.
func lastCharacters(text string, n int) int {
	at := len(text)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	return len(text) - at
}

// unescaped reads a piece of JSON as far as its escapes are complete, and says
// where the last keep characters of that begin.
func unescaped(text string, keep int) (said string, cut int) {
	var starts []int
	var out []byte
	for at := 0; at < len(text); {
		r, size := unescape(text[at:])
		if size == 0 {
			break
		}
		starts = append(starts, at)
		out = utf8.AppendRune(out, r)
		at += size
	}
	switch {
	case len(starts) <= keep:
		return string(out), 0
	case keep == 0:
		_, size := unescape(text[starts[len(starts)-1]:])
		return string(out), starts[len(starts)-1] + size
	}
	return string(out), starts[len(starts)-keep]
}

var escapes = map[byte]rune{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads one character. Its size is 0 if the rest of it is missing.
func unescape(text string) (r rune, size int) {
	if text[0] != '\\' {
		return utf8.DecodeRuneInString(text)
	}
	switch {
	case len(text) < 2:
		return 0, 0
	case text[1] != 'u':
		if r, ok := escapes[text[1]]; ok {
			return r, 2
		}
		return rune(text[1]), 2
	case len(text) < 6:
		return 0, 0
	}
	r = hex4(text[2:6])
	if r < 0xd800 || r >= 0xdc00 {
		return r, 6
	}
	rest := text[6:]
	if len(rest) < 6 && (rest == "" || rest == `\` || len(rest) > 1 && rest[:2] == `\u`) {
		return 0, 0 // the other half may follow
	}
	if len(rest) >= 6 && rest[:2] == `\u` {
		if both := utf16.DecodeRune(r, hex4(rest[2:6])); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(digits string) rune {
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
