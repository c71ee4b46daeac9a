package upstream

import (
	"net/url"
	"strings"
)

// forwardQuery leaves out of a client's query what is meant for the gateway
// or is a credential; the rest stays byte for byte. Some SDKs send their key
// in the query, and it would go to whichever provider is called.
func forwardQuery(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err != nil || !privateParameter(strings.ToLower(plain)) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

func privateParameter(name string) bool {
	return name == "key" || strings.HasPrefix(name, "x-portkey-") || strings.HasPrefix(name, "x-sluice-")
}
