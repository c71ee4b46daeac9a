// Package memstore keeps records in memory: for tests, and for a gateway that
// may forget everything when it ends.
package memstore

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/core/store/driver"
)

// A Table is a [driver.Table] in memory. It has no limit of its own.
type Table struct {
	mu     sync.RWMutex
	parts  map[string][]*driver.Record // each sorted; what is in it is not changed, only replaced
	stored int
	writes int // since the last sweep
}

var _ driver.Table = (*Table)(nil)

// New returns an empty table.
func New() *Table { return &Table{parts: map[string][]*driver.Record{}} }

// Get implements [driver.Table].
func (t *Table) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if err := cmp.Or(ctx.Err(), k.Valid()); err != nil {
		return driver.Record{}, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	r := t.find(k)
	if r == nil || r.Expired(time.Now()) {
		return driver.Record{}, driver.ErrNotFound
	}
	return handOut(r), nil
}

// Put implements [driver.Table].
func (t *Table) Put(ctx context.Context, r driver.Record) (int64, error) {
	next, err := t.do(ctx, driver.Put(r))
	if err != nil {
		return 0, err
	}
	return next.Version, nil
}

// Delete implements [driver.Table].
func (t *Table) Delete(ctx context.Context, k driver.Key, version int64) error {
	_, err := t.do(ctx, driver.Delete(k, version))
	return err
}

// Add implements [driver.Table].
func (t *Table) Add(ctx context.Context, k driver.Key, delta, max int64, expires time.Time) (int64, error) {
	next, err := t.do(ctx, driver.Add(k, delta, max, expires))
	if next == nil {
		return 0, err
	}
	n, _ := next.Count()
	return n, err
}

func (t *Table) do(ctx context.Context, op driver.Op) (*driver.Record, error) {
	if err := cmp.Or(ctx.Err(), op.Valid()); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	next, err := op.Apply(t.find(op.Key), time.Now())
	if err == nil {
		t.set(op.Key, next)
		t.sweep()
	}
	return next, err
}

// Write implements [driver.Table].
func (t *Table) Write(ctx context.Context, ops []driver.Op) error {
	if err := cmp.Or(ctx.Err(), driver.ValidOps(ops)); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	next := make([]*driver.Record, len(ops))
	for i, op := range ops {
		var err error
		if next[i], err = op.Apply(t.find(op.Key), now); err != nil {
			return &driver.OpError{Index: i, Err: err}
		}
	}
	for i, op := range ops {
		t.set(op.Key, next[i])
	}
	t.sweep()
	return nil
}

// Range implements [driver.Table].
func (t *Table) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		if err := q.Valid(part); err != nil {
			yield(driver.Record{}, err)
			return
		}
		lo, hi := q.Bounds()
		for left := q.Limit; ; {
			if err := ctx.Err(); err != nil {
				yield(driver.Record{}, err)
				return
			}
			page := t.page(part, lo, hi, q.Reverse)
			if len(page) == 0 {
				return
			}
			now := time.Now()
			for _, r := range page {
				if r.Expired(now) {
					continue
				}
				if !yield(handOut(r), nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			if last := page[len(page)-1].Sort; !q.Reverse {
				lo = last + "\x00"
			} else if hi = last; hi == "" {
				return
			}
		}
	}
}

// pageSize is how many records are taken under one lock.
const pageSize = 256

func (t *Table) page(part, lo, hi string, reverse bool) []*driver.Record {
	t.mu.RLock()
	defer t.mu.RUnlock()
	rs := t.parts[part]
	from, to := search(rs, lo), len(rs)
	if hi != "" {
		to = search(rs, hi)
	}
	switch {
	case from >= to:
		return nil
	case !reverse:
		return slices.Clone(rs[from:min(to, from+pageSize)])
	}
	page := slices.Clone(rs[max(from, to-pageSize):to])
	slices.Reverse(page)
	return page
}

// search returns the index of the first record that is not below sort.
func search(rs []*driver.Record, sort string) int {
	i, _ := slices.BinarySearchFunc(rs, sort, compare)
	return i
}

func compare(r *driver.Record, sort string) int { return strings.Compare(r.Sort, sort) }

func (t *Table) find(k driver.Key) *driver.Record {
	rs := t.parts[k.Part]
	if i, ok := slices.BinarySearchFunc(rs, k.Sort, compare); ok {
		return rs[i]
	}
	return nil
}

// set stores next under k; nil removes what is there.
func (t *Table) set(k driver.Key, next *driver.Record) {
	rs := t.parts[k.Part]
	i, found := slices.BinarySearchFunc(rs, k.Sort, compare)
	t.writes++
	switch {
	case next == nil && !found:
		return
	case next == nil:
		rs = slices.Delete(rs, i, i+1)
		t.stored--
	case found && rs[i] == next: // a check
		return
	case found:
		rs[i] = keep(next)
	default:
		rs = slices.Insert(rs, i, keep(next))
		t.stored++
	}
	if len(rs) == 0 {
		delete(t.parts, k.Part)
		return
	}
	t.parts[k.Part] = rs
}

// sweep removes what has expired once there have been as many writes as there
// are records: each write pays for a step of it.
func (t *Table) sweep() {
	if t.writes < max(t.stored, 1024) {
		return
	}
	now := time.Now()
	t.writes, t.stored = 0, 0
	for part, rs := range t.parts {
		rs = slices.DeleteFunc(rs, func(r *driver.Record) bool { return r.Expired(now) })
		t.parts[part] = rs
		t.stored += len(rs)
		if len(rs) == 0 {
			delete(t.parts, part)
		}
	}
}

func keep(r *driver.Record) *driver.Record {
	own := handOut(r)
	return &own
}

func handOut(r *driver.Record) driver.Record {
	own := *r
	own.Data = bytes.Clone(r.Data)
	return own
}
