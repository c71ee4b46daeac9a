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

// fetchTime bounds one question to the source, whatever time its caller has.
const fetchTime = 5 * time.Second

// Cached keeps the secrets of another source. It is safe for concurrent use.
//
// Of several requests that need one secret at the same time, one asks the
// source. The others use the stale secret, if there is one, and else wait for
// the answer as long as their contexts last. Nothing is asked in the
// background: on Lambda, what outlives a request does not run.
type Cached struct {
	source Source
	now    func() time.Time
	mu     sync.Mutex
	known  map[Ref]*entry
}

type entry struct {
	mu      sync.Mutex // guards the rest; not held while the source is asked
	value   Value
	has     bool
	fetched time.Time     // when value was asked for
	asked   time.Time     // when the source last answered, with whatever result
	err     error         // that answer's
	asking  chan struct{} // closed when the question under way has its answer; nil if there is none
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
// stale if the source fails or somebody else is asking it.
func (c *Cached) Secret(ctx context.Context, r Ref) (Value, error) {
	e := c.entry(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	for !e.settled(c.now()) {
		if e.asking == nil {
			if err := c.fetch(ctx, e, r); err != nil {
				return e.last(c.now(), err)
			}
			return e.value, nil
		}
		if err := e.wait(ctx); err != nil {
			return Value{}, err
		}
	}
	return e.last(c.now(), e.err)
}

// Refresh asks the source again for a secret that was refused where it was
// used, and reports whether it has changed: only then is another try of any
// use.
func (c *Cached) Refresh(ctx context.Context, r Ref, refused Value) (Value, bool) {
	e := c.entry(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		switch {
		case e.has && e.value != refused:
			return e.value, true // somebody else has refreshed it
		case e.asking != nil:
			if e.wait(ctx) != nil {
				return Value{}, false
			}
		case c.now().Sub(e.asked) < minRefresh:
			return Value{}, false
		default:
			err := c.fetch(ctx, e, r)
			return e.value, err == nil && e.value != refused
		}
	}
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

// fetch asks the source and keeps what it says. The caller holds e.mu, which
// is free while the source is asked.
func (c *Cached) fetch(ctx context.Context, e *entry, r Ref) error {
	began, done := c.now(), make(chan struct{})
	e.asking = done
	e.mu.Unlock()
	defer func() { // also if the source panics
		e.asking = nil
		close(done)
	}()
	v, err := c.ask(ctx, e, r)
	if err != nil && ctx.Err() != nil {
		return err // that this caller has left, or had little time, says nothing about the source
	}
	e.err, e.asked = err, c.now()
	if err == nil {
		e.value, e.has, e.fetched = v, true, began
	} else if errors.Is(err, ErrNotFound) {
		e.value, e.has = Value{}, false // gone, not away
	}
	return err
}

func (c *Cached) ask(ctx context.Context, e *entry, r Ref) (Value, error) {
	defer e.mu.Lock()
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	return c.source.Secret(ctx, r)
}

// wait waits for the answer to somebody else's question. The caller holds
// e.mu, which is free meanwhile.
func (e *entry) wait(ctx context.Context) error {
	asking := e.asking
	e.mu.Unlock()
	defer e.mu.Lock()
	select {
	case <-asking:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settled reports whether what is known has to do for now: it is fresh, the
// source has just failed, or it is stale and somebody else is asking.
func (e *entry) settled(now time.Time) bool {
	return e.has && now.Sub(e.fetched) < Fresh ||
		e.err != nil && now.Sub(e.asked) < retryAfter ||
		e.asking != nil && e.usable(now)
}

func (e *entry) usable(now time.Time) bool { return e.has && now.Sub(e.fetched) < Stale }

// last is the value as long as it is not too old, else why there is none.
func (e *entry) last(now time.Time, err error) (Value, error) {
	if e.usable(now) {
		return e.value, nil
	}
	return Value{}, err
}
