package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Sums are the sums in a table. Any number of processes may count into them.
type Sums struct {
	Table driver.Table
	// MaxValues is how many values of a dimension have a cell of their own in
	// an hour; all others share one. 0 means [DefaultValues].
	MaxValues int64
	// MaxKeys is how many keys of metadata there are sums for in an hour. 0
	// means [DefaultKeys].
	MaxKeys int64

	tooOld atomic.Int64

	mu    sync.Mutex
	known map[driver.Key]*stored // what was written last, to save reading it
}

// TooOld is how many records this process has not counted for their age.
func (s *Sums) TooOld() int64 { return s.tooOld.Load() }

// maxKnown is how many cells are remembered: those of the hour that is, at
// most workspaces.
const maxKnown = 4096

// take returns a cell as it was written last, nil if that is not known. It is
// the caller's then.
func (s *Sums) take(k driver.Key) *stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.known[k]
	delete(s.known, k)
	return c
}

// keep remembers what was written.
func (s *Sums) keep(w *writing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known)+len(w.cells) > maxKnown {
		s.known = map[driver.Key]*stored{}
	}
	for k, c := range w.cells {
		c.version++
		c.counted = nil
		s.known[k] = c
	}
}

// DefaultValues bounds what ids in metadata cost.
const DefaultValues = 1000

// DefaultKeys bounds what keys of metadata cost that clients make up. Those that
// come too late have no sums of their own; their records are in all others.
const DefaultKeys = 100

// Other is the value of the cell that all values share that came too late to
// have one of their own.
const Other = "(other)"

// Count counts records. With an error some may not have been counted: it is
// called again for all of them then. Records that were counted before are
// left out, and those that are older than [MaxAge].
func (s *Sums) Count(ctx context.Context, records []*usage.Record) error {
	var facts []fact
	for _, r := range records {
		if f, ok := factOf(r); ok {
			facts = append(facts, f)
		}
	}
	return s.count(ctx, facts)
}

func (s *Sums) count(ctx context.Context, facts []fact) error {
	facts = distinct(s.recent(facts))
	slices.SortStableFunc(facts, func(a, b fact) int { // those of one hour share cells
		return cmp.Or(cmp.Compare(a.workspace, b.workspace), a.at.Truncate(time.Hour).Compare(b.at.Truncate(time.Hour)))
	})
	for attempt := 1; len(facts) > 0; attempt++ {
		n, err := s.batch(ctx, facts)
		if err == nil {
			facts, attempt = facts[n:], 0
			continue
		}
		left, err := s.again(ctx, facts[:n], err)
		if err == nil && len(left) == n { // somebody else is at the same cells
			err = pause(ctx, attempt)
		}
		if err != nil {
			return fmt.Errorf("sum up: %w", err)
		}
		facts = append(left, facts[n:]...)
	}
	return nil
}

// recent leaves out what is too old to be counted.
func (s *Sums) recent(facts []fact) []fact {
	return slices.DeleteFunc(facts, func(f fact) bool {
		if f.old() {
			s.tooOld.Add(1)
		}
		return f.old()
	})
}

// old reports whether a fact is too old to be counted.
func (f *fact) old() bool { return time.Since(f.minted) > MaxAge || time.Since(f.at) > MaxAge }

// again are those of a batch that are still to be counted, after the table has
// refused to. Marks come first in a write: if it was something else that stood
// against it, none of them is there.
func (s *Sums) again(ctx context.Context, facts []fact, refusal error) ([]fact, error) {
	if !errors.Is(refusal, driver.ErrConflict) && !errors.Is(refusal, driver.ErrCeiling) {
		return nil, refusal
	}
	if op, ok := errors.AsType[*driver.OpError](refusal); ok && op.Index >= len(facts) {
		return slices.Clone(facts), nil
	}
	return s.uncounted(ctx, facts)
}

// maxAttempts of a batch, with pauses of up to a quarter of a second, let tens
// of processes count into the same cells.
const maxAttempts = 30

var errBusy = errors.New("others change the same sums all the time")

// batch counts as many facts as fit into one write, and says how many.
func (s *Sums) batch(ctx context.Context, facts []fact) (n int, err error) {
	w := writing{sums: s, cells: map[driver.Key]*stored{}, fresh: map[driver.Key]int64{}}
	for n < len(facts) {
		fits, err := w.add(ctx, &facts[n])
		if err != nil {
			return n, err
		}
		if !fits {
			break
		}
		n++
	}
	ops, err := w.ops()
	if err != nil {
		return n, err
	}
	if err = s.Table.Write(ctx, ops); err == nil {
		s.keep(&w)
	}
	return n, err
}

func distinct(facts []fact) []fact {
	seen := map[driver.Key]bool{}
	return slices.DeleteFunc(slices.Clone(facts), func(f fact) bool {
		again := seen[f.mark]
		seen[f.mark] = true
		return again
	})
}

// pause waits before the next attempt, if there is to be one.
func pause(ctx context.Context, attempt int) error {
	if attempt == maxAttempts {
		return errBusy
	}
	select {
	case <-time.After(rand.N(4 * time.Millisecond << min(attempt-1, 6))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Uncounted are those of the records that are still to be counted.
func (s *Sums) Uncounted(ctx context.Context, records []*usage.Record) (left []*usage.Record, err error) {
	for _, r := range records {
		f, ok := factOf(r)
		if !ok || f.old() {
			continue
		}
		open, err := s.uncounted(ctx, []fact{f})
		if err != nil {
			return nil, fmt.Errorf("look for what is counted: %w", err)
		}
		if len(open) > 0 {
			left = append(left, r)
		}
	}
	return left, nil
}

// uncounted are the facts that have no mark.
func (s *Sums) uncounted(ctx context.Context, facts []fact) ([]fact, error) {
	var left []fact
	for _, f := range facts {
		_, err := s.Table.Get(ctx, f.mark)
		switch {
		case errors.Is(err, driver.ErrNotFound):
			left = append(left, f)
		case err != nil:
			return nil, err
		}
	}
	return left, nil
}
