package logs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A merge reads several parts for each day as one, from the newest place to
// the oldest, and no more of them than it may.
type merge struct {
	table   driver.Table
	sources []*source
	need    int    // records that are still wanted
	reads   int    // records that may still be read
	ranges  int    // ranges that may still be asked for
	moved   bool   // there has been progress
	resume  string // if it is set: no block from this key on has anything that is wanted

	unreadable func(id string, err error) // is told of what is passed over
}

// An item is a record that was found, or where it is.
type item struct {
	at   place
	data []byte // of the record; nil: it has not been read
	in   string // Sort of the block that names it
}

// next is the newest item below before, which becomes its place. It reports
// false when there is none down to from, or nothing more may be read; before
// is then how far the search has come.
func (m *merge) next(ctx context.Context, from time.Time, before *place) (item, bool, error) {
	for *before > floor(from) {
		day := dayBelow(*before)
		ok, err := m.fill(ctx, dayOf(day), *before)
		if !ok || err != nil {
			return item{}, false, err
		}
		newest := m.newest()
		if newest == nil {
			*before, m.moved = floor(day), true
			continue
		}
		it := newest.held[0]
		switch {
		case it.at >= *before: // two blocks have it
			newest.held = newest.held[1:]
			continue
		case it.at < floor(from):
			*before = floor(from)
			return item{}, false, nil
		case it.data == nil && m.reads < 1 && m.moved:
			return item{}, false, nil
		case it.data == nil:
			m.reads--
		}
		*before, m.moved, newest.held = it.at, true, newest.held[1:]
		return it, true, nil
	}
	return item{}, false, nil
}

// take is up to n of what next returns.
func (m *merge) take(ctx context.Context, from time.Time, before *place, n int) ([]item, error) {
	var list []item
	for m.need = n; m.need > 0; m.need-- {
		it, ok, err := m.next(ctx, from, before)
		if !ok || err != nil {
			return list, err
		}
		list = append(list, it)
	}
	return list, nil
}

// dayBelow is the day that the last id below before is on.
func dayBelow(before place) time.Time {
	t, _ := usage.TimeOf(before[:min(len(before), floorLength)] + "-7000-8000-000000000000")
	if before == floor(t) {
		t = t.Add(-time.Millisecond)
	}
	return t.Truncate(24 * time.Hour)
}

func (m *merge) newest() *source {
	var newest *source
	for _, s := range m.sources {
		if len(s.held) > 0 && (newest == nil || s.held[0].at > newest.held[0].at) {
			newest = s
		}
	}
	return newest
}

// fill reads for every source that has nothing at hand, all at the same time.
// It reports false if not all of them may be read. It may always be, until
// there has been any progress: a second with very many blocks is read to its
// end.
func (m *merge) fill(ctx context.Context, day, before string) (bool, error) {
	for {
		var empty []*source
		for _, s := range m.sources {
			if s.day != day {
				s.begin(day, before, m.resume)
			}
			if len(s.held) == 0 && !s.over {
				empty = append(empty, s)
			}
		}
		if len(empty) == 0 {
			return true, nil
		}
		chunk := m.chunk(len(empty))
		if (chunk == 0 || len(empty) > m.ranges) && m.moved {
			return false, nil
		}
		if err := m.fetch(ctx, empty, max(chunk, 1)); err != nil {
			return false, err
		}
	}
}

// chunk is how many records are read of each of n parts: of one as many as are
// needed, of several half of it, since each will have some of them.
func (m *merge) chunk(n int) int {
	want := m.need
	if n > 1 {
		want = (m.need + 1) / 2
	}
	return max(min(want, m.reads/n), 0)
}

func (m *merge) fetch(ctx context.Context, sources []*source, n int) error {
	m.ranges -= len(sources)
	counts := make([]int, len(sources))
	g, ctx := errgroup.WithContext(ctx)
	for i, s := range sources {
		g.Go(func() (err error) {
			counts[i], err = s.fetch(ctx, m, n)
			return err
		})
	}
	err := g.Wait()
	for _, n := range counts {
		m.reads -= n
	}
	return err
}

// rest is below which key the blocks are that have what is wanted below
// before, as far as that is known. Where a search goes on, it begins there.
func (m *merge) rest(before place) string {
	var below string
	for _, s := range m.sources {
		if !s.over {
			below = max(below, s.last)
		}
		for _, it := range append(s.held[:len(s.held):len(s.held)], s.open...) {
			if it.at < before {
				below = max(below, it.in+"~")
			}
		}
	}
	return below
}

// A source is one part a day, of records or of blocks.
type source struct {
	part   func(day string) string
	prefix string // of the records that are wanted
	blocks bool

	day   string // that is being read
	last  string // Sort that was read last
	over  bool   // the day has no more
	held  []item // newest first
	chunk int    // blocks of the next range
	open  []item // from the oldest to the newest; what is in blocks to come may be between them
}

// firstBlocks is how many blocks the first range reads, the next one twice as
// many: one may have all that is wanted.
const firstBlocks = 4

func (s *source) begin(day string, before place, resume string) {
	s.day, s.last, s.over, s.held, s.open, s.chunk = day, before, false, nil, nil, firstBlocks
	if s.blocks {
		s.last = behindSecond(before)
	}
	if s.blocks && resume != "" {
		s.last = min(s.last, resume)
	}
}

// fetch reads the next records of the day, and says how many there were.
func (s *source) fetch(ctx context.Context, m *merge, n int) (int, error) {
	if s.blocks {
		n = min(n, s.chunk)
		s.chunk *= 2
	}
	count := 0
	q := driver.Query{Prefix: s.prefix, After: s.last, Reverse: true, Limit: n}
	for r, err := range m.table.Range(ctx, s.part(s.day), q) {
		if err != nil {
			return count, err
		}
		count, s.last = count+1, r.Sort
		if !s.blocks {
			s.held = append(s.held, item{at: r.Sort, data: r.Data})
		} else if err := s.unfold(r); err != nil {
			m.unreadable(r.Sort, err)
		}
	}
	if s.over = count < n; s.blocks {
		s.settle()
	}
	return count, nil
}

// unfold adds what a block has.
func (s *source) unfold(r driver.Record) error {
	b, err := decodeBlock(r.Data)
	for _, p := range b {
		s.open = append(s.open, item{at: p, in: r.Sort})
	}
	return err
}

// settle takes over what nothing can come before any more: blocks that were not
// read yet end before the one that was read last.
func (s *source) settle() {
	slices.SortFunc(s.open, func(a, b item) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.in, b.in)) })
	from := 0
	if !s.over {
		last, _, _ := strings.Cut(s.last, "~")
		from, _ = slices.BinarySearchFunc(s.open, last, func(it item, p place) int { return cmp.Compare(it.at, p) })
	}
	for _, it := range slices.Backward(s.open[from:]) {
		s.held = append(s.held, it)
	}
	s.open = s.open[:from:from]
}
