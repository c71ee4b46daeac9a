package logs

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"sluice/core/internal/arena"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// gatherTime is how long a record waits for others, and gatherBytes how many
// bytes are enough. Nobody waits for records: responses have gone out.
const (
	gatherTime  = 50 * time.Millisecond
	gatherBytes = 4 << 20
)

// room is how many bytes wait for the table at most, or are being written: what
// comes then waits for some to be done, as long as its context lasts. A table
// that hangs must not take the memory of the process.
const room = 64 << 20

// storeTime is how long a write of many records may take.
const storeTime = 5 * time.Second

// A gatherer writes what many want to put at the same time in one write, which
// costs an embedded table little more than a single record.
type gatherer struct {
	mu      sync.Mutex
	open    *gathered              // takes more
	writing map[*gathered]struct{} // those that are not ended, open among them
	room    *semaphore.Weighted    // bytes
}

// reserve waits until there is room for records.
func (g *gatherer) reserve(ctx context.Context, records []driver.Record) error {
	n := weight(records)
	if g.room.TryAcquire(n) {
		return nil // without a look at the context, to which its timer would be wound up
	}
	return g.room.Acquire(ctx, n)
}

// weight is how much room records take: all that there is at most.
func weight(records []driver.Record) (n int64) {
	for _, r := range records {
		n += int64(len(r.Data))
	}
	return min(n, room)
}

// gathered are records that are written together.
type gathered struct {
	chunks []*chunk
	memory *arena.Arena // of their data
	size   int
	weight int64         // that was reserved
	full   chan struct{} // is closed when it takes no more
	done   chan struct{}
	told   chan struct{} // is closed when the store knows what has become of all
	late   error         // of all of them: their time was up; set before done is closed
}

// A chunk is one write of the table.
type chunk struct {
	ops   []driver.Op
	errs  []error // of ops, nil if none failed; set before done is closed
	taken []taken
}

// taken is a record that nobody waits for.
type taken struct {
	record *usage.Record
	puts
}

// puts are what is put for one log: some operations of a chunk.
type puts struct {
	of       *gathered
	chunk    *chunk
	from, to int // of chunk.ops
}

// errs are the errors of puts, in their order; none if all were done.
func (p puts) errs() []error {
	switch {
	case p.of.late != nil:
		return slices.Repeat([]error{p.of.late}, p.to-p.from)
	case p.chunk.errs == nil:
		return nil
	}
	return p.chunk.errs[p.from:p.to]
}

// put stores records, whatever is there, and returns when that is done, with an
// error for each, or none if all were stored. They share a write.
func (g *gatherer) put(ctx context.Context, s *Store, records []driver.Record) []error {
	if err := g.reserve(ctx, records); err != nil {
		return slices.Repeat([]error{err}, len(records))
	}
	p := g.join(ctx, s, records, nil)
	select {
	case <-p.of.done:
		return p.errs()
	case <-ctx.Done():
		return slices.Repeat([]error{ctx.Err()}, len(records))
	}
}

// join adds copies of records to the write that is open, and begins one if
// there is none. There is room for them, which is free again when the table has
// them. The store is told what has become of them, if they are said to be of a
// log.
func (g *gatherer) join(ctx context.Context, s *Store, records []driver.Record, of *usage.Record) puts {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.open
	if w == nil {
		w = g.begin()
		go g.write(context.WithoutCancel(ctx), s, w) // it is not only the caller's
	}
	c := w.chunk(len(records))
	p := puts{w, c, len(c.ops), len(c.ops) + len(records)}
	w.weight += weight(records)
	for _, r := range records {
		r.Data, w.size = w.memory.Clone(r.Data), w.size+len(r.Data)
		c.ops = append(c.ops, driver.Put(r))
	}
	if of != nil {
		c.taken = append(c.taken, taken{of, p})
	}
	if w.size > gatherBytes {
		g.open = nil
		close(w.full)
	}
	return p
}

// begin opens a write. mu is held.
func (g *gatherer) begin() *gathered {
	w := &gathered{memory: arena.New(), full: make(chan struct{}), done: make(chan struct{}), told: make(chan struct{})}
	if g.writing == nil {
		g.writing = map[*gathered]struct{}{}
	}
	g.open, g.writing[w] = w, struct{}{}
	return w
}

// flush waits for the writes that were begun.
func (g *gatherer) flush() {
	g.mu.Lock()
	begun := slices.Collect(maps.Keys(g.writing))
	g.mu.Unlock()
	for _, w := range begun {
		<-w.told
	}
}

// chunk is one that takes n more operations.
func (w *gathered) chunk(n int) *chunk {
	if last := len(w.chunks) - 1; last >= 0 && len(w.chunks[last].ops)+n <= driver.MaxOps {
		return w.chunks[last]
	}
	c := &chunk{ops: make([]driver.Op, 0, driver.MaxOps)}
	w.chunks = append(w.chunks, c)
	return c
}

// write waits for others and writes them all, at once: the table makes one
// commit of it.
func (g *gatherer) write(ctx context.Context, s *Store, w *gathered) {
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
	w.putAll(ctx, s.table, func() {
		w.memory.Free()
		g.room.Release(w.weight)
	})
	close(w.done)
	s.tell(ctx, w)
	g.mu.Lock()
	delete(g.writing, w)
	g.mu.Unlock()
	close(w.told)
}

// putAll returns when all is written, or the time for it is up: a table that
// hangs must not keep logs from the fallback. Whenever the table is done, done
// is called.
func (w *gathered) putAll(ctx context.Context, table driver.Table, done func()) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer done()
		var wg sync.WaitGroup
		for _, c := range w.writeEach(ctx, table) {
			wg.Go(func() { c.putAtOnce(ctx, table) })
		}
		wg.Wait()
	}()
	select {
	case <-written:
	case <-ctx.Done():
		w.late = ctx.Err()
	}
}

// writeEach makes one commit of all chunks, if the table can, and returns those
// that are still to be written.
func (w *gathered) writeEach(ctx context.Context, table driver.Table) (left []*chunk) {
	t, ok := table.(interface {
		WriteEach(ctx context.Context, writes [][]driver.Op) []error
	})
	if !ok {
		return w.chunks
	}
	writes := make([][]driver.Op, len(w.chunks))
	for i, c := range w.chunks {
		writes[i] = c.ops
	}
	for i, err := range t.WriteEach(ctx, writes) {
		if err != nil {
			left = append(left, w.chunks[i])
		}
	}
	return left
}

// putAtOnce makes one write of some puts. One that the table does not take must
// not take the others with it: each is written by itself then.
func (c *chunk) putAtOnce(ctx context.Context, table driver.Table) {
	if table.Write(ctx, c.ops) == nil {
		return
	}
	c.errs = make([]error, len(c.ops))
	for i, op := range c.ops {
		_, c.errs[i] = table.Put(ctx, op.Record)
	}
}
