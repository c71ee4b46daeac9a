package rollup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
	for len(facts) > 0 {
		n := batchOf(facts)
		if err := s.batch(ctx, facts[:n]); err != nil {
			return fmt.Errorf("sum up: %w", err)
		}
		facts = facts[n:]
	}
	return nil
}

// batchOf is how many facts can be written together. Each may need a cell that
// is new, and counted, in each of its dimensions.
func batchOf(facts []fact) int {
	ops, seen := 0, map[driver.Key]bool{}
	more := func(k driver.Key) {
		if !seen[k] {
			seen[k] = true
			ops++
		}
	}
	for i := range facts {
		f := &facts[i]
		more(f.mark())
		for _, d := range f.dims {
			more(cellKey(f.workspace, d, f.at))
			more(cellKey(f.workspace, dim{d.name, Other}, f.at))
			more(valuesKey(f.workspace, d, f.at))
		}
		if ops > driver.MaxOps {
			return max(i, 1)
		}
	}
	return len(facts)
}

// maxAttempts of a batch, with pauses of up to a quarter of a second, let tens
// of processes count into the same cells.
const maxAttempts = 30

// batch counts facts that fit into one write.
func (s *Sums) batch(ctx context.Context, facts []fact) error {
	facts = distinct(facts)
	for attempt := 1; len(facts) > 0; attempt++ {
		ops, err := s.ops(ctx, facts)
		if err == nil {
			err = s.Table.Write(ctx, ops)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, driver.ErrConflict) && !errors.Is(err, driver.ErrCeiling) || attempt == maxAttempts {
			return err
		}
		if facts, err = s.uncounted(ctx, facts); err != nil {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return nil
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

// ops is one write of everything that counts facts: a mark for each, and the
// cells with the versions that they were read with.
func (s *Sums) ops(ctx context.Context, facts []fact) ([]driver.Op, error) {
	w := writing{sums: s, cells: map[driver.Key]*stored{}}
	for i := range facts {
		f := &facts[i]
		w.ops = append(w.ops, driver.Put(driver.Record{Key: f.mark(), Expires: f.minted().Add(markLife)}))
		for _, d := range f.dims {
			c, err := w.cell(ctx, f, d)
			if err != nil {
				return nil, err
			}
			c.Cell.Merge(f.cell)
		}
	}
	return w.finish()
}

// stored is a cell as the table has it.
type stored struct {
	Cell
	Value   string `json:"value,omitzero"` // of the dimension
	version int64
	expires time.Time
}

// A writing is what one write is put together from.
type writing struct {
	sums  *Sums
	cells map[driver.Key]*stored
	order []driver.Key
	fresh map[driver.Key]int64 // cells that are new, by where those of the hour are counted
	ops   []driver.Op
}

// cell is the one for a fact in a dimension, read once.
func (w *writing) cell(ctx context.Context, f *fact, d dim) (*stored, error) {
	k := cellKey(f.workspace, d, f.at)
	if c := w.cells[k]; c != nil {
		return c, nil
	}
	c, err := w.sums.read(ctx, k)
	if err != nil {
		return nil, err
	}
	if c == nil && d.name != All && d.value != Other {
		full, err := w.full(ctx, f, d)
		if err != nil {
			return nil, err
		}
		if full {
			return w.cell(ctx, f, dim{d.name, Other})
		}
	}
	if c == nil {
		c = &stored{Value: d.value}
	}
	c.expires = f.at.Add(Retention)
	w.cells[k] = c
	w.order = append(w.order, k)
	return c, nil
}

// full reports whether the values of a dimension have taken all cells of their
// own that there may be in an hour. If not, one more is taken.
func (w *writing) full(ctx context.Context, f *fact, d dim) (bool, error) {
	k := valuesKey(f.workspace, d, f.at)
	r, err := w.sums.Table.Get(ctx, k)
	if err != nil && !errors.Is(err, driver.ErrNotFound) {
		return false, err
	}
	n, _ := r.Count()
	if n+w.fresh[k] >= w.sums.most() {
		return true, nil
	}
	if w.fresh == nil {
		w.fresh = map[driver.Key]int64{}
	}
	w.fresh[k]++
	return false, nil
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

// finish writes the cells, and how many of them there are.
func (w *writing) finish() ([]driver.Op, error) {
	for _, k := range w.order {
		c := w.cells[k]
		data, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		w.ops = append(w.ops, driver.Put(driver.Record{Key: k, Version: c.version, Data: data, Expires: c.expires}))
	}
	for k, n := range w.fresh {
		w.ops = append(w.ops, driver.Add(k, n, w.sums.most(), time.Now().Add(Retention)))
	}
	return w.ops, nil
}
