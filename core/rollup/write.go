package rollup

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
)

// A writing is one write of everything that counts facts: their marks, the
// cells with the versions that they were read with, and how many of these are
// new.
type writing struct {
	opened
	own   []driver.Op // marks that are in no set
	pages []driver.Op // of sets; what is in them comes last
	put   []*page     // what is in pages
	cells map[place]*stored
	order []place              // of cells
	fresh map[driver.Key]int64 // new cells, and new keys of metadata, by where those of the hour are counted
	found []*stored            // cells of the fact that is added
}

func newWriting(s *Sums) *writing {
	return &writing{opened: opened{s, map[setName]*set{}}, cells: map[place]*stored{}, fresh: map[driver.Key]int64{}}
}

// add takes a fact, if it still fits. One that has been counted always does.
func (w *writing) add(ctx context.Context, f *fact) (fits bool, err error) {
	counted, err := w.counted(ctx, &f.mark)
	if err != nil || counted {
		return true, err
	}
	known := len(w.order)
	if err := w.find(ctx, f); err != nil {
		return false, err
	}
	if w.size() > 0 && w.size()+w.more(f)+len(w.order)+len(w.fresh) > driver.MaxOps {
		w.forget(known)
		return false, nil
	}
	for _, c := range w.found {
		c.Cell.Merge(&f.cell)
	}
	w.mark(f)
	return true, nil
}

// size is how many operations marks take.
func (w *writing) size() int { return len(w.own) + len(w.pages) }

// more is how many the mark of a fact takes in addition.
func (w *writing) more(f *fact) int {
	if s := w.sets[f.mark.set]; s != nil && !s.grows() {
		return 0
	}
	return 1
}

// mark puts the mark of a fact into the write.
func (w *writing) mark(f *fact) {
	if m := &f.mark; m.own.Part != "" {
		w.own = append(w.own, driver.Put(driver.Record{Key: m.own, Expires: f.minted.Add(markLife)}))
		return
	}
	name := f.mark.set
	if n, p := w.sets[name].add(f.mark.id); p != nil {
		w.pages = append(w.pages, driver.Put(driver.Record{Key: name.key(n), Version: p.version, Expires: name.expires()}))
		w.put = append(w.put, p)
	}
}

// find looks for the cells of a fact.
func (w *writing) find(ctx context.Context, f *fact) error {
	w.found = w.found[:0]
	for _, d := range f.dims {
		c, err := w.cell(ctx, f, d)
		if err != nil {
			return err
		}
		if c != nil {
			w.found = append(w.found, c)
		}
	}
	return nil
}

// forget takes back the cells behind the first ones.
func (w *writing) forget(known int) {
	for _, p := range w.order[known:] {
		for _, counter := range w.cells[p].counted {
			if w.fresh[counter]--; w.fresh[counter] == 0 {
				delete(w.fresh, counter)
			}
		}
		delete(w.cells, p)
	}
	w.order = w.order[:known]
}

// cell is the one for a fact in a dimension, read once. It is nil if there is
// none for the dimension.
func (w *writing) cell(ctx context.Context, f *fact, d dim) (*stored, error) {
	p := place{f.workspace, d, f.hour}
	if c := w.cells[p]; c != nil {
		return c, nil
	}
	c, err := w.sums.takeCell(p), error(nil)
	if c == nil {
		if c, err = w.sums.read(ctx, cellKey(f.workspace, d, f.at)); err != nil {
			return nil, err
		}
	}
	if c == nil {
		c = &stored{Value: d.value, key: cellKey(f.workspace, d, f.at)}
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
	w.cells[p] = c
	w.order = append(w.order, p)
	return c, nil
}

// enter counts a new cell. It does not if the values of its dimension have
// taken all cells of their own that there may be in an hour (full), or other
// keys of metadata all dimensions (none).
func (w *writing) enter(ctx context.Context, f *fact, d dim, c *stored) (full, none bool, err error) {
	values := valuesKey(f.workspace, d, f.at)
	n, err := w.counter(ctx, values)
	if err != nil || n >= w.sums.most() {
		return true, false, err
	}
	c.counted = []driver.Key{values}
	if n == 0 && strings.HasPrefix(d.name, Metadata) {
		keys := keysKey(f.workspace, f.at)
		if n, err = w.counter(ctx, keys); err != nil || n >= w.sums.mostKeys() {
			return false, true, err
		}
		c.counted = append(c.counted, keys)
	}
	for _, counter := range c.counted {
		w.fresh[counter]++
	}
	return false, false, nil
}

// counter is a counter as it will be.
func (w *writing) counter(ctx context.Context, k driver.Key) (int64, error) {
	r, err := w.sums.Table.Get(ctx, k)
	if err != nil && !errors.Is(err, driver.ErrNotFound) {
		return 0, err
	}
	n, _ := r.Count()
	return n + w.fresh[k], nil
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

// commit writes everything, if there is anything to write, and remembers it.
func (w *writing) commit(ctx context.Context) error {
	if w.size() > 0 {
		ops, err := w.ops()
		if err == nil {
			err = w.sums.Table.Write(ctx, ops)
		}
		if err != nil {
			return err
		}
	}
	for _, s := range w.sets {
		s.written()
	}
	for _, c := range w.cells {
		c.version++
		c.counted = nil
	}
	w.sums.keepSets(w.sets)
	w.sums.keepCells(w.cells)
	return nil
}

// ops are those of the write.
func (w *writing) ops() ([]driver.Op, error) {
	for i, p := range w.put {
		w.pages[i].Data = p.ids
	}
	ops := append(w.own, w.pages...)
	for _, p := range w.order {
		c := w.cells[p]
		data, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		ops = append(ops, driver.Put(driver.Record{Key: c.key, Version: c.version, Data: data, Expires: c.expires}))
	}
	for k, n := range w.fresh {
		ops = append(ops, driver.Add(k, n, w.sums.ceiling(k), time.Now().Add(Retention)))
	}
	return ops, nil
}
