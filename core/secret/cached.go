package secret

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Lifetimes of cached secrets, by the wall clock: a frozen process does not
// advance the monotonic one.
const (
	// Fresh is how long a secret is used without asking again. A rotation is
	// picked up within this time, or at once by [Cached.Refresh].
	Fresh = 5 * time.Minute
	// Stale is how long the last known secret is used while its source fails.
	Stale = time.Hour
	// retryAfter is how long a failing source is left alone.
	retryAfter = 5 * time.Second
	// minRefresh bounds how often [Cached.Refresh] asks the source for one
	// secret: a wrong key that is not going to change must not become a load.
	minRefresh = 30 * time.Second
)

// Cached keeps the secrets of another source. Several requests that need one
// secret at the same time ask for it once. It is safe for concurrent use.
type Cached struct {
	source Source
	now    func() time.Time
	mu     sync.Mutex
	known  map[Ref]*entry
}

type entry struct {
	mu      sync.Mutex // held while the source is asked
	value   Value
	has     bool
	fetched time.Time // of value
	asked   time.Time // last, with whatever result
	err     error     // of the last try
}

// NewCached keeps what source knows. now is the wall clock; nil means
// time.Now.
func NewCached(source Source, now func() time.Time) *Cached {
	if now == nil {
		now = time.Now
	}
	return &Cached{source: source, now: func() time.Time { return now().Round(0) }, known: map[Ref]*entry{}}
}

// Secret returns the secret, from the cache while it is fresh, and while it is
// stale if the source fails.
func (c *Cached) Secret(ctx context.Context, r Ref) (Value, error) {
	e := c.entry(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := c.now()
	if e.has && now.Sub(e.fetched) < Fresh {
		return e.value, nil
	}
	if e.err != nil && now.Sub(e.asked) < retryAfter {
		return e.last(now)
	}
	c.fetch(ctx, e, r, now)
	return e.last(now)
}

// Refresh asks the source again for a secret that was refused where it was
// used, and reports whether it has changed: only then is another try of any
// use.
func (c *Cached) Refresh(ctx context.Context, r Ref, refused Value) (Value, bool) {
	e := c.entry(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := c.now()
	if e.has && e.value != refused {
		return e.value, true // somebody else has refreshed it
	}
	if now.Sub(e.asked) < minRefresh {
		return Value{}, false
	}
	c.fetch(ctx, e, r, now)
	return e.value, e.err == nil && e.value != refused
}

func (c *Cached) entry(r Ref) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.known[r]
	if e == nil {
		e = new(entry)
		c.known[r] = e
	}
	return e
}

func (c *Cached) fetch(ctx context.Context, e *entry, r Ref, now time.Time) {
	v, err := c.source.Secret(ctx, r)
	if errors.Is(ctx.Err(), context.Canceled) && err != nil {
		e.err, e.asked = err, time.Time{} // this client's going says nothing about the source
		return
	}
	e.err, e.asked = err, now
	if err == nil {
		e.value, e.has, e.fetched = v, true, now
	} else if errors.Is(err, ErrNotFound) {
		e.value, e.has = Value{}, false // gone, not away
	}
}

// last is what is known: the value as long as it is not too old, else why
// there is none.
func (e *entry) last(now time.Time) (Value, error) {
	if e.has && now.Sub(e.fetched) < Stale {
		return e.value, nil
	}
	return Value{}, e.err
}
