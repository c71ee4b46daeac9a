package cache

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"sluice/core"
	"sluice/core/internal/recent"
	"sluice/core/llm"
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
	known   recent.Map[Key, Known] // by their bytes
}

// A Similar index finds the key of an answer to a request that means the same
// as another. Both methods have a deadline of their own, and note what they
// cost in the call's trace.
type Similar interface {
	// Find returns the key of the nearest request, if one is near enough. Only
	// those with an equal scope are looked at: it holds everything that has to
	// be equal but the request itself.
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
	Refresh bool          // whatever there is, the target is asked
	Oldest  time.Duration // how old an answer the client takes; 0: as old as the config allows
	Wait    time.Duration // how long an equal call under way is waited for; 0: maxWait
	At      string        // path of the target in the config, for notes
	// Passed reports whether what output hooks have found since the answer
	// began lets it be kept. They may judge a stream while it goes out, or
	// later. Nil: there are none.
	Passed func([]core.Finding) bool
}

// maxWait is how long an equal call that is under way is waited for. Then the
// target is asked once more.
const maxWait = 2 * time.Minute

func (q *Question) maxAge() time.Duration { return cmp.Or(q.MaxAge, DefaultMaxAge) }

// takes reports whether an entry may answer the call.
func (q *Question) takes(e *Entry) bool {
	age := time.Since(e.Created)
	return age < q.maxAge() && (q.Oldest <= 0 || age <= q.Oldest) && e.Serves(q.Call)
}

// missed is what the cache had if it had nothing.
func (q *Question) missed() core.CacheStatus {
	switch {
	case q.Refresh:
		return core.CacheRefresh
	case q.Mode == Semantic:
		return core.CacheSemanticMiss
	}
	return core.CacheMiss
}

// Answer answers a call from the cache, or with what next gives, which is kept
// then. Equal calls that come while one is under way wait for its answer; they
// ask themselves if nothing comes of it that they can be given. If its client
// has gone, one of them takes its place.
func (c *Cache) Answer(ctx context.Context, q Question, next core.HandlerFunc) (*core.Reply, error) {
	if q.Refresh {
		return c.ask(ctx, q, nil, next)
	}
	if e := c.look(ctx, q, q.Key); e != nil {
		return q.give(e, core.CacheHit), nil
	}
	patience := time.NewTimer(cmp.Or(q.Wait, maxWait))
	defer patience.Stop()
	for {
		f, leads := c.flights.join(q.Key)
		if leads {
			return c.lead(ctx, q, f, next)
		}
		e, left := f.wait(ctx, patience.C)
		switch {
		case e != nil && q.takes(e):
			q.Call.Trace.Note(q.At, "an equal request was under way, and its answer is given")
			return q.give(e, core.CacheHit), nil
		case !left:
			return c.ask(ctx, q, nil, next)
		}
	}
}

// give answers the call with an entry.
func (q *Question) give(e *Entry, status core.CacheStatus) *core.Reply {
	return e.Reply(q.Call, status)
}

// lead answers the call that equal ones wait for.
func (c *Cache) lead(ctx context.Context, q Question, f *flight, next core.HandlerFunc) (*core.Reply, error) {
	handed := false // to who ends the flight later
	defer func() {
		if !handed {
			f.end(nil, ctx.Err() != nil)
		}
	}()
	if e := c.Store.remembered(q.Key); e != nil && q.takes(e) { // another has just led
		f.end(e, false)
		return q.give(e, core.CacheHit), nil
	}
	if e := c.similar(ctx, q); e != nil {
		f.end(e, false)
		return q.give(e, core.CacheSemanticHit), nil
	}
	reply, err := c.ask(ctx, q, f, next)
	handed = err == nil
	return reply, err
}

// lookTime is how long the table is waited for.
const lookTime = 500 * time.Millisecond

// look finds what is kept under a key, nil if there is nothing that the call
// can be given.
func (c *Cache) look(ctx context.Context, q Question, k Key) *Entry {
	if e := c.Store.remembered(k); e != nil && q.takes(e) {
		return e
	}
	timed, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	e, err := c.Store.fetch(timed, k)
	if err != nil && ctx.Err() == nil {
		c.Log.WarnContext(ctx, "the cache cannot be read", "error", err)
	}
	if e == nil || !q.takes(e) {
		return nil
	}
	return e
}

// similar finds what is kept for a call that means the same.
func (c *Cache) similar(ctx context.Context, q Question) *Entry {
	if c.Similar == nil || q.Mode != Semantic || q.Call.Operation != llm.Generate {
		return nil
	}
	if k, ok := c.Similar.Find(ctx, q.Scope, q.Call); ok {
		return c.look(ctx, q, k)
	}
	return nil
}
