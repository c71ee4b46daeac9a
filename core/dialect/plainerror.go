package dialect

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"sluice/core/internal/json"
)

// PlainError is a short text for the body of a failure that has no message.
// JSON of an unknown shape or a page of HTML says nothing that a client of an
// API can use.
func PlainError(status int, contentType string, body []byte) string {
	s := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
	if s == "" || s[0] == '<' || json.Valid(body) || strings.Contains(contentType, "html") {
		return fmt.Sprintf("the provider answered with status %d %s", status, cmp.Or(http.StatusText(status), "and no reason"))
	}
	const limit = 1000
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
