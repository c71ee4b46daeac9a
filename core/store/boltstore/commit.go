package boltstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"sluice/core/internal/arena"
	"sluice/core/store/driver"
)

// A write waits to be committed.
type write struct {
	apply func(space) error // an error undoes the whole commit
	err   error             // set before done is closed
	done  chan struct{}
}

// commit does what apply says and returns when that is on disk.
//
// The writer whose turn it is commits for all that wait, so that under load
// one flush of the disk, which is nearly all that a write costs, serves many.
// (bbolt's own Batch waits for company and would delay a lone writer.)
func (t *Table) commit(ctx context.Context, apply func(space) error) error {
	w := &write{apply: apply, done: make(chan struct{})}
	t.mu.Lock()
	t.queue = append(t.queue, w)
	t.mu.Unlock()
	select {
	case t.turn <- struct{}{}:
		t.commitQueue()
		<-t.turn
	case <-w.done:
	case <-ctx.Done():
		if t.withdraw(w) {
			return ctx.Err()
		}
	}
	<-w.done
	return w.err
}

// withdraw takes w out of the queue. It reports false if it is too late.
func (t *Table) withdraw(w *write) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.queue, w)
	if i < 0 {
		return false
	}
	t.queue = slices.Delete(t.queue, i, i+1)
	return true
}

func (t *Table) commitQueue() {
	t.mu.Lock()
	batch := t.queue
	t.queue = nil
	t.mu.Unlock()
	if len(batch) == 0 {
		return // the one before has done it
	}
	memory := arena.New()
	defer memory.Free()
	err := t.db.Update(func(tx *bbolt.Tx) error {
		s := spaceOf(tx, memory)
		for _, w := range batch {
			if err := w.apply(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // the disk is full, or gone
		err = &driver.Unavailable{RetryAfter: time.Second, Err: fmt.Errorf("boltstore: %w", err)}
	}
	for _, w := range batch {
		w.err = err
		close(w.done)
	}
}
