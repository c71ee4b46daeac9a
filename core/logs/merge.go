package logs

import (
	"context"
	"sync"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A merge reads several parts for each day as one, from the newest entry to
// the oldest, and no more of them than it may.
type merge struct {
	table   driver.Table
	sources []*source
	need    int // entries that are still wanted
	reads   int // records that may still be read
	ranges  int // ranges that may still be asked for

	unreadable func(id string, err error) // is told of what is passed over
}

// A source is one part a day.
type source struct {
	part func(day string) string
	read func(data []byte) (Entry, error)

	day  string // that is being read
	last string // Sort that was read last
	over bool   // the day has no more
	held []driver.Record
}

// next is the newest entry below before, which becomes its id. It reports
// false when there is none down to from, or nothing more may be read; before
// is then how far the search has come.
func (m *merge) next(ctx context.Context, from time.Time, before *string) (Entry, bool, error) {
	for *before > floor(from) {
		day := dayBelow(*before)
		ok, err := m.fill(ctx, dayOf(day), *before)
		if !ok || err != nil {
			return Entry{}, false, err
		}
		if newest := m.newest(); newest != nil {
			r := newest.held[0]
			newest.held = newest.held[1:]
			if *before = r.Sort; r.Sort < floor(from) {
				*before = floor(from)
				return Entry{}, false, nil
			}
			e, err := newest.read(r.Data)
			if err == nil {
				return e, true, nil
			}
			m.unreadable(r.Sort, err)
			continue
		}
		*before = floor(day)
	}
	return Entry{}, false, nil
}

// dayBelow is the day that the last id below before is on.
func dayBelow(before string) time.Time {
	t, _ := usage.TimeOf(before[:min(len(before), len("01234567-89ab"))] + "-7000-8000-000000000000")
	if before == floor(t) {
		t = t.Add(-time.Millisecond)
	}
	return t.Truncate(24 * time.Hour)
}

func (m *merge) newest() *source {
	var newest *source
	for _, s := range m.sources {
		if len(s.held) > 0 && (newest == nil || s.held[0].Sort > newest.held[0].Sort) {
			newest = s
		}
	}
	return newest
}

// fill reads for every source that has nothing at hand, all at the same time.
// It reports false if not all of them may be read.
func (m *merge) fill(ctx context.Context, day, before string) (bool, error) {
	var empty []*source
	for _, s := range m.sources {
		if s.day != day {
			s.day, s.last, s.over, s.held = day, before, false, nil
		}
		if len(s.held) == 0 && !s.over {
			empty = append(empty, s)
		}
	}
	chunk := m.chunk(len(empty))
	if chunk == 0 || len(empty) > m.ranges {
		return len(empty) == 0, nil
	}
	m.ranges -= len(empty)
	errs := make([]error, len(empty))
	var wg sync.WaitGroup
	for i, s := range empty {
		wg.Go(func() { errs[i] = s.fetch(ctx, m.table, chunk) })
	}
	wg.Wait()
	for i, s := range empty {
		if errs[i] != nil {
			return false, errs[i]
		}
		m.reads -= len(s.held)
	}
	return true, nil
}

// chunk is how many records are read of each of n parts: of one as many as are
// needed, of several half of it, since each will have some of them.
func (m *merge) chunk(n int) int {
	want := m.need
	if n > 1 {
		want = (m.need + 1) / 2
	}
	return min(want, m.reads/max(n, 1))
}

// fetch reads the next records of the day.
func (s *source) fetch(ctx context.Context, table driver.Table, n int) error {
	for r, err := range table.Range(ctx, s.part(s.day), driver.Query{After: s.last, Reverse: true, Limit: n}) {
		if err != nil {
			return err
		}
		s.held = append(s.held, r)
	}
	if s.over = len(s.held) < n; len(s.held) > 0 {
		s.last = s.held[len(s.held)-1].Sort
	}
	return nil
}

func readRecord(data []byte) (Entry, error) {
	r, err := Decode(data)
	if err != nil {
		return Entry{}, err
	}
	return EntryOf(r), nil
}

func readEntry(data []byte) (e Entry, err error) {
	err = unpack(data, &e)
	return e, err
}
