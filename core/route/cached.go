package route

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/cache"
	"sluice/core/internal/header"
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
		control := cacheControl(c.Header)
		if !cache.Cacheable(c) || control.noStore {
			return next.Handle(ctx, c)
		}
		t := l.target(c)
		c, err := upstream.Merge(c, t)
		if err != nil {
			return nil, err
		}
		if _, err = l.lend(ctx, &t); err != nil { // the target says what is wrong
			return next.Handle(ctx, c)
		}
		q, ok, err := l.question(c, t)
		if err != nil {
			return nil, err
		}
		if !ok {
			return next.Handle(ctx, c)
		}
		q.Refresh, q.Oldest = control.fresh || forced(c.Header), control.oldest
		return l.env.Cache.Answer(ctx, q, next.Handle)
	})
}

// forced reports whether the client wants whatever is kept to be replaced.
func forced(h http.Header) bool {
	v := header.Get(h, "X-Portkey-Cache-Force-Refresh")
	return v != "" && !strings.EqualFold(v, "false")
}

// A control is what a client says of caches on the way.
type control struct {
	fresh   bool          // what is kept will not do
	noStore bool          // nothing is to be kept
	oldest  time.Duration // how old an answer may be; 0: nothing is said
}

// cacheControl reads what a client says of caches on the way.
//
// https://www.rfc-editor.org/rfc/rfc9111#name-request-directives
func cacheControl(h http.Header) (c control) {
	for _, v := range h["Cache-Control"] {
		for d := range strings.SplitSeq(strings.ToLower(v), ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			switch name {
			case "no-cache":
				c.fresh = true
			case "no-store":
				c.noStore = true
			case "max-age":
				n, err := strconv.Atoi(strings.Trim(value, `"`))
				if err == nil && n > 0 {
					c.oldest = min(time.Duration(n)*time.Second, cache.MaxMaxAge)
				}
				c.fresh = c.fresh || err != nil || n <= 0 // what cannot be read is taken for the strictest
			}
		}
	}
	return c
}
