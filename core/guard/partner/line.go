package partner

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/core/guard"
	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
	"sluice/core/secret"
)

// A line is the way to a service for one check.
type line struct {
	service string
	url     string
	env     guard.Env
	header  http.Header // without the key
	key     secret.Value
	keyName string // the header that takes it
	timeout time.Duration
	// authorize adds what proves who asks, where that is more than a key.
	authorize func(ctx context.Context, r *http.Request) error
	// replaces says that the check may replace texts.
	replaces bool
}

// redacts reads whether texts are replaced by what the service gives back.
func (l *line) redacts(p *guard.Params) bool {
	l.replaces = p.Bool("redact", false)
	return l.replaces
}

// line reads the credentials and the timeout.
func (s service) line(p *guard.Params, e guard.Env, k kind) *line {
	l := &line{service: s.name, env: e, header: http.Header{}}
	l.timeout = p.Timeout(cmp.Or(k.timeout, timeout))
	outer := p
	if !s.plain || p.Value("credentials") != nil {
		outer = p.Object("credentials")
	}
	c := outer
	if s.within != "" {
		c = outer.Object(s.within)
	}
	l.url = s.where(c, k.path)
	s.identify(c, l)
	if c != outer {
		outer.Within(s.within, c)
	}
	if outer != p {
		p.Within("credentials", outer)
	}
	return l
}

// identify reads what proves who asks.
func (s service) identify(c *guard.Params, l *line) {
	if s.auth != nil {
		s.auth(c, l)
	}
	if s.key != "" {
		l.withKey(c, s.key, cmp.Or(s.keyName, "apiKey"))
	}
	for header, name := range s.headers {
		needed(c, name)
		l.header.Set(header, c.Text(name, ""))
		sendable(c, name, c.Text(name, ""))
	}
}

// needed notes texts that are absent or empty.
func needed(p *guard.Params, names ...string) {
	for _, name := range names {
		if v := p.Value(name); v == nil || string(v) == `""` {
			p.Fail(name, "Required")
		}
	}
}

// withKey reads a key, and the header that takes it.
func (l *line) withKey(c *guard.Params, header, name string) {
	needed(c, name)
	l.keyName, l.key = header, c.Secret(name)
	sendable(c, name, l.key.Reveal())
}

// where is the URL of a check.
func (s service) where(c *guard.Params, path string) string {
	base := s.base
	if s.custom != "" {
		if base == "" {
			needed(c, s.custom)
		}
		base = baseURL(c, s.custom, base)
	}
	base += path
	if !strings.Contains(base, "{domain}") {
		return base
	}
	if s.hostDefault == "" {
		needed(c, s.host)
	}
	return strings.ReplaceAll(base, "{domain}", hostName(c, s.host, s.hostDefault))
}

// hostName reads a parameter that stands in the host of a URL.
func hostName(p *guard.Params, name, otherwise string) string {
	host := p.Text(name, otherwise)
	if host != "" && !httpx.HostLabels(host) {
		p.Fail(name, "Must be a host name")
		return ""
	}
	return host
}

// baseURL reads a parameter that URLs begin with. Where it leads to is the
// business of what sends requests.
func baseURL(p *guard.Params, name, otherwise string) string {
	text := strings.TrimRight(p.Text(name, ""), "/")
	if text == "" {
		return otherwise
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		p.Fail(name, "Must be a URL with http or https, without a query")
		return ""
	}
	return text
}

// sendable notes that a credential cannot stand in a header.
func sendable(p *guard.Params, name, text string) {
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		p.Fail(name, "Must not hold control characters")
	}
}

// post sends a body to the check's own URL and returns the answer.
func (l *line) post(ctx context.Context, body json.Value) (json.Value, error) {
	req, err := guard.PostJSON(l.url, l.header, body)
	if err != nil {
		return nil, err
	}
	switch {
	case l.keyName == "":
	case l.keyName == "Authorization":
		req.Header.Set(l.keyName, "Bearer "+l.key.Reveal())
	default:
		req.Header.Set(l.keyName, l.key.Reveal())
	}
	if l.authorize != nil {
		if err := l.authorize(ctx, req); err != nil {
			return nil, err
		}
	}
	_, answer, err := guard.Send(ctx, l.env.HTTP, req, l.timeout)
	if err != nil {
		return nil, err
	}
	if !json.Valid(answer) {
		return nil, errUnreadable
	}
	return answer, nil
}

// named puts the service's name before an error.
func (l *line) named(err error) error {
	if err == nil {
		return nil
	}
	e := &guard.Error{Name: "Error", Message: err.Error()}
	if own, ok := errors.AsType[*guard.Error](err); ok {
		e.Name = own.Name
	}
	e.Message = l.service + ": " + e.Message
	return e
}
