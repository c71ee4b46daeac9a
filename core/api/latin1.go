package api

import (
	"net/http"
	"unicode/utf8"

	"sluice/core/internal/header"
)

// texts are headers with JSON, in which clients write words of their own.
var texts = []string{"X-Portkey-Config", "X-Portkey-Metadata", "X-Portkey-Default-Input-Guardrails", "X-Portkey-Default-Output-Guardrails"}

// inUTF8 is the request with its texts in UTF-8. JavaScript's fetch writes
// headers in ISO 8859-1, where others write UTF-8: what is no UTF-8 is taken
// for that.
//
// https://fetch.spec.whatwg.org/#headers-class
func inUTF8(r *http.Request) *http.Request {
	for _, name := range texts {
		if v := header.Get(r.Header, name); !utf8.ValidString(v) {
			r = r.Clone(r.Context())
			r.Header[name][0] = fromLatin1(v)
		}
	}
	return r
}

func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
