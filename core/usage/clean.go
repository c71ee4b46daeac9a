package usage

import (
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/internal/redact"
)

// A cleaner takes out what is nobody else's business.
type cleaner struct {
	secrets   redact.Secrets // of the request
	sensitive []string       // lists of headers that the client does not want to be kept
}

func (c cleaner) url(u string) string {
	path, query, asks := strings.Cut(u, "?")
	if u = cleanURLs(path); asks {
		u += "?" + redact.Query(query)
	}
	return c.secrets.Text(u)
}

// header leaves headers with credentials out, and those that the client does
// not want to be kept.
func (c cleaner) header(h http.Header) http.Header {
	out := make(http.Header, len(h))
	all := make([]string, 0, len(h)) // nearly every header has one value
	for name, values := range h {
		if redact.Named(name) || redact.Lists(c.sensitive, name) {
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

// value is that of a header. A config is kept without what it has of keys.
func (c cleaner) value(name, v string) string {
	if name == "X-Portkey-Config" && strings.HasPrefix(strings.TrimSpace(v), "{") {
		if !json.Valid([]byte(v)) {
			return redact.Mask // nobody can tell what is a key in it
		}
		v = string(withoutKeys(json.Value(v)))
	}
	return c.secrets.Text(cleanURLs(v))
}

// withoutKeys masks the members of a document that are named as credentials
// are, whatever they hold.
func withoutKeys(v json.Value) json.Value {
	switch v.Kind() {
	case '{':
		o := json.ObjectOf(v)
		for i, m := range o {
			if redact.Named(m.Name) {
				o[i].Value = json.Quote(redact.Mask)
			} else {
				o[i].Value = withoutKeys(m.Value)
			}
		}
		return o.Value()
	case '[':
		elements, _ := json.Elements(v)
		w := json.NewWriter("[")
		for _, e := range elements {
			w.Element(withoutKeys(e))
		}
		w.Close(']')
		return w.B
	}
	return v
}

// userInfo is a name and a password in a URL.
var userInfo = regexp.MustCompile(`://[^/?#\s"]*@`)

// urlQuery is the query of a URL in a text.
var urlQuery = regexp.MustCompile(`(://[^?\s"]*\?)([^#\s"]*)`)

// cleanURLs takes passwords and secret parameters out of URLs in a text.
func cleanURLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	text = userInfo.ReplaceAllString(text, "://"+redact.Mask+"@")
	return urlQuery.ReplaceAllStringFunc(text, func(s string) string {
		at := strings.IndexByte(s, '?') + 1
		return s[:at] + redact.Query(s[at:])
	})
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
