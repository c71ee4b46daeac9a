package semantic

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"sluice/core/cache"
	"sluice/core/store/driver"
)

// DefaultMemory is how many bytes a [Table] takes if nothing else is said:
// room for 100,000 vectors of 1,024 numbers.
const DefaultMemory = 160 << 20

// A Table is an [Index] that keeps vectors in a table that all processes
// share, and looks through those of a place in memory. It is safe for
// concurrent use.
//
// A place is read from the table when it is first asked for, the latest
// vectors first and as much as there is time for; the next look-up goes on
// from there. What other processes add is read once a second. The places that
// were used last stay in memory.
type Table struct {
	table  driver.Table
	memory int64

	mu    sync.Mutex
	parts map[Place]*list.Element // of *part
	used  list.List               // the last used in front
	size  int64                   // of all, in bytes
}

var (
	_ Index    = (*Table)(nil)
	_ Preparer = (*Table)(nil)
)

// NewTable returns an index over a table, with so many bytes of memory; 0 is
// DefaultMemory, but at most a quarter of what the process may take.
func NewTable(table driver.Table, memory int64) *Table {
	if memory == 0 {
		memory = min(DefaultMemory, debug.SetMemoryLimit(-1)/4)
	}
	return &Table{table: table, memory: memory, parts: map[Place]*list.Element{}}
}

// Add implements [Index].
func (t *Table) Add(ctx context.Context, p Place, v Vector, k cache.Key, expires time.Time) error {
	r := row{k, time.Now().UnixMilli(), expires.UnixMilli()}
	rec := driver.Record{Key: p.record(r), Version: driver.Any, Data: v.encode(), Expires: expires}
	if _, err := t.table.Put(ctx, rec); err != nil {
		return fmt.Errorf("write vector: %w", err)
	}
	if own := t.known(p); own != nil {
		own.add(r, v)
		t.fit(own)
	}
	return nil
}

// Nearest implements [Index]. It finds what Prepare has read.
func (t *Table) Nearest(ctx context.Context, p Place, v Vector, least float64) (k cache.Key, ok bool, err error) {
	own := t.known(p)
	if own == nil {
		return k, false, nil
	}
	for _, c := range own.near(ctx, v, least, time.Now()) {
		w, err := t.read(ctx, own, c.row)
		if err != nil {
			return k, false, err
		}
		if cosine := v.Cosine(w); cosine >= least {
			k, ok, least = c.key, true, cosine
		}
		if ok && c.far > reach(len(v), least) {
			break // nothing that follows is nearer
		}
	}
	return k, ok, ctx.Err()
}

// read reads a vector from the table, nil if it is not there any more.
func (t *Table) read(ctx context.Context, own *part, r row) (Vector, error) {
	rec, err := t.table.Get(ctx, own.place.record(r))
	if errors.Is(err, driver.ErrNotFound) {
		own.forget(r)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read vector: %w", err)
	}
	return decodeVector(rec.Data)
}

// known is what is in memory of a place, nil if there is nothing.
func (t *Table) known(p Place) *part {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.parts[p]
	if at == nil {
		return nil
	}
	t.used.MoveToFront(at)
	return at.Value.(*part)
}

// open is what is in memory of a place. Places that nobody has asked for have
// nothing there.
func (t *Table) open(p Place) *part {
	if own := t.known(p); own != nil {
		return own
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.parts[p]; at != nil {
		return at.Value.(*part)
	}
	own := newPart(p)
	t.parts[p] = t.used.PushFront(own)
	return own
}

// fit makes room: within a place that is too large by itself, and by giving up
// the places that were used longest ago.
func (t *Table) fit(own *part) {
	own.shrink(t.memory, time.Now())
	size := own.size()
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.parts[own.place]; at == nil || at.Value != own {
		return // given up already
	}
	t.size += size - own.counted
	own.counted = size
	for last := t.used.Back(); t.size > t.memory && last.Value != own; last = t.used.Back() {
		p := t.used.Remove(last).(*part)
		delete(t.parts, p.place)
		t.size -= p.counted
	}
}
