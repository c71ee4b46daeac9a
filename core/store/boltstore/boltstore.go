// Package boltstore keeps records in one file, with bbolt: the store of the
// local server.
//
// A write is on disk when it is acknowledged, and a process that is killed at
// any moment leaves a file that opens and has every acknowledged write.
// Writers that wait for the disk at the same time share one commit.
//
// One process at a time uses a file; others get [ErrInUse], which names it.
//
// What has expired is not read from the instant it expires. Its space is used
// again after [Table.Sweep], which Open does a little of and whoever runs the
// process should call every few minutes. A file never shrinks by itself:
// [Compact] writes it anew.
package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"sluice/core/store/driver"
)

// ErrInUse is the error of opening a file that another process, or this one,
// has open.
var ErrInUse = errors.New("the store is in use")

// A Table is a [driver.Table] in a file. It has no limit of its own.
type Table struct {
	db      *bbolt.DB
	pidFile string

	turn  chan struct{} // held by who commits
	mu    sync.Mutex
	queue []*write // not taken by a commit yet
}

var _ driver.Table = (*Table)(nil)

// Close waits for what is going on and closes the file.
func (t *Table) Close() error {
	t.removePID()
	return t.db.Close()
}

// Get implements [driver.Table].
func (t *Table) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	if err := cmp.Or(ctx.Err(), k.Valid()); err != nil {
		return driver.Record{}, err
	}
	var r *driver.Record
	err := t.view(func(s space) (err error) {
		r, err = s.get(k)
		return err
	})
	switch {
	case err != nil:
		return driver.Record{}, err
	case r == nil || r.Expired(time.Now()):
		return driver.Record{}, driver.ErrNotFound
	}
	return *r, nil
}

func (t *Table) view(read func(space) error) error {
	err := t.db.View(func(tx *bbolt.Tx) error { return read(spaceOf(tx, nil)) })
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return fmt.Errorf("boltstore: %w", err)
	}
	return err
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

func (t *Table) do(ctx context.Context, op driver.Op) (next *driver.Record, err error) {
	if err := cmp.Or(ctx.Err(), op.Valid()); err != nil {
		return nil, err
	}
	var answer error
	err = t.commit(ctx, func(s space) error {
		old, err := s.get(op.Key)
		if err != nil {
			return err
		}
		if next, answer = op.Apply(old, time.Now()); answer != nil {
			return nil
		}
		return s.replace(op.Key, old, next)
	})
	if err != nil {
		return nil, err
	}
	return next, answer
}

// A page is read in one transaction. A transaction that stayed open while the
// loop's body runs would keep the file from reusing space, and a body that
// writes would wait for itself.
const (
	pageRecords = 256
	pageBytes   = 1 << 20
)

// Range implements [driver.Table].
func (t *Table) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		if err := q.Valid(part); err != nil {
			yield(driver.Record{}, err)
			return
		}
		lo, hi := q.Bounds()
		for left := q.Limit; ; {
			page, last, err := t.page(ctx, part, lo, hi, q.Reverse, left)
			if err != nil {
				yield(driver.Record{}, err)
				return
			}
			for _, r := range page {
				if r.Expired(time.Now()) {
					continue
				}
				if !yield(r, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			switch {
			case last == nil || q.Reverse && *last == "":
				return
			case q.Reverse:
				hi = *last
			default:
				lo = *last + "\x00"
			}
		}
	}
}

// page reads the next records between lo and hi, and the sort that it came to,
// nil at the end. A limit of 0 is none.
func (t *Table) page(ctx context.Context, part, lo, hi string, reverse bool, limit int) (page []driver.Record, last *string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if hi != "" && lo >= hi {
		return nil, nil, nil
	}
	now, size := time.Now(), 0
	err = t.view(func(s space) error {
		n := 0
		for k, v := range s.scan(part, lo, hi, reverse) {
			if n++; n > pageRecords || size > pageBytes || limit > 0 && len(page) == limit {
				return nil
			}
			sort := string(sortOf(k))
			last = &sort
			r, err := decode(driver.Key{Part: part, Sort: sort}, v)
			if err != nil {
				return err
			}
			if r.Expired(now) {
				continue
			}
			r.Data = bytes.Clone(r.Data)
			size += len(r.Data)
			page = append(page, r)
		}
		last = nil
		return nil
	})
	return page, last, err
}
