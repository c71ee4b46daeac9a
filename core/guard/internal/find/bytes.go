package find

import (
	"bytes"
	"strings"
)

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }
func isHex(c byte) bool    { return isDigit(c) || (c|0x20)-'a' < 6 }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }
func isWord(c byte) bool   { return isAlnum(c) || c == '_' }

// wordAt reports whether a character of a word stands at i.
func wordAt(text string, i int) bool { return i >= 0 && i < len(text) && isWord(text[i]) }

func digitAt(text string, i int) bool { return i >= 0 && i < len(text) && isDigit(text[i]) }

// wordEnd is the end of the word at i.
func wordEnd(text string, i int) int {
	for i < len(text) && isWord(text[i]) {
		i++
	}
	return i
}

// compound reports whether what stands at start..end is part of something
// longer: 446655440000 in a UUID, 15 in 2024-01-15.
func compound(text string, start, end int) bool {
	return continues(text, start) || wordAt(text, end) || joint(text, end, 1)
}

// continues reports whether what begins at start goes on with what stands
// before it.
func continues(text string, start int) bool {
	return joint(text, start-1, -1) || wordAt(text, start-1) && !escaped(text, start-1)
}

// escaped reports whether what stands at i is the rest of an escape such as
// `\n`, in a part of a JSON text or in code.
func escaped(text string, i int) bool {
	return i > 0 && text[i-1] == '\\' && indexByte("nrtbf", text[i]) >= 0
}

func joint(text string, i, step int) bool {
	if i < 0 || i >= len(text) || strings.IndexByte("-./_@:", text[i]) < 0 {
		return false
	}
	if text[i] == ':' { // "tel:5551234" and "5551234: a number", but no time
		return digitAt(text, i+step)
	}
	return text[i] == '@' || wordAt(text, i+step)
}

// near is how far before a number a word is looked for that says what it is,
// in bytes.
const near = 28

// hinted reports whether one of some words stands shortly before i, in the
// same line. Words are in lower case; those that end in a space are found only
// if no letter stands before or behind them.
func hinted(text string, i int, words ...string) bool {
	var buffer [near]byte
	before := buffer[:copy(buffer[:], text[max(0, i-near):i])]
	if n := bytes.LastIndexByte(before, '\n'); n >= 0 {
		before = before[n+1:]
	}
	for i, c := range before {
		if c >= 'A' && c <= 'Z' {
			before[i] = c | 0x20
		}
	}
	for _, w := range words {
		if contains(before, w) {
			return true
		}
	}
	return false
}

func contains(text []byte, word string) bool {
	word, alone := strings.CutSuffix(word, " ")
	for from := 0; ; from++ {
		n := bytes.Index(text[from:], []byte(word))
		if n < 0 {
			return false
		}
		from += n
		end := from + len(word)
		if !alone || (from == 0 || !isLetter(text[from-1])) && (end == len(text) || !isLetter(text[end])) {
			return true
		}
	}
}
