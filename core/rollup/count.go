package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Sums are the sums in a table. Any number of processes may count into them.
type Sums struct {
	Table driver.Table
	// MaxValues is how many values of a dimension have a cell of their own in
	// an hour; all others share one. 0 means [DefaultValues].
	MaxValues int64

	mu    sync.Mutex
	known map[driver.Key]*stored // what was written last, to save reading it
}

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
		c.counted = driver.Key{}
		s.known[k] = c
	}
}

// DefaultValues bounds what ids in metadata cost.
const DefaultValues = 1000

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
	facts = slices.DeleteFunc(facts, func(f fact) bool { return time.Since(f.minted()) > MaxAge })
	slices.SortStableFunc(facts, func(a, b fact) int { // those of one hour share cells
		return cmp.Or(cmp.Compare(a.workspace, b.workspace), a.at.Truncate(time.Hour).Compare(b.at.Truncate(time.Hour)))
	})
	facts = distinct(facts)
	for attempt := 1; len(facts) > 0; attempt++ {
		n, err := s.batch(ctx, facts)
		switch {
		case err == nil:
			facts, attempt = facts[n:], 0
			continue
		case !errors.Is(err, driver.ErrConflict) && !errors.Is(err, driver.ErrCeiling), attempt == maxAttempts:
			return fmt.Errorf("sum up: %w", err)
		}
		left, err := s.uncounted(ctx, facts[:n])
		if err == nil && len(left) == n { // it was a cell: somebody else is at it
			err = pause(ctx, attempt)
		}
		if err != nil {
			return fmt.Errorf("sum up: %w", err)
		}
		facts = append(left, facts[n:]...)
	}
	return nil
}

// maxAttempts of a batch, with pauses of up to a quarter of a second, let tens
// of processes count into the same cells.
const maxAttempts = 30

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
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(facts), func(f fact) bool {
		again := seen[f.id]
		seen[f.id] = true
		return again
	})
}

func pause(ctx context.Context, attempt int) error {
	select {
	case <-time.After(rand.N(4 * time.Millisecond << min(attempt-1, 6))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// uncounted are the facts that have no mark.
func (s *Sums) uncounted(ctx context.Context, facts []fact) ([]fact, error) {
	var left []fact
	for _, f := range facts {
		_, err := s.Table.Get(ctx, f.mark())
		switch {
		case errors.Is(err, driver.ErrNotFound):
			left = append(left, f)
		case err != nil:
			return nil, err
		}
	}
	return left, nil
}

// stored is a cell as the table has it.
type stored struct {
	Cell
	Value   string `json:"value,omitzero"` // of the dimension
	version int64
	expires time.Time
	counted driver.Key // of a cell that is new: where it is counted
}

// A writing is one write of everything that counts facts: a mark for each, the
// cells with the versions that they were read with, and how many of these are
// new.
type writing struct {
	sums  *Sums
	marks []driver.Op
	cells map[driver.Key]*stored
	order []driver.Key         // of cells
	fresh map[driver.Key]int64 // new cells, by where those of the hour are counted
}

// add takes a fact, if it still fits.
func (w *writing) add(ctx context.Context, f *fact) (fits bool, err error) {
	cells := make([]*stored, len(f.dims))
	known := len(w.order)
	for i, d := range f.dims {
		if cells[i], err = w.cell(ctx, f, d); err != nil {
			return false, err
		}
	}
	if len(w.marks) > 0 && len(w.marks)+1+len(w.order)+len(w.fresh) > driver.MaxOps {
		w.forget(known)
		return false, nil
	}
	for _, c := range cells {
		c.Cell.Merge(f.cell)
	}
	w.marks = append(w.marks, driver.Put(driver.Record{Key: f.mark(), Expires: f.minted().Add(markLife)}))
	return true, nil
}

// forget takes back the cells behind the first ones.
func (w *writing) forget(known int) {
	for _, k := range w.order[known:] {
		if c := w.cells[k]; c.counted != (driver.Key{}) {
			if w.fresh[c.counted]--; w.fresh[c.counted] == 0 {
				delete(w.fresh, c.counted)
			}
		}
		delete(w.cells, k)
	}
	w.order = w.order[:known]
}

// cell is the one for a fact in a dimension, read once.
func (w *writing) cell(ctx context.Context, f *fact, d dim) (*stored, error) {
	k := cellKey(f.workspace, d, f.at)
	if c := w.cells[k]; c != nil {
		return c, nil
	}
	c := w.sums.take(k)
	if c == nil {
		var err error
		if c, err = w.sums.read(ctx, k); err != nil {
			return nil, err
		}
	}
	if c == nil {
		c = &stored{Value: d.value}
		if d.name != All && d.value != Other {
			c.counted = valuesKey(f.workspace, d, f.at)
			full, err := w.full(ctx, c.counted)
			if err != nil {
				return nil, err
			}
			if full {
				return w.cell(ctx, f, dim{d.name, Other})
			}
			w.fresh[c.counted]++
		}
	}
	c.expires = f.at.Add(Retention)
	w.cells[k] = c
	w.order = append(w.order, k)
	return c, nil
}

// full reports whether the values of a dimension have taken all cells of their
// own that there may be in an hour.
func (w *writing) full(ctx context.Context, values driver.Key) (bool, error) {
	r, err := w.sums.Table.Get(ctx, values)
	if err != nil && !errors.Is(err, driver.ErrNotFound) {
		return false, err
	}
	n, _ := r.Count()
	return n+w.fresh[values] >= w.sums.most(), nil
}

func (s *Sums) most() int64 {
	if s.MaxValues > 0 {
		return s.MaxValues
	}
	return DefaultValues
}

// read returns a cell, nil if there is none.
func (s *Sums) read(ctx context.Context, k driver.Key) (*stored, error) {
	r, err := s.Table.Get(ctx, k)
	if errors.Is(err, driver.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(r)
}

func decode(r driver.Record) (*stored, error) {
	c := &stored{version: r.Version}
	if err := json.Unmarshal(r.Data, c); err != nil {
		return nil, fmt.Errorf("the sum %q %q cannot be read: %w", r.Part, r.Sort, err)
	}
	return c, nil
}

// ops are those of the write.
func (w *writing) ops() ([]driver.Op, error) {
	ops := w.marks
	for _, k := range w.order {
		c := w.cells[k]
		data, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		ops = append(ops, driver.Put(driver.Record{Key: k, Version: c.version, Data: data, Expires: c.expires}))
	}
	for k, n := range w.fresh {
		ops = append(ops, driver.Add(k, n, w.sums.most(), time.Now().Add(Retention)))
	}
	return ops, nil
}
