package semantic

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"sluice/core"
	"sluice/core/cache"
)

// An Index keeps vectors, each with the key of an answer.
type Index interface {
	// Nearest returns the key beside the nearest vector of a place, if their
	// cosine is at least least.
	Nearest(ctx context.Context, p Place, v Vector, least float64) (k cache.Key, ok bool, err error)
	// Add keeps a vector until it expires.
	Add(ctx context.Context, p Place, v Vector, k cache.Key, expires time.Time) error
}

// A Preparer is an [Index] that has something to read before it can look. It
// is asked while the embedding is on its way.
type Preparer interface {
	Prepare(ctx context.Context, p Place) error
}

// An Embedder turns a text into numbers, for a call in whose trace it notes
// what that costs.
type Embedder interface {
	Embed(ctx context.Context, c *core.Call, text string) ([]float32, error)
}

// Defaults of a [Finder].
const (
	DefaultLeast = 0.95                   // cosine, as the reference documents it
	DefaultLimit = 300 * time.Millisecond // that a look-up may take
)

// How long what happens behind a request may take.
const (
	embedTime = 10 * time.Second
	addTime   = 10 * time.Second
)

// A Finder finds requests that mean the same. It is safe for concurrent use.
type Finder struct {
	Embedder Embedder
	Model    string // that the Embedder asks: vectors of others are no neighbours
	Index    Index
	Least    float64       // cosine; 0: DefaultLeast
	Limit    time.Duration // of a look-up, embedding and all; 0: DefaultLimit
	Log      *slog.Logger
}

var _ cache.Similar = (*Finder)(nil)

// found is the outcome of a look-up.
type found struct {
	key cache.Key
	ok  bool
	err error
}

// Find implements [cache.Similar]. It returns in time whatever the embedder and
// the index do; an embedding that is late is used by Add.
func (f *Finder) Find(ctx context.Context, scope cache.Key, c *core.Call) (cache.Key, bool) {
	text, p, ok := f.question(scope, c)
	if !ok {
		return cache.Key{}, false
	}
	timed, cancel := context.WithTimeout(ctx, cmp.Or(f.Limit, DefaultLimit))
	e := f.embedding(ctx, c, text)
	done := make(chan found, 1)
	go func() {
		defer cancel()
		done <- f.look(timed, p, e)
	}()
	select {
	case r := <-done:
		if r.err != nil {
			f.missed(ctx, c, r.err)
		}
		return r.key, r.ok && r.err == nil
	case <-timed.Done():
		f.missed(ctx, c, timed.Err())
		return cache.Key{}, false
	}
}

// look reads what there is while the text is embedded, and compares then. A bug
// must not end the process from here.
func (f *Finder) look(ctx context.Context, p Place, e *embedding) (r found) {
	defer func() {
		if p := recover(); p != nil {
			r = found{err: core.Panicked(p)}
		}
	}()
	var unread error
	if i, ok := f.Index.(Preparer); ok {
		unread = i.Prepare(ctx, p)
	}
	v, err := e.wait(ctx)
	if err != nil {
		return found{err: err}
	}
	if r.key, r.ok, r.err = f.Index.Nearest(ctx, p, v, cmp.Or(f.Least, DefaultLeast)); !r.ok {
		r.err = cmp.Or(r.err, unread)
	}
	return r
}

// missed says why a look-up has found nothing. It is nobody's failure.
func (f *Finder) missed(ctx context.Context, c *core.Call, err error) {
	if ctx.Err() != nil {
		return // the client has gone
	}
	c.Trace.Note("", "similar requests were not found out: "+reason(err))
	f.Log.WarnContext(ctx, "similar requests were not found out", "request", c.ID, "error", err)
}

func reason(err error) string {
	if context.DeadlineExceeded == err {
		return "it took too long"
	}
	return "they could not be read, or the text could not be embedded"
}

// Add implements [cache.Similar].
func (f *Finder) Add(ctx context.Context, scope cache.Key, c *core.Call, k cache.Key, expires time.Time) error {
	text, p, ok := f.question(scope, c)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, embedTime+addTime)
	defer cancel()
	v, err := f.embedding(ctx, c, text).wait(ctx)
	if err != nil {
		return err
	}
	return f.Index.Add(ctx, p, v, k, expires)
}
