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

// put stores records, whatever is there, and returns when that is done. They
// share a write. errs is filled: an error for each, nil if there is none.
func (g *gatherer) put(ctx context.Context, table driver.Table, records []driver.Record, errs []error) {
	w, at := g.join(records)
	if at == 0 {
		g.write(ctx, table, w)
	}
	select {
	case <-w.done:
		if w.errs != nil {
			copy(errs, w.errs[at:])
		}
	case <-ctx.Done():
		for i := range errs {
			errs[i] = ctx.Err()
		}
	}
}

// join adds records to the write that is open, and says at which place.
func (g *gatherer) join(records []driver.Record) (w *gathered, at int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open != nil && len(g.open.ops)+len(records) > driver.MaxOps {
		g.close()
	}
	if g.open == nil {
		g.open = &gathered{full: make(chan struct{}), done: make(chan struct{})}
	}
	w, at = g.open, len(g.open.ops)
	for _, r := range records {
		w.ops, w.size = append(w.ops, driver.Put(r)), w.size+len(r.Data)
	}
	if len(w.ops) == driver.MaxOps || w.size > gatherBytes {
		g.close()
	}
	return w, at
}

// close has the open write take no more. mu is held.
func (g *gatherer) close() {
	close(g.open.full)
	g.open = nil
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
