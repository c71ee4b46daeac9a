package httpx

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// CheckURL says whether a URL that a client or a tenant wrote may be called,
// as far as its text tells: the error is an [*Error] of class Refused. White
// space around it is ignored, so it must be trimmed before use. The rules are those that
// clients of the Portkey gateway know, without its trust in this machine and
// in short spellings of IPv4 addresses. No name is looked up, so that the same
// text is always judged alike.
func (g *Guard) CheckURL(raw string) error {
	if len(raw) > maxRemembered {
		return g.checkURL(raw)
	}
	return g.checked.Of(raw, func() error { return g.checkURL(raw) })
}

// maxRemembered is the longest URL whose check is remembered, in bytes: a
// client sends the same one with each request.
const maxRemembered = 256

func (g *Guard) checkURL(raw string) error {
	text := strings.ToLower(strings.TrimSpace(raw))
	u, err := parseCustom(text)
	if err != nil {
		return err
	}
	host, port := u.Hostname(), defaultPort(u.Scheme, u.Port())
	if g.trustsText(host, port) {
		return nil
	}
	if err := checkHost(host); err != nil {
		return err
	}
	if g.httpsOnly && (u.Scheme != "https" || port != "443") {
		return refuse("only https on port 443 is allowed")
	}
	return nil
}

func (g *Guard) trustsText(host, port string) bool {
	if g.trustsName(host, port) || g.loopback && isLoopbackName(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && g.trustsAddress(plain(ip), port)
}

// parseCustom applies the rules that hold for trusted hosts too: scheme,
// credentials, characters, port.
func parseCustom(text string) (*url.URL, error) {
	switch {
	case text == "":
		return nil, refuse("empty URL")
	case strings.ContainsFunc(text, unicode.IsControl):
		return nil, refuse("control characters in the URL")
	case strings.Contains(text, "api.portkey"):
		return nil, refuse("the URL is that of another gateway")
	case strings.Contains(text, "@"):
		return nil, refuse("credentials in the URL")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, refuse("not an http or https URL") // the parser's error would repeat the URL
	}
	if !only(nameChars, u.Hostname()) {
		return nil, refuse("characters in the host that are not allowed")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, refuse("port must be 1 to 65535")
		}
	}
	return u, nil
}

// Names inside networks, and those that clouds serve credentials under.
var (
	blockedTLDs = []string{"local", "localdomain", "internal", "intranet", "lan", "home", "corp",
		"test", "invalid", "onion", "localhost"}
	blockedHosts = []string{"metadata", "metadata.azure.com", "instance-data"}
)

// checkHost refuses what cannot be a public host.
func checkHost(host string) error {
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	switch {
	case last == "":
		return refuse("host ends in a dot")
	case len(labels) > 10:
		return refuse("host has more than 10 labels")
	case slices.Contains(blockedTLDs, last), slices.Contains(blockedHosts, host), strings.HasPrefix(host, "169.254.169."):
		return refuse("%s is not a public host", host)
	case !isNumber(last):
		return nil
	}
	// Everything that ends in a number is an IPv4 address to some resolver:
	// 127.1, 0x7f000001, 2130706433, 0177.0.0.1.
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return refuse("IPv4 addresses have four decimal numbers")
	}
	if !public(ip) {
		return refuse("%s is not a public address", host)
	}
	return nil
}

// isNumber is how the URL standard knows an IPv4 address.
//
// https://url.spec.whatwg.org/#ends-in-a-number-checker
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return only("0123456789abcdef", hex)
	}
	return only("0123456789", label)
}

const nameChars = "abcdefghijklmnopqrstuvwxyz0123456789.-"

func only(chars, s string) bool { return strings.Trim(s, chars) == "" }

func defaultPort(scheme, port string) string {
	if scheme == "https" {
		return cmp.Or(port, "443")
	}
	return cmp.Or(port, "80")
}
