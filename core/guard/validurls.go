package guard

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.validUrls", New: newValidURLs}) }

// Bounds of the URLs of one text: a model must not make us flood others.
const (
	maxURLs      = 64
	urlsAtOnce   = 8
	urlTime      = 3 * time.Second
	maxRedirects = 5
	maxURLLength = 8 << 10 // bytes; a longer one leads nowhere
)

// validURLs passes texts whose URLs all lead somewhere. It asks hosts that a
// model has named: those that are not public are refused, as everywhere, and
// nothing goes along with the question. What stands in a URL is told all the
// same; onlyDNS tells no more than the name.
type validURLs struct {
	http     Doer
	lookup   func(ctx context.Context, host string) ([]string, error)
	resolver string // URL of DNS over HTTPS with JSON, "" for ours
	onlyDNS  bool
	not      bool
}

// newValidURLs reads, besides the reference's parameters, dnsUrl: the
// reference asks https://1.1.1.1/dns-query about each host; here that is done
// for those who want it, and our own resolver is asked.
func newValidURLs(p *Params, e Env) Check {
	c := &validURLs{http: e.HTTP, lookup: e.LookupHost, onlyDNS: p.Bool("onlyDNS", false), not: p.Bool("not", false)}
	if c.lookup == nil {
		c.lookup = net.DefaultResolver.LookupHost
	}
	if p.Value("dnsUrl") != nil {
		c.resolver = endpoint(p, "dnsUrl")
	}
	return c
}

func (c *validURLs) method() string { return choose(c.onlyDNS, "DNS lookup", "HTTP request") }

func (c *validURLs) Check(ctx context.Context, in *Input) (Verdict, error) {
	text := in.Text()
	if text == "" {
		return Verdict{}, ErrNoText
	}
	urls := findURLs(text)
	switch {
	case len(urls) == 0:
		return found(c.not, struct {
			Explanation string   `json:"explanation"`
			URLs        []string `json:"urls"`
			Not         bool     `json:"not"`
			Method      string   `json:"validationMethod"`
			TextExcerpt string   `json:"textExcerpt"`
		}{"No URLs found in the text.", nil, c.not, c.method(), excerpt(text)}), nil
	case len(urls) > maxURLs:
		return Verdict{}, &Error{"Error", fmt.Sprintf("there are more than %d URLs", maxURLs)}
	}
	valid, invalid := c.divide(ctx, urls)
	if err := ctx.Err(); err != nil {
		return Verdict{}, &Error{"TimeoutError", "the URLs could not be checked in time"}
	}
	pass := (len(invalid) == 0) != c.not
	return found(pass, struct {
		Verdict     bool     `json:"verdict"`
		Not         bool     `json:"not"`
		Explanation string   `json:"explanation"`
		ValidURLs   []string `json:"validUrls"`
		InvalidURLs []string `json:"invalidUrls"`
		Method      string   `json:"validationMethod"`
		TextExcerpt string   `json:"textExcerpt"`
	}{pass, c.not, choose(len(invalid) == 0, fmt.Sprintf("All URLs are valid (%d found).", len(urls)),
		fmt.Sprintf("Some URLs are invalid (%d of %d failed).", len(invalid), len(urls))),
		valid, invalid, c.method(), excerpt(text)}), nil
}

// divide asks about all URLs, a few at a time, and keeps their order.
func (c *validURLs) divide(ctx context.Context, urls []string) (valid, invalid []string) {
	var all sync.WaitGroup
	free := make(chan struct{}, urlsAtOnce)
	good := map[string]*bool{}
	for _, u := range urls {
		ok := new(bool)
		good[u] = ok
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(ctx, urlTime)
			defer cancel()
			*ok = c.leads(ctx, u)
		})
	}
	all.Wait()
	return divide(urls, func(u string) bool { return *good[u] })
}

func (c *validURLs) leads(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxURLLength || u.Hostname() == "":
		return false
	case !c.onlyDNS:
		return c.answers(ctx, u)
	case c.resolver != "":
		return c.isKnown(ctx, u.Hostname())
	}
	return c.resolves(ctx, u.Hostname())
}

// answers asks for the head of a page. Each redirect is a request of its own,
// so that none leads past the check of addresses.
func (c *validURLs) answers(ctx context.Context, u *url.URL) bool {
	for range maxRedirects + 1 {
		u.User = nil
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
		if err != nil {
			return false
		}
		req.Header.Set("User-Agent", "URLValidator/1.0")
		resp, err := c.http.Do(req)
		if err != nil {
			return false
		}
		httpx.Drain(resp.Body)
		location := resp.Header.Get("Location")
		if resp.StatusCode/100 != 3 || location == "" {
			return resp.StatusCode/100 == 2
		}
		if u, err = u.Parse(location); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return false
		}
	}
	return false
}

// resolves reports whether a host has a public address: what stands in a
// private network is nothing that a model's user is to hear about.
func (c *validURLs) resolves(ctx context.Context, host string) bool {
	addresses, err := c.lookup(ctx, host)
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a); err == nil && httpx.Public(ip) {
			return true
		}
	}
	return false
}

// isKnown asks the resolver of the config.
func (c *validURLs) isKnown(ctx context.Context, host string) bool {
	u, err := url.Parse(c.resolver)
	if err != nil {
		return false
	}
	query := u.Query()
	query.Set("name", host)
	u.RawQuery = query.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return false
	}
	req.Header.Set("Accept", "application/dns-json")
	_, body, err := Send(ctx, c.http, req, urlTime)
	answers, _ := json.Elements(json.Lookup(body, "Answer"))
	return err == nil && string(json.Lookup(body, "Status")) == "0" && len(answers) > 0
}

// anURL ends at white space, quotes, brackets, and the punctuation of Chinese
// and Japanese. A round bracket may stand in it.
var anURL = regexp.MustCompile(`https?://(?:\[[0-9A-Fa-f:.]+\]` + inURL + `*|` + inURL + `+)`)

const inURL = "[^\\s\"'<>\\[\\]{}|\\\\^`\\x{3000}-\\x{303f}\\x{ff00}-\\x{ff0f}\\x{ff1a}-\\x{ff1f}]"

// findURLs lists the URLs of a text, each once, up to one more than are
// allowed.
func findURLs(text string) (urls []string) {
	known := map[string]bool{}
	for len(urls) <= maxURLs {
		at := anURL.FindStringIndex(text)
		if at == nil {
			break
		}
		u := trimURL(text[at[0]:at[1]])
		text = text[at[1]:]
		if !known[u] {
			known[u] = true
			urls = append(urls, u)
		}
	}
	return urls
}

// trimURL takes off what ends the sentence, and a bracket that was opened
// before the URL.
func trimURL(u string) string {
	for len(u) <= maxURLLength {
		short := strings.TrimRight(u, ".,;:!?*_~")
		if strings.HasSuffix(short, ")") && strings.Count(short, ")") > strings.Count(short, "(") {
			short = strings.TrimSuffix(short, ")")
		}
		if short == u {
			break
		}
		u = short
	}
	return u
}
