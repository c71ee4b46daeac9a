package guard

import (
	"strings"

	"sluice/core/internal/json"
)

// A jsonPiece is JSON that was found in a text: as it stands there, and as
// values of Go.
type jsonPiece struct {
	raw   json.Value
	value any
}

// scanBudget bounds the search for objects, in bytes read: each opening brace
// that is never closed costs the rest of the text.
const scanBudget = 16 << 20

// maxDepth is how deep JSON is read. To decode what is deeper takes far longer
// than to see that it is.
const maxDepth = 10_000

// findJSON returns the objects and arrays in fenced blocks; without any, the
// whole text if it is one; else all objects that stand between other words,
// with whatever is nested in them.
func findJSON(text string) []jsonPiece {
	var pieces []jsonPiece
	for _, b := range codeBlocks(text) {
		code := strings.TrimSpace(b.code)
		pieces = appendJSON(pieces, strings.TrimPrefix(code, "json"))
	}
	if len(pieces) == 0 {
		pieces = appendJSON(pieces, text)
	}
	if len(pieces) == 0 {
		return findObjects(text)
	}
	return pieces
}

// appendJSON adds a text that is JSON. Of equal names the last counts, as in
// JavaScript.
func appendJSON(pieces []jsonPiece, text string) []jsonPiece {
	raw := json.Value(strings.TrimSpace(text))
	if kind := raw.Kind(); kind != '{' && kind != '[' {
		return pieces
	}
	var v any
	if err := json.UnmarshalLoose(raw, &v); err != nil {
		return pieces
	}
	return append(pieces, jsonPiece{raw, v})
}

func findObjects(text string) (pieces []jsonPiece) {
	budget := scanBudget
	for at := strings.IndexByte(text, '{'); at >= 0 && budget > 0; {
		n, closed := objectLength(text[at:])
		budget -= n
		before := len(pieces)
		if closed {
			pieces = appendJSON(pieces, text[at:at+n])
		}
		if len(pieces) == before {
			n = 1 // an object may begin within what is none
		}
		next := strings.IndexByte(text[at+n:], '{')
		if next < 0 {
			break
		}
		at += n + next
	}
	return pieces
}

// objectLength finds the brace that closes the one at the beginning. Braces
// in strings do not count. What is too deep to be read is not closed.
func objectLength(text string) (n int, closed bool) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			if depth++; depth > maxDepth {
				return i, false
			}
		case c == '}':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}
