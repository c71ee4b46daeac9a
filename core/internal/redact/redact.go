// Package redact takes known secrets out of texts that others have written. A
// provider's error may quote the key that it was sent, in its words, in a
// header or in a URL; whoever hands the text on takes it out first.
//
// Types that hold secrets print none. This is for what comes back.
package redact

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// Mask stands where a secret was. It is plain ASCII, for headers.
const Mask = "***"

// shortest is the length below which a text is no secret, in bytes: taking it
// out would only blot out words.
const shortest = 8

// Secrets are those of one request. The zero value has none. They are behind a
// pointer so that nothing prints them by accident.
type Secrets struct{ forms *forms }

// forms are what secrets look like.
type forms struct {
	list    []string // longer ones first: a secret may begin with another one
	escapes escapes  // of JSON that may hide one of them
}

// New collects secrets, in each of the forms in which a text may quote them:
// as they are, in JSON, in a URL. Empty ones do not count.
func New(secrets ...string) Secrets {
	list := make([]string, 0, len(secrets))
	for _, s := range secrets {
		if s = strings.TrimSpace(s); len(s) < shortest {
			continue
		}
		list = append(list, s)
		if isUnreserved(s) {
			continue // all forms are the same
		}
		quoted := string(json.Quote(s))
		quoted = quoted[1 : len(quoted)-1]
		list = append(list, quoted, strings.ReplaceAll(quoted, "/", `\/`), url.QueryEscape(s), url.PathEscape(s))
	}
	return sorted(list)
}

// isUnreserved reports whether a text has only what is written as it is in JSON
// and in URLs.
func isUnreserved(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~') {
			return false
		}
	}
	return true
}

// Join has the secrets of both.
func Join(a, b Secrets) Secrets {
	switch {
	case a.has(b):
		return a
	case b.has(a):
		return b
	}
	return sorted(slices.Concat(a.all(), b.all()))
}

// has reports whether all secrets of b are among those of s: mostly a provider
// is sent the key that the client has sent.
func (s Secrets) has(b Secrets) bool {
	for _, form := range b.all() {
		if !slices.Contains(s.all(), form) {
			return false
		}
	}
	return true
}

func sorted(list []string) Secrets {
	if len(list) == 0 {
		return Secrets{}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	list = slices.Compact(list)
	return Secrets{&forms{list, escapesOf(list)}}
}

func (s Secrets) all() []string {
	if s.forms == nil {
		return nil
	}
	return s.forms.list
}

// Text returns a text without the secrets.
func (s Secrets) Text(text string) string {
	for _, form := range s.all() {
		if len(text) >= len(form) { // few values of headers are as long as a key
			text = strings.ReplaceAll(text, form, Mask)
		}
	}
	return text
}

// JSON returns a body without the secrets. It is the same slice if none was
// in it. JSON has more than one way to write a character: a body that hides a
// secret behind escapes is written anew.
func (s Secrets) JSON(body []byte) []byte {
	if len(s.all()) == 0 {
		return body
	}
	out := body
	if s.forms.escapes.in(body) {
		if plain := json.Unescape(body); s.in(plain) {
			out = plain
		}
	}
	for _, form := range s.all() {
		if bytes.Contains(out, []byte(form)) {
			out = bytes.ReplaceAll(out, []byte(form), []byte(Mask))
		}
	}
	return out
}

func (s Secrets) in(b []byte) bool {
	return slices.ContainsFunc(s.all(), func(form string) bool { return bytes.Contains(b, []byte(form)) })
}

// Whole returns the beginning of a text that was cut off, without the beginning
// of a secret at its end.
func (s Secrets) Whole(text []byte) []byte {
	end := len(text)
	for _, form := range s.all() {
		for n := min(len(form)-1, len(text)); n > len(text)-end; n-- {
			if string(text[len(text)-n:]) == form[:n] {
				end = len(text) - n
				break
			}
		}
	}
	return text[:end]
}

// Header takes the secrets out of the values of h.
func (s Secrets) Header(h http.Header) {
	for _, values := range h {
		for i, v := range values {
			if t := s.Text(v); t != v {
				values[i] = t
			}
		}
	}
}

// Lists reports whether one of some lists of names, with commas, has a name.
func Lists(lists []string, name string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(one), name) {
				return true
			}
		}
	}
	return false
}

// Query masks the secret parameters of a URL's query, or of a form that is
// written as one.
func Query(query string) string {
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, _, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); err != nil || isSecretParameter(plain) {
			parts[i] = name + "=" + Mask
		}
	}
	return strings.Join(parts, "&")
}

// isSecretParameter reports whether a parameter of a URL is a credential, or a
// part of a signature, by which the URL is one.
func isSecretParameter(name string) bool {
	lower := strings.ToLower(name)
	return Named(name) || strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "x-goog-") ||
		strings.Contains(lower, "signature") || lower == "sig" || lower == "code"
}

// OfRequest lists the credentials in a request's headers, in the configs among
// them, and in the query of its URL.
func OfRequest(h http.Header, query string) []string {
	list := append(OfHeader(h), OfQuery(query)...)
	for _, config := range h.Values(ConfigHeader) {
		list = append(list, ConfigOf(config).Secrets...)
	}
	return list
}

// OfHeader lists the credentials in a request's headers.
func OfHeader(h http.Header) []string {
	var out []string
	for name, values := range h {
		if !Named(name) {
			continue
		}
		for _, v := range values {
			if scheme, token, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "Bearer") {
				v = token
			}
			out = append(out, v)
		}
	}
	return out
}

// OfQuery lists the credentials in a URL's query.
func OfQuery(query string) []string {
	if query == "" {
		return nil
	}
	values, _ := url.ParseQuery(query) // what can be read of it
	var out []string
	for name, vs := range values {
		if Named(name) {
			out = append(out, vs...)
		}
	}
	return out
}

// OfJSON lists the credentials in a document, such as a routing config,
// however deep.
func OfJSON(v json.Value) []string {
	var out []string
	switch v.Kind() {
	case '{':
		members, _ := json.Members(v)
		for _, m := range members {
			if m.Value.Kind() == '"' && Named(m.Name) {
				out = append(out, json.Unquote(m.Value))
			} else {
				out = append(out, OfJSON(m.Value)...)
			}
		}
	case '[':
		elements, _ := json.Elements(v)
		for _, e := range elements {
			out = append(out, OfJSON(e)...)
		}
	}
	return out
}
