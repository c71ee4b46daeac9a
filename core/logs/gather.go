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
	gatherTime  = 50 * time.Millisecond
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
	cuts []int // where one write of the table ends and the next one begins
	size int
	full chan struct{} // is closed when it takes no more
	errs []error       // of ops; set before done is closed
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
		copy(errs, w.errs[at:])
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
	if g.open == nil {
		g.open = &gathered{cuts: []int{0}, full: make(chan struct{}), done: make(chan struct{})}
	}
	w, at = g.open, len(g.open.ops)
	if at-w.cuts[len(w.cuts)-1]+len(records) > driver.MaxOps {
		w.cuts = append(w.cuts, at)
	}
	for _, r := range records {
		w.ops, w.size = append(w.ops, driver.Put(r)), w.size+len(r.Data)
	}
	if w.size > gatherBytes {
		g.open = nil
		close(w.full)
	}
	return w, at
}

// write waits for others and writes for them all, at once: the table makes one
// commit of it.
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
	w.errs = make([]error, len(w.ops))
	cuts := append(w.cuts, len(w.ops))
	var wg sync.WaitGroup
	for i, from := range w.cuts {
		to := cuts[i+1]
		wg.Go(func() { putAtOnce(ctx, table, w.ops[from:to], w.errs[from:to]) })
	}
	wg.Wait()
}

// putAtOnce makes one write of some puts. One that the table does not take must
// not take the others with it: each is written by itself then.
func putAtOnce(ctx context.Context, table driver.Table, ops []driver.Op, errs []error) {
	if table.Write(ctx, ops) == nil {
		return
	}
	for i, op := range ops {
		_, errs[i] = table.Put(ctx, op.Record)
	}
}
