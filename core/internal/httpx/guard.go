package httpx

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sluice/core/internal/recent"
)

// A Policy says which hosts requests may go to besides public ones. The zero
// value, for Lambda, allows no others.
type Policy struct {
	// Trusted lists hosts that may be reached wherever they are: a name, an
	// IP address, each also with ":port", or a network ("10.1.0.0/16"). The
	// name "localhost" includes "*.localhost".
	//
	// A name vouches for private and loopback addresses; one that is
	// link-local (metadata services) must be listed as an address.
	Trusted []string

	// AllowLoopback trusts this machine where a URL names it: localhost,
	// *.localhost, 127.0.0.0/8, [::1]. Another name that resolves to it is
	// still refused.
	AllowLoopback bool

	// HTTPSOnly refuses custom URLs that are not https on port 443, except
	// those of trusted hosts.
	HTTPSOnly bool
}

// A Guard keeps requests away from hosts that are not public, unless its
// policy trusts them.
type Guard struct {
	trusted   []trusted
	loopback  bool
	httpsOnly bool
	dialer    net.Dialer
	checked   recent.Map[string, error] // URLs
}

// mostChecked is how many URLs are remembered in a generation.
const mostChecked = 1 << 10

// trusted is one entry of the list: a name or a network, port 0 is any.
type trusted struct {
	name    string
	network netip.Prefix
	port    uint16
}

// NewGuard checks a policy and makes a guard of it.
func NewGuard(p Policy) (*Guard, error) {
	g := &Guard{loopback: p.AllowLoopback, httpsOnly: p.HTTPSOnly, dialer: net.Dialer{Timeout: 10 * time.Second}, checked: recent.Map[string, error]{Most: mostChecked, Own: strings.Clone}}
	for _, s := range p.Trusted {
		s = strings.ToLower(strings.TrimSpace(s))
		if s == "" { // a list that ends in a comma
			continue
		}
		t, err := parseTrusted(s)
		if err != nil {
			return nil, err
		}
		g.trusted = append(g.trusted, t)
	}
	return g, nil
}

func parseTrusted(s string) (trusted, error) {
	if network, err := netip.ParsePrefix(s); err == nil {
		return trusted{network: network.Masked()}, nil
	}
	host, port := s, ""
	if h, p, err := net.SplitHostPort(s); err == nil {
		host, port = h, p
	}
	var t trusted
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return t, fmt.Errorf("trusted host %q: port must be 1 to 65535", s)
		}
		t.port = uint16(n)
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		ip = plain(ip)
		t.network = netip.PrefixFrom(ip, ip.BitLen())
		return t, nil
	}
	if host == "" || !only(nameChars+"_", host) {
		return t, fmt.Errorf("trusted host %q: want a name, an IP address or a network, with or without a port", s)
	}
	t.name = host
	return t, nil
}

// DialContext connects to addr if the policy allows the address that it
// resolves to. The check is made on the very address that is connected to, so
// a name that resolves to another one every time does not get around it.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	d := g.dialer
	d.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		return g.checkAddress(strings.ToLower(host), port, resolved)
	}
	return d.DialContext(ctx, network, addr)
}

// checkAddress decides about an address that the host of a URL has resolved
// to.
func (g *Guard) checkAddress(host, port, resolved string) error {
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return refuse("address %q: %w", resolved, err)
	}
	ip := plain(ap.Addr())
	switch {
	case public(ip), g.trustsAddress(ip, port):
		return nil
	case g.trustsName(host, port) && (ip.IsPrivate() || ip.IsLoopback() || shared.Contains(ip)):
		return nil
	case g.loopback && ip.IsLoopback() && isLoopbackName(host):
		return nil
	}
	return refuse("%s is not a public host", host)
}

// shared is what carriers and some overlay networks give their hosts.
var shared = netip.MustParsePrefix("100.64.0.0/10")

func (g *Guard) trustsAddress(ip netip.Addr, port string) bool {
	for _, t := range g.trusted {
		if t.name == "" && t.network.Contains(ip) && t.allows(port) {
			return true
		}
	}
	return false
}

func (g *Guard) trustsName(host, port string) bool {
	for _, t := range g.trusted {
		same := t.name == host || t.name == "localhost" && strings.HasSuffix(host, ".localhost")
		if t.name != "" && same && t.allows(port) {
			return true
		}
	}
	return false
}

func (t trusted) allows(port string) bool {
	return t.port == 0 || strconv.Itoa(int(t.port)) == port
}

// isLoopbackName reports whether a host names this machine by itself, without
// being resolved.
func isLoopbackName(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func refuse(format string, args ...any) *Error {
	return &Error{Refused, fmt.Errorf(format, args...)}
}
