package usage

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/core/internal/redact"
)

// A cleaner takes out what is nobody else's business.
type cleaner struct {
	secrets   redact.Secrets // of the request
	sensitive []string       // lists of headers that the client does not want to be kept
}

func (c cleaner) url(u string) string {
	path, query, asks := strings.Cut(u, "?")
	if u = redact.URLs(path); asks {
		u += "?" + redact.Query(query)
	}
	return c.secrets.Text(u)
}

// header leaves headers with credentials out, and those that the client does
// not want to be kept. If there is nothing of either it is h.
func (c cleaner) header(h http.Header) http.Header {
	if c.isClean(h) {
		return h
	}
	out := make(http.Header, len(h))
	all := make([]string, 0, len(h)) // nearly every header has one value
	for name, values := range h {
		if c.leavesOut(name) {
			continue
		}
		first := len(all)
		for _, v := range values {
			all = append(all, c.value(name, v))
		}
		out[name] = all[first:len(all):len(all)]
	}
	return out
}

func (c cleaner) isClean(h http.Header) bool {
	for name := range h {
		if c.leavesOut(name) {
			return false
		}
	}
	for name, values := range h {
		if slices.ContainsFunc(values, func(v string) bool { return c.value(name, v) != v }) {
			return false
		}
	}
	return true
}

func (c cleaner) leavesOut(name string) bool {
	return redact.Named(name) || redact.Lists(c.sensitive, name)
}

// value is that of a header. A config is kept without what it has of keys.
func (c cleaner) value(name, v string) string {
	if name == redact.ConfigHeader {
		return c.secrets.Text(redact.ConfigOf(v).Clean)
	}
	return c.secrets.Text(redact.URLs(v))
}

// body is what is kept of one.
func (c cleaner) body(b Body) Body {
	if b.Type == "" && !utf8.Valid(b.Bytes) {
		b.Bytes = nil
	}
	kept := b.Bytes
	if b.Cut() {
		kept = c.secrets.Whole(kept)
	}
	if strings.HasPrefix(b.Type, "application/x-www-form-urlencoded") {
		kept = []byte(redact.Query(string(kept)))
	}
	if kept = c.secrets.JSON(kept); !b.Cut() {
		b.Size = int64(len(kept)) // it is still whole
	}
	b.Bytes = kept
	return b
}
