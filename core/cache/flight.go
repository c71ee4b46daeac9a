package cache

import (
	"context"
	"sync"
	"time"
)

// flights are the calls under way, so that equal ones wait for the first: one
// answer for all of them costs once.
type flights struct {
	mu    sync.Mutex
	calls map[Key]*flight
}

// A flight is one call that others may wait for.
type flight struct {
	of    *flights
	key   Key
	once  sync.Once
	ended chan struct{}
	entry *Entry // what came of it; nil: nothing that others could be given …
	left  bool   // … since its client has gone
}

// join returns the flight for a key. Who leads it has to end it.
func (fs *flights) join(k Key) (f *flight, leads bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f = fs.calls[k]; f != nil {
		return f, false
	}
	if fs.calls == nil {
		fs.calls = map[Key]*flight{}
	}
	f = &flight{of: fs, key: k, ended: make(chan struct{})}
	fs.calls[k] = f
	return f, true
}

// end tells those who wait what came of the call, and whether its client had
// gone. Only its first call counts; nobody waits for a flight that is nil.
func (f *flight) end(e *Entry, left bool) {
	if f == nil {
		return
	}
	f.once.Do(func() {
		f.of.mu.Lock()
		delete(f.of.calls, f.key)
		f.of.mu.Unlock()
		f.entry, f.left = e, left
		close(f.ended)
	})
}

// wait returns what came of the call, nil if nothing did, or if ctx or the
// waiter's patience have ended. left reports whether the call is to be made
// again, by one of those who waited for it.
func (f *flight) wait(ctx context.Context, patience <-chan time.Time) (e *Entry, left bool) {
	select {
	case <-f.ended:
		return f.entry, f.entry == nil && f.left && ctx.Err() == nil
	case <-patience:
	case <-ctx.Done():
	}
	return nil, false
}
