package w3c

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Bounds of what is kept of a client's lists.
const (
	maxStates  = 32      // entries of tracestate, as the page says
	maxState   = 4 << 10 // bytes of it: the page asks for 512
	maxBaggage = 64      // entries of baggage, as the page says
	maxKept    = 4 << 10 // bytes of names and values that are kept of them
)

// state joins the entries of tracestate; one that is not valid makes them all
// worth nothing.
func state(values []string) string {
	var kept []string
	seen := map[string]bool{}
	for entry := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if entry = strings.Trim(entry, " \t"); entry == "" {
			continue
		}
		key, value, _ := strings.Cut(entry, "=")
		if !isStateKey(key) || !isStateValue(value) || seen[key] || len(kept) == maxStates {
			return ""
		}
		seen[key] = true
		kept = append(kept, entry)
	}
	if s := strings.Join(kept, ","); len(s) <= maxState {
		return s
	}
	return ""
}

func isStateKey(key string) bool {
	const rest = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@"
	return len(key) > 0 && len(key) <= 256 && strings.Trim(key, rest) == "" && strings.Count(key, "@") <= 1 && !strings.ContainsRune("_-*/@", rune(key[0]))
}

func isStateValue(value string) bool {
	return value != "" && len(value) <= 256 && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' || r == '=' })
}

// Baggage reads names and values, as far as they are valid and there is room;
// nil if there are none. Properties of values are left out.
func Baggage(values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	out := map[string]string{}
	room := maxKept
	for entry := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, value, ok := member(entry)
		if room -= len(name) + len(value); !ok || room < 0 {
			continue
		}
		if out[name] = value; len(out) == maxBaggage {
			break
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func member(entry string) (name, value string, ok bool) {
	entry, _, _ = strings.Cut(entry, ";")
	name, value, ok = strings.Cut(entry, "=")
	name = strings.TrimSpace(name)
	if !ok || !isToken(name) {
		return "", "", false
	}
	value, err := url.PathUnescape(strings.TrimSpace(value))
	return name, value, err == nil && utf8.ValidString(value)
}

// isToken reports whether s is what HTTP calls a token.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
