package httpx

import (
	"net/netip"
	"slices"
)

// Networks that no public host is in.
//
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
var (
	special4 = prefixes(
		"0.0.0.0/8",       // unspecified
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // behind a carrier's NAT
		"127.0.0.0/8",     // loopback: on Lambda the runtime API
		"169.254.0.0/16",  // link-local: metadata, Lambda's runtime API
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // relays from 6to4, given up
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, broadcast
	)
	global6  = netip.MustParsePrefix("2000::/3") // all that was ever given out
	special6 = prefixes(
		"2001::/23",     // protocol assignments, tunnels, benchmarks
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4: any IPv4 address inside
		"3fff::/20",     // documentation
	)
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether an address, as [plain] returns it, can be that of a
// public host.
func public(ip netip.Addr) bool {
	in := func(p netip.Prefix) bool { return p.Contains(ip) }
	if ip.Is4() {
		return !slices.ContainsFunc(special4, in)
	}
	return global6.Contains(ip) && !slices.ContainsFunc(special6, in)
}

// Public reports whether an address, in whatever form, can be that of a public
// host.
func Public(ip netip.Addr) bool { return public(plain(ip)) }

// plain takes an IPv4 address out of the forms that carry one in IPv6: mapped
// (::ffff:a.b.c.d) and translated by NAT64, which IPv6-only networks use to
// reach public IPv4 hosts.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}
