package httpx

import (
	"net/netip"
	"net/url"
	"strings"
)

// Names reports whether the policy's list names the host of a URL: an
// administrator vouches for it. That loopback is allowed says nothing here.
func (g *Guard) Names(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	host, port := strings.ToLower(u.Hostname()), defaultPort(u.Scheme, u.Port())
	if ip, err := netip.ParseAddr(host); err == nil {
		return g.trustsAddress(plain(ip), port)
	}
	return g.trustsName(host, port)
}

// HostLabels reports whether a text is one or more DNS labels (RFC 1123), so
// that a name it is put into stays in its domain. Underscores count as
// letters: some account names have them.
func HostLabels(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !only(nameChars+"_", strings.ToLower(label)) {
			return false
		}
	}
	return true
}
