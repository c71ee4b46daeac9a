package redact

import (
	"bytes"
	"strings"
)

// escapes are those that may hide a secret in JSON.
type escapes struct {
	any   bool // a secret has what JSON itself is made of, or more than ASCII: rewriting may show it
	slash bool // a secret has a slash, which may be written as \/
}

func escapesOf(forms []string) (e escapes) {
	for _, f := range forms {
		e.any = e.any || strings.ContainsAny(strings.ReplaceAll(f, `\/`, ""), `{}[],:"\`) || !isASCII(f)
		e.slash = e.slash || strings.Contains(f, "/")
	}
	return e
}

// in reports whether a body has one of them.
func (e escapes) in(body []byte) bool {
	if e.any {
		return bytes.IndexByte(body, '\\') >= 0
	}
	for rest := body; ; rest = rest[2:] {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			return false
		}
		switch rest = rest[i:]; rest[1] {
		case 'u':
			if isASCIIEscape(rest) {
				return true
			}
		case '/':
			if e.slash {
				return true
			}
		}
	}
}

// isASCIIEscape reports whether an escape such as \u0041 stands for a character
// of ASCII, or may, for all that can be seen.
func isASCIIEscape(b []byte) bool {
	return len(b) < len(`\u00`) || b[2] == '0' && b[3] == '0'
}
