package redact

import (
	"regexp"
	"strings"
)

// userInfo is a name and a password in a URL.
var userInfo = regexp.MustCompile(`://[^/?#\s"]*@`)

// urlQuery is the query of a URL in a text.
var urlQuery = regexp.MustCompile(`(://[^?\s"]*\?)([^#\s"]*)`)

// URLs takes passwords and secret parameters out of URLs in a text.
func URLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	if strings.Contains(text, "@") {
		text = userInfo.ReplaceAllString(text, "://"+Mask+"@")
	}
	if !strings.Contains(text, "?") {
		return text
	}
	return urlQuery.ReplaceAllStringFunc(text, func(s string) string {
		at := strings.IndexByte(s, '?') + 1
		return s[:at] + Query(s[at:])
	})
}
