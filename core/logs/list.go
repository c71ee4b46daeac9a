package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/core/store/driver"
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
// by any field an index, in which a record is as soon as it is indexed, and
// the records that this names. With several fields it reads the index of one
// and looks through the records.
//
// A page reads at most five times its limit in records, ten times where it
// looks through them, and goes on with the next one from there; but always as
// much as the index has of one second.
func (s *Store) List(ctx context.Context, q Query) (Page, error) {
	if err := q.valid(); err != nil {
		return Page{}, err
	}
	from, before, resume, err := s.bounds(&q)
	if err != nil {
		return Page{}, err
	}
	limit := cmp.Or(q.Limit, defaultLimit)
	m := s.plan(ctx, &q, limit)
	m.resume = resume
	var page Page
	for len(page.Entries) < limit && before > floor(from) {
		items, err := m.take(ctx, from, &before, limit-len(page.Entries))
		if err != nil {
			return Page{}, fmt.Errorf("logs: list: %w", err)
		}
		if len(items) == 0 {
			break
		}
		entries, err := s.read(ctx, q.Workspace, items, m.unreadable)
		if err != nil {
			return Page{}, fmt.Errorf("logs: list: %w", err)
		}
		for i := range entries {
			if q.Filter.Matches(&entries[i]) {
				page.Entries = append(page.Entries, entries[i])
			}
		}
	}
	if before > floor(from) {
		page.Next = s.cursor(q.identity(), before+behind+m.rest(before))
	}
	return page, nil
}

// behind separates, in a cursor, the place that a page has come to from the
// block that the next one begins with.
const behind = "|"

// bounds are the instant from which a query wants records, the id below which,
// and the key below which blocks are, if that is known.
func (s *Store) bounds(q *Query) (from time.Time, before place, resume string, err error) {
	from = q.From
	if oldest := time.Now().Add(-s.Retention); from.Before(oldest) {
		from = oldest
	}
	if q.Cursor != "" {
		at, err := s.position(q.identity(), q.Cursor)
		before, resume, _ = strings.Cut(at, behind)
		return from, before, resume, err
	}
	to := q.To
	if latest := time.Now().Add(slack); to.IsZero() || to.After(latest) {
		to = latest
	}
	return from, floor(to.Add(time.Millisecond)), "", nil
}

// slack is by how much the clock of another process may be ahead.
const slack = time.Minute

// plan chooses where a query reads, and how much.
func (s *Store) plan(ctx context.Context, q *Query, limit int) *merge {
	conditions := q.Filter.conditions()
	m := s.merge(ctx)
	m.reads = indexedReads * limit
	if len(conditions) > 1 || q.Filter.bounded() {
		m.reads = filteredReads * limit
	}
	if len(conditions) == 0 {
		for shard := range shards {
			m.sources = append(m.sources, &source{part: func(day string) string { return recordPart(q.Workspace, day, shard) }})
		}
		return m
	}
	c := conditions[0]
	for _, v := range c.values {
		p := pair{c.field, v}
		m.sources = append(m.sources, &source{part: func(day string) string { return p.part(q.Workspace, day) }, blocks: true})
		if isID(v) && (c.field == byRequest || c.field == byTrace) {
			m.sources = append(m.sources, &source{part: func(day string) string { return recordPart(q.Workspace, day, shardOf(v)) }, prefix: v})
		}
	}
	return m
}

// merge returns one that has no sources yet.
func (s *Store) merge(ctx context.Context) *merge {
	return &merge{table: s.table, ranges: maxRanges, unreadable: func(id string, err error) {
		s.Log.ErrorContext(ctx, "a log cannot be read and is passed over", "log", id, "error", err)
	}}
}

// read returns what lists show of records that were found. One that is gone is
// not among them, nor one that cannot be read, of which the callback is told.
func (s *Store) read(ctx context.Context, workspace string, items []item, unreadable func(id string, err error)) ([]Entry, error) {
	err := each(ctx, len(items), func(ctx context.Context, i int) error {
		if items[i].data != nil {
			return nil
		}
		key, _ := recordKey(workspace, idOf(items[i].at))
		r, err := s.table.Get(ctx, key)
		if errors.Is(err, driver.ErrNotFound) {
			return nil
		}
		items[i].data = r.Data
		return err
	})
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, it := range items {
		if it.data == nil {
			continue
		}
		r, err := Decode(it.data)
		if err != nil {
			unreadable(idOf(it.at), err)
			continue
		}
		entries = append(entries, EntryOf(r))
	}
	return entries, nil
}
