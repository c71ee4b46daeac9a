package logs

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// Vectors are never stored: they say nothing to a reader, and fill a table.
const (
	fewNumbers   = 4   // a list of an embedding's answer that is no vector
	longestPlain = 256 // bytes; a longer string of an embedding's answer is a vector in base64
)

// withoutVectors puts how long they were in place of vectors. all says that
// the body is the answer of an embedding, where any list of numbers is one;
// elsewhere its member is named so.
func withoutVectors(data []byte, all bool) []byte {
	if !all && !bytes.Contains(data, []byte("mbedding")) && !bytes.Contains(data, []byte("ector")) {
		return data // as nearly every body
	}
	s := scan(data)
	var edits []edit
	for _, v := range s.vectors {
		if all && v.numbers > fewNumbers || !all && vectorNamed(v.path) {
			edits = append(edits, edit{v.start, v.end, note("%d numbers", v.numbers)})
		}
	}
	for _, l := range s.leaves {
		if !l.isName && len(l.text) > longestPlain && (all || vectorNamed(l.path)) && isBase64(l.text) {
			edits = append(edits, edit{l.start, l.end, note("%d bytes", len(l.text))})
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	return apply(data, edits)
}

func vectorNamed(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "embedding") || strings.Contains(path, "vector")
}

func note(format string, n int) []byte { return json.Quote("[" + fmt.Sprintf(format, n) + "]") }

// isBase64 reports whether a text may be bytes in base64, in either alphabet.
func isBase64(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_=", c) >= 0) {
			return false
		}
	}
	return true
}
