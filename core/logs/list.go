package logs

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// A Page is a part of the answer to a [Query].
type Page struct {
	Entries []Entry
	// Next is the cursor of the page behind it. Empty: there is nothing more.
	// A page may have fewer entries than were asked for, or none, and go on.
	Next string
}

// How much a page may read, in records for each entry that is asked for.
const (
	indexedReads  = 5  // when all conditions are one field, or none
	filteredReads = 10 // when entries have to be looked through
)

// maxRanges is how many ranges a page may ask the table for. Days without
// entries cost one each, or one for each shard.
const maxRanges = 128

// List returns a page of logs, newest first. By time alone it reads records,
// by any field entries, which are there as soon as the record is indexed. With
// several fields it reads the entries of one and looks through them.
//
// A page reads at most five times its limit in records, ten times where it
// looks through entries, and goes on with the next one from there.
func (s *Store) List(ctx context.Context, q Query) (Page, error) {
	if err := q.valid(); err != nil {
		return Page{}, err
	}
	from, before, err := s.bounds(&q)
	if err != nil {
		return Page{}, err
	}
	limit := cmp.Or(q.Limit, defaultLimit)
	m, look := s.plan(&q)
	m.reads, m.ranges, m.need = indexedReads*limit, maxRanges, limit
	if look {
		m.reads = filteredReads * limit
	}
	m.reads = max(m.reads, len(m.sources)) // a page without any progress would never end
	m.unreadable = func(id string, err error) {
		s.Log.ErrorContext(ctx, "a log cannot be read and is passed over", "log", id, "error", err)
	}
	var page Page
	for len(page.Entries) < limit && before > floor(from) {
		e, ok, err := m.next(ctx, from, &before)
		if err != nil {
			return Page{}, fmt.Errorf("logs: list: %w", err)
		}
		if !ok {
			break
		}
		if !look || q.Filter.Matches(&e) {
			page.Entries = append(page.Entries, e)
		}
		if !look {
			m.need = limit - len(page.Entries)
		}
	}
	if before > floor(from) {
		page.Next = s.cursor(q.identity(), before)
	}
	return page, nil
}

// bounds are the instant from which a query wants records, and the id below
// which.
func (s *Store) bounds(q *Query) (from time.Time, before string, err error) {
	from = q.From
	if oldest := time.Now().Add(-s.Retention); from.Before(oldest) {
		from = oldest
	}
	if q.Cursor != "" {
		before, err = s.position(q.identity(), q.Cursor)
		return from, before, err
	}
	to := q.To
	if latest := time.Now().Add(slack); to.IsZero() || to.After(latest) {
		to = latest
	}
	return from, floor(to.Add(time.Millisecond)), nil
}

// slack is by how much the clock of another process may be ahead.
const slack = time.Minute

// plan chooses where a query reads, and reports whether what is read has to be
// looked through.
func (s *Store) plan(q *Query) (m *merge, look bool) {
	conditions := q.Filter.conditions()
	m = &merge{table: s.table}
	if len(conditions) == 0 {
		for shard := range shards {
			m.sources = append(m.sources, &source{part: func(day string) string { return recordPart(q.Workspace, day, shard) }, read: readRecord})
		}
		return m, q.Filter.bounded()
	}
	c := conditions[0]
	for _, v := range c.values {
		p := pair{c.field, v}
		m.sources = append(m.sources, &source{part: func(day string) string { return p.part(q.Workspace, day) }, read: readEntry})
	}
	return m, len(conditions) > 1 || q.Filter.bounded()
}
