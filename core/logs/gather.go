package logs

import (
	"context"
	"sync"
	"time"

	"sluice/core/store/driver"
)

// gatherTime is how long a record waits for others, and gatherBytes how many
// bytes are enough. Nobody waits for records: responses have gone out.
const (
	gatherTime  = 25 * time.Millisecond
	gatherBytes = 4 << 20
)

// A gatherer writes what many want to put at the same time in one write, which
// costs an embedded table little more than a single record.
type gatherer struct {
	mu   sync.Mutex
	open *gathered // takes more
}

// gathered is one write in the making. Whoever began it writes it.
type gathered struct {
	ops  []driver.Op
	size int
	full chan struct{} // is closed when it takes no more
	errs []error       // of ops, nil if there is none; set before done is closed
	done chan struct{}
}

// put stores r, whatever is there, and returns when that is done.
func (g *gatherer) put(ctx context.Context, table driver.Table, r driver.Record) error {
	w, at := g.join(r)
	if at == 0 {
		g.write(ctx, table, w)
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.errs == nil {
		return nil
	}
	return w.errs[at]
}

// join adds a record to the write that is open, and says at which place.
func (g *gatherer) join(r driver.Record) (w *gathered, at int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = &gathered{full: make(chan struct{}), done: make(chan struct{})}
	}
	w, at = g.open, len(g.open.ops)
	w.ops, w.size = append(w.ops, driver.Put(r)), w.size+len(r.Data)
	if len(w.ops) == driver.MaxOps || w.size > gatherBytes {
		g.open = nil
		close(w.full)
	}
	return w, at
}

// write waits for others and writes for them all. One that the table does not
// take must not take the others with it: each is written by itself then.
func (g *gatherer) write(ctx context.Context, table driver.Table, w *gathered) {
	defer close(w.done)
	enough := time.NewTimer(gatherTime)
	defer enough.Stop()
	select {
	case <-w.full:
	case <-enough.C:
	}
	g.mu.Lock()
	if g.open == w {
		g.open = nil
	}
	g.mu.Unlock()
	ctx = context.WithoutCancel(ctx) // it is not only the caller's
	if table.Write(ctx, w.ops) == nil {
		return
	}
	w.errs = make([]error, len(w.ops))
	for i, op := range w.ops {
		_, w.errs[i] = table.Put(ctx, op.Record)
	}
}
