package route

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/guard"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// cached answers from the cache, if the config asks for one. It stands behind
// the input hooks, which are asked every time, and before everything that may
// cost something; what it keeps has passed the output hooks.
func (l *leaf) cached(next core.Handler) core.Handler {
	if l.settings.cache.Mode == "" || l.env.Cache == nil {
		return next
	}
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		fresh, store := cacheControl(c.Header)
		if !cache.Cacheable(c) || !store {
			return next.Handle(ctx, c)
		}
		t := l.target(c)
		c, err := upstream.Merge(c, t)
		if err != nil {
			return nil, err
		}
		q, err := l.question(c, t)
		if err != nil {
			return nil, err
		}
		q.Refresh = fresh || c.Header.Get("X-Portkey-Cache-Force-Refresh") == "true"
		return l.env.Cache.Answer(ctx, q, next.Handle)
	})
}

// cacheControl reads what the client says of caches on the way: whether it
// wants a fresh answer, and whether that may be kept.
//
// https://www.rfc-editor.org/rfc/rfc9111#name-request-directives
func cacheControl(h http.Header) (fresh, store bool) {
	store = true
	for _, v := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(strings.ToLower(v), ",") {
			switch strings.TrimSpace(d) {
			case "no-cache", "max-age=0":
				fresh = true
			case "no-store":
				store = false
			}
		}
	}
	return fresh, store
}

// question is a call as the cache sees it: everything that decides its answer.
func (l *leaf) question(c *core.Call, t upstream.Target) (cache.Question, error) {
	d := cache.NewDigest()
	asker(d, c)
	l.destination(d, c, t)
	if err := l.judges(d, c.Header); err != nil {
		return cache.Question{}, err
	}
	q := cache.Question{Call: c, Settings: l.settings.cache}
	if c.Operation == llm.Generate {
		req, err := c.Request()
		if err != nil {
			return q, err
		}
		q.Scope = d.Key()
		q.Key = d.Text(c.Model).Request(req).Key()
		return q, nil
	}
	q.Key = d.Text(string(c.Operation), string(c.Dialect), c.Path, c.Model, c.Header.Get("Content-Type")).Bytes(c.Body).Key()
	return q, nil
}

// asker writes who asks. A namespace takes the place of metadata.
func asker(d *cache.Digest, c *core.Call) {
	d.Text(c.Principal.Workspace, c.Principal.Key)
	if n := c.Header.Get("X-Portkey-Cache-Namespace"); n != "" {
		d.Text("namespace", n)
	} else {
		d.Text("metadata").Texts(c.Metadata)
	}
}

// destination writes which target is asked, where it is, with whose credential
// and with which of the client's headers.
func (l *leaf) destination(d *cache.Digest, c *core.Call, t upstream.Target) {
	options := make(map[string]string, len(t.Settings.Options))
	for name, v := range t.Settings.Options {
		options[name] = v.Reveal()
	}
	d.Text(l.spec.ID, t.Settings.CustomHost, t.Settings.APIKey.Reveal(), c.Query).Texts(options)
	d.Text(fmt.Sprint(c.Strict, t.Strict, t.Lent))
	h := t.ForwardHeaders.Clone()
	if h == nil {
		h = http.Header{}
	}
	l.spec.CopyClients(h, c.Header)
	for name, values := range c.Header {
		if strings.HasPrefix(name, "Anthropic-") || strings.HasPrefix(name, "X-Amzn-Bedrock-") {
			h[name] = values
		}
	}
	headers := make(map[string]string, len(h))
	for name, values := range h {
		headers[name] = strings.Join(values, "\n")
	}
	d.Texts(headers)
}

// judges writes what an answer has to pass before it is kept: RC-07.
func (l *leaf) judges(d *cache.Digest, h http.Header) error {
	_, output, err := l.hooksFor(h)
	if err != nil {
		return err
	}
	d.Text(guard.Version)
	for _, k := range output.hooks {
		d.Bytes(k.Source)
	}
	return nil
}
