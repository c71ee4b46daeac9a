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
