package provider

import (
	"net/http"
	"strings"
)

// CopyClients copies what the provider's own clients send beside a request.
func (s *Spec) CopyClients(dst, src http.Header) {
	if len(s.Clients) == 0 {
		return
	}
	for name, values := range src {
		if s.ofClients(name) {
			dst[name] = values
		}
	}
}

func (s *Spec) ofClients(name string) bool {
	for _, c := range s.Clients {
		if begin, ok := strings.CutSuffix(c, "*"); ok && strings.HasPrefix(name, begin) || c == name {
			return true
		}
	}
	return false
}
