package dialect

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"strings"

	"sluice/core/llm"
)

// IsDataURL reports whether s begins as a data URL does.
func IsDataURL(s string) bool { return len(s) >= 5 && strings.EqualFold(s[:5], "data:") }

// ParseDataURL splits a data URL into media type and base64. Parameters of the
// type are left out, and data that are not base64 become it.
//
// https://www.rfc-editor.org/rfc/rfc2397
func ParseDataURL(s string) (mediaType, data string, ok bool) {
	if !IsDataURL(s) {
		return "", "", false
	}
	head, data, ok := strings.Cut(s[5:], ",")
	if !ok {
		return "", "", false
	}
	mediaType, params, _ := strings.Cut(head, ";")
	mediaType = cmp.Or(strings.ToLower(strings.TrimSpace(mediaType)), "text/plain")
	if !strings.HasSuffix(strings.ToLower(";"+params), ";base64") {
		plain, err := url.PathUnescape(data)
		if err != nil {
			plain = data
		}
		data = base64.StdEncoding.EncodeToString([]byte(plain))
	}
	return mediaType, data, true
}

// DataURL is the URL of a medium whose bytes are in the request.
func DataURL(m *llm.Media) string { return dataURLHead(m) + m.Data }

// IsDataURLOf reports whether s is [DataURL] of m, without making a copy of
// what may be megabytes.
func IsDataURLOf(s string, m *llm.Media) bool {
	head := dataURLHead(m)
	return len(s) == len(head)+len(m.Data) && strings.HasPrefix(s, head) && strings.HasSuffix(s, m.Data)
}

func dataURLHead(m *llm.Media) string { return "data:" + m.MediaType + ";base64," }

// TitledText is the text of a document under its title, for dialects whose
// texts have none.
func TitledText(m *llm.Media) string {
	if m.Name == "" {
		return m.Text
	}
	return m.Name + "\n\n" + m.Text
}
