package redact

import "strings"

// names are parts of the names of headers, options and query parameters that
// hold credentials, by their first letters.
var names = func() (byFirst [256][]string) {
	for _, n := range []string{"key", "token", "secret", "password", "passphrase", "authorization", "credential", "cookie", "serviceaccount"} {
		byFirst[n[0]] = append(byFirst[n[0]], n)
	}
	return byFirst
}()

// ownPrefix is of the gateway's headers. It has a key in it that says nothing.
const ownPrefix = "x-portkey-"

// usual are headers that nearly every request or answer has, and whether they
// hold a credential.
var usual = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Date", "Server", "User-Agent",
		"X-Portkey-Cache-Status", "X-Portkey-Config", "X-Portkey-Custom-Host", "X-Portkey-Last-Used-Option-Index", "X-Portkey-Metadata",
		"X-Portkey-Provider", "X-Portkey-Retry-Attempt-Count", "X-Portkey-Trace-Id", "X-Sluice-Cost", "X-Sluice-Request-Id",
	} {
		known[name] = named(name)
	}
	return known
}()

// Named reports whether something of that name holds a credential, however its
// words are spelled and taken together.
func Named(name string) bool {
	if secret, ok := usual[name]; ok {
		return secret
	}
	return named(name)
}

func named(name string) bool {
	if !isASCII(name) {
		name = strings.ToLower(name) // which makes ASCII of some letters
	}
	if len(name) >= len(ownPrefix) && strings.EqualFold(name[:len(ownPrefix)], ownPrefix) {
		name = name[len(ownPrefix):]
	}
	joined := make([]byte, 0, 64) // longer than ordinary names
	for _, c := range []byte(name) {
		switch {
		case c == '-' || c == '_':
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		joined = append(joined, c)
	}
	for i, c := range joined {
		for _, part := range names[c] {
			if rest := joined[i:]; len(rest) >= len(part) && string(rest[:len(part)]) == part {
				return true
			}
		}
	}
	return false
}

func isASCII(s string) bool {
	for _, c := range []byte(s) {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
