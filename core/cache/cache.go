package cache

import (
	"context"
	"log/slog"
	"time"

	"sluice/core"
)

// Mode says which requests count as the same.
type Mode string

// Modes.
const (
	Simple   Mode = "simple"   // equal ones
	Semantic Mode = "semantic" // also those that mean the same
)

// DefaultMaxAge is how long an answer is good for if the config does not say.
//
// https://portkey.ai/docs/product/ai-gateway/cache-simple-and-semantic
const DefaultMaxAge = 7 * 24 * time.Hour

// MaxMaxAge is the longest time that an answer may be good for.
const MaxMaxAge = 90 * 24 * time.Hour

// Settings are what a config says of the cache.
type Settings struct {
	Mode   Mode          // empty: there is none
	MaxAge time.Duration // 0: [DefaultMaxAge]
}

// A Cache answers calls with what equal ones were answered. It is safe for
// concurrent use.
type Cache struct {
	Store *Store
	// Similar finds requests that mean the same. Nil: there is no semantic
	// mode.
	Similar Similar
	Log     *slog.Logger

	flights flights
}

// A Similar index finds the key of an answer to a request that means the same
// as another. Both methods have a deadline of their own, and note what they
// cost in the call's trace.
type Similar interface {
	// Find returns the key of the nearest request, if one is near enough. Only
	// those with an equal scope are looked at: it holds everything that has to
	// be equal.
	Find(ctx context.Context, scope Key, call *core.Call) (Key, bool)
	// Add makes a request known whose answer is kept under k until it expires.
	Add(ctx context.Context, scope Key, call *core.Call, k Key, expires time.Time) error
}

// A Question is a call as the cache sees it.
type Question struct {
	Call  *core.Call
	Key   Key
	Scope Key // of the semantic mode
	Settings
	Refresh bool // whatever there is, the target is asked
}

func (q *Question) maxAge() time.Duration {
	if q.MaxAge > 0 {
		return q.MaxAge
	}
	return DefaultMaxAge
}

// Answer answers a call from the cache, or with what next gives, which is kept
// then.
func (c *Cache) Answer(ctx context.Context, q Question, next core.HandlerFunc) (*core.Reply, error) {
	if q.Refresh {
		return c.ask(ctx, q, core.CacheRefresh, nil, next)
	}
	if r := c.look(ctx, q); r != nil {
		return r, nil
	}
	f, leads := c.flights.join(q.Key)
	if !leads {
		if e := f.wait(ctx); e != nil && e.Serves(q.Call) {
			q.Call.Trace.Note("", "an equal request was under way, and its answer is given")
			return e.Reply(q.Call, core.CacheHit), nil
		}
		return c.ask(ctx, q, core.CacheMiss, nil, next)
	}
	status := core.CacheMiss
	if q.Mode == Semantic {
		if r := c.similar(ctx, q); r != nil {
			f.end(nil)
			return r, nil
		}
		status = core.CacheSemanticMiss
	}
	return c.ask(ctx, q, status, f, next)
}

// look answers with what is kept under the call's own key, nil if there is
// nothing.
func (c *Cache) look(ctx context.Context, q Question) *core.Reply {
	e, err := c.Store.Get(ctx, q.Key)
	if err != nil && ctx.Err() == nil {
		c.Log.WarnContext(ctx, "the cache cannot be read", "error", err)
	}
	if e == nil || time.Since(e.Created) >= q.maxAge() || !e.Serves(q.Call) {
		return nil
	}
	return e.Reply(q.Call, core.CacheHit)
}

// similar answers with what is kept for a call that means the same.
func (c *Cache) similar(ctx context.Context, q Question) *core.Reply {
	if c.Similar == nil {
		return nil
	}
	k, ok := c.Similar.Find(ctx, q.Scope, q.Call)
	if !ok {
		return nil
	}
	q.Key = k
	r := c.look(ctx, q)
	if r != nil {
		r.Cache = core.CacheSemanticHit
	}
	return r
}

// ask has next answer, and keeps that.
func (c *Cache) ask(ctx context.Context, q Question, status core.CacheStatus, f *flight, next core.HandlerFunc) (*core.Reply, error) {
	reply, err := next(ctx, q.Call)
	if err != nil {
		f.end(nil)
		return nil, core.WithCache(err, status)
	}
	reply.Cache = status
	if reply.Relay() != nil {
		f.end(nil)
		return reply, nil
	}
	rec, err := core.Record(reply)
	if err != nil {
		f.end(nil)
		return nil, err
	}
	rec.Most = MaxEntry
	keep := func(ctx context.Context) { c.keep(ctx, q, rec, reply, f) }
	reply.OnClose(func() {
		if !rec.Complete {
			f.end(nil)
		}
	})
	if !core.RunAfter(ctx, keep) {
		reply.OnClose(func() { keep(context.WithoutCancel(ctx)) })
	}
	return reply, nil
}

// keep keeps an answer that has been read.
func (c *Cache) keep(ctx context.Context, q Question, rec *core.Recording, reply *core.Reply, f *flight) {
	defer func() { f.end(nil) }()
	e := newEntry(q.Call, rec)
	if e == nil {
		return
	}
	e.Region, e.Others, e.Dropped = reply.Region, reply.Others, reply.Dropped
	expires := e.Created.Add(q.maxAge())
	c.Store.Remember(q.Key, e, expires)
	f.end(e)
	if err := c.Store.Save(ctx, q.Key, e, expires); err != nil {
		c.Log.WarnContext(ctx, "an answer was not kept", "error", err)
		return
	}
	if q.Mode != Semantic || c.Similar == nil {
		return
	}
	if err := c.Similar.Add(ctx, q.Scope, q.Call, q.Key, expires); err != nil {
		c.Log.WarnContext(ctx, "an answer was not made known to similar requests", "error", err)
	}
}
