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
	known known
}

// TooOld is how many records this process has not counted for their age.
func (s *Sums) TooOld() int64 { return s.tooOld.Load() }

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
	facts := make([]*fact, 0, len(records))
	for _, r := range records {
		if f := factOf(r); f != nil {
			facts = append(facts, f)
		}
	}
	return s.count(ctx, facts)
}

func (s *Sums) count(ctx context.Context, facts []*fact) error {
	facts = s.recent(facts)
	slices.SortStableFunc(facts, func(a, b *fact) int { // those of one hour share cells, those of one second marks
		return cmp.Or(cmp.Compare(a.workspace, b.workspace), cmp.Compare(a.hour, b.hour), cmp.Compare(a.minted.Unix(), b.minted.Unix()))
	})
	for attempt := 1; len(facts) > 0; attempt++ {
		n, err := s.batch(ctx, facts)
		if err == nil {
			facts, attempt = facts[n:], 0
			continue
		}
		if refused(err) {
			err = pause(ctx, attempt)
		}
		if err != nil {
			return fmt.Errorf("sum up: %w", err)
		}
	}
	return nil
}

// recent leaves out what is too old to be counted.
func (s *Sums) recent(facts []*fact) []*fact {
	now := time.Now()
	return slices.DeleteFunc(facts, func(f *fact) bool {
		if f.old(now) {
			s.tooOld.Add(1)
			return true
		}
		return false
	})
}

// old reports whether a fact is too old to be counted.
func (f *fact) old(now time.Time) bool {
	return now.Sub(f.minted) > MaxAge || now.Sub(f.at) > MaxAge
}

// refused reports whether somebody else has written what was to be written, or
// what was remembered was old. Everything is read again then, and what is
// counted by now left out.
func refused(err error) bool {
	return errors.Is(err, driver.ErrConflict) || errors.Is(err, driver.ErrCeiling)
}

// maxAttempts of a batch, with pauses of up to a quarter of a second, let tens
// of processes count into the same cells.
const maxAttempts = 30

var errBusy = errors.New("others change the same sums all the time")

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

// batch counts as many facts as fit into one write, but for those that have
// been counted, and says how many it has dealt with.
func (s *Sums) batch(ctx context.Context, facts []*fact) (n int, err error) {
	w := newWriting(s)
	for fits := true; n < len(facts); n++ {
		if fits, err = w.add(ctx, facts[n]); err != nil {
			return n, err
		}
		if !fits {
			break
		}
	}
	return n, w.commit(ctx)
}

// Uncounted are those of the records that are still to be counted.
func (s *Sums) Uncounted(ctx context.Context, records []*usage.Record) (left []*usage.Record, err error) {
	now, o := time.Now(), opened{s, map[setName]*set{}}
	for _, r := range records {
		f := factOf(r)
		if f == nil || f.old(now) {
			continue
		}
		counted, err := o.counted(ctx, &f.mark)
		if err != nil {
			return nil, fmt.Errorf("look for what is counted: %w", err)
		}
		if !counted {
			left = append(left, r)
		}
	}
	s.keepSets(o.sets)
	return left, nil
}
