package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/usage"
)

// exchange is what is kept of the request and its answer, without credentials;
// nil if nothing is to be kept.
func (q *request) exchange() *usage.Exchange {
	if q.seen == nil {
		return nil
	}
	c := cleaner{q.allSecrets(), q.r.Header.Values("X-Portkey-Sensitive-Headers")}
	sent, header, received := q.seen.line()
	return &usage.Exchange{
		Method: q.r.Method, URL: c.url(q.r.URL), Header: c.header(q.r.Header), Body: c.body(sent),
		ResponseHeader: c.header(header), Response: c.body(received),
	}
}

// A cleaner takes out what is nobody else's business.
type cleaner struct {
	secrets   redact.Secrets // of the request
	sensitive []string       // lists of headers that the client does not want to be kept
}

func (c cleaner) url(u *url.URL) string {
	s := u.EscapedPath()
	if u.RawQuery != "" {
		s += "?" + redact.Query(u.RawQuery)
	}
	return c.secrets.Text(s)
}

// header leaves headers with credentials out, and those that the client does
// not want to be kept.
func (c cleaner) header(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		if redact.Named(name) || redact.Lists(c.sensitive, name) {
			continue
		}
		for _, v := range values {
			out[name] = append(out[name], c.value(name, v))
		}
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
func (c cleaner) body(b usage.Body) usage.Body {
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
