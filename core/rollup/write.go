package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
)

// stored is a cell as the table has it.
type stored struct {
	Cell
	Value   string `json:"value,omitzero"` // of the dimension
	version int64
	expires time.Time
	counted []driver.Key // of a cell that is new: where it is counted
}

// A writing is one write of everything that counts facts: a mark for each, the
// cells with the versions that they were read with, and how many of these are
// new.
type writing struct {
	sums  *Sums
	marks []driver.Op
	cells map[driver.Key]*stored
	order []driver.Key         // of cells
	fresh map[driver.Key]int64 // new cells, and new keys of metadata, by where those of the hour are counted
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
		if c != nil {
			c.Cell.Merge(f.cell)
		}
	}
	w.marks = append(w.marks, driver.Put(driver.Record{Key: f.mark, Expires: f.minted.Add(markLife)}))
	return true, nil
}

// forget takes back the cells behind the first ones.
func (w *writing) forget(known int) {
	for _, k := range w.order[known:] {
		for _, counter := range w.cells[k].counted {
			if w.fresh[counter]--; w.fresh[counter] == 0 {
				delete(w.fresh, counter)
			}
		}
		delete(w.cells, k)
	}
	w.order = w.order[:known]
}

// cell is the one for a fact in a dimension, read once. It is nil if there is
// none for the dimension.
func (w *writing) cell(ctx context.Context, f *fact, d dim) (*stored, error) {
	k := cellKey(f.workspace, d, f.at)
	if c := w.cells[k]; c != nil {
		return c, nil
	}
	c, err := w.sums.take(k), error(nil)
	if c == nil {
		if c, err = w.sums.read(ctx, k); err != nil {
			return nil, err
		}
	}
	if c == nil {
		c = &stored{Value: d.value}
		if d.name != All && d.value != Other {
			full, none, err := w.enter(ctx, f, d, c)
			switch {
			case err != nil, none:
				return nil, err
			case full:
				return w.cell(ctx, f, dim{d.name, Other})
			}
		}
	}
	c.expires = f.at.Add(Retention)
	w.cells[k] = c
	w.order = append(w.order, k)
	return c, nil
}

// enter counts a new cell. It does not if the values of its dimension have
// taken all cells of their own that there may be in an hour (full), or other
// keys of metadata all dimensions (none).
func (w *writing) enter(ctx context.Context, f *fact, d dim, c *stored) (full, none bool, err error) {
	values := valuesKey(f.workspace, d, f.at)
	n, err := w.counted(ctx, values)
	if err != nil || n >= w.sums.most() {
		return true, false, err
	}
	c.counted = []driver.Key{values}
	if n == 0 && strings.HasPrefix(d.name, Metadata) {
		keys := keysKey(f.workspace, f.at)
		if n, err = w.counted(ctx, keys); err != nil || n >= w.sums.mostKeys() {
			return false, true, err
		}
		c.counted = append(c.counted, keys)
	}
	for _, counter := range c.counted {
		w.fresh[counter]++
	}
	return false, false, nil
}

// counted is a counter as it will be.
func (w *writing) counted(ctx context.Context, counter driver.Key) (int64, error) {
	r, err := w.sums.Table.Get(ctx, counter)
	if err != nil && !errors.Is(err, driver.ErrNotFound) {
		return 0, err
	}
	n, _ := r.Count()
	return n + w.fresh[counter], nil
}

func (s *Sums) most() int64     { return cmp.Or(max(s.MaxValues, 0), DefaultValues) }
func (s *Sums) mostKeys() int64 { return cmp.Or(max(s.MaxKeys, 0), DefaultKeys) }

// ceiling is the most that a counter may come to.
func (s *Sums) ceiling(counter driver.Key) int64 {
	if strings.HasSuffix(counter.Part, "#keys") {
		return s.mostKeys()
	}
	return s.most()
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
		ops = append(ops, driver.Add(k, n, w.sums.ceiling(k), time.Now().Add(Retention)))
	}
	return ops, nil
}
