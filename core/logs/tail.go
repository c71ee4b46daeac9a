package logs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sluice/core/store/driver"
)

// Settle is how long after its end a request enters the feed, unless
// [Options.Settle] says otherwise: until then one that ended before it may
// still come in. What is indexed later than that is in lists, and not in the
// feed.
const Settle = 2 * time.Second

// tailIdentity is what cursors of a feed are sealed with.
func tailIdentity(workspace string) string { return "tail " + workspace }

// Tail returns what ended behind a place in the feed of a workspace, in the
// order in which requests ended, and the place behind it. An empty cursor
// gives the latest entries. At most limit entries are returned; zero means 50.
//
// The feed is made by [Store.Index].
func (s *Store) Tail(ctx context.Context, workspace, cursor string, limit int) ([]Entry, string, error) {
	limit = min(cmp.Or(max(limit, 0), defaultLimit), MaxLimit)
	now := time.Now().Add(-s.Settle)
	if cursor == "" {
		return s.latest(ctx, workspace, now, limit)
	}
	after, err := s.position(tailIdentity(workspace), cursor)
	if err != nil {
		return nil, "", err
	}
	if oldest := floor(now.Add(-s.Retention)); after < oldest {
		after = oldest
	}
	var entries []Entry
	ranges := maxRanges
	for day := dayAt(after); !day.After(now) && len(entries) < limit && ranges > 0; day = day.Add(24 * time.Hour) {
		ranges--
		q := driver.Query{After: after, Limit: limit - len(entries)}
		found, last, err := s.feed(ctx, donePart(workspace, dayOf(day)), q, floor(now))
		if err != nil {
			return nil, "", err
		}
		entries = append(entries, found...)
		if after = max(after, last); len(entries) < limit {
			after = max(after, min(floor(day.Add(24*time.Hour)), floor(now)))
		}
	}
	return entries, s.cursor(tailIdentity(workspace), after), nil
}

// dayAt is the day of a place in the feed.
func dayAt(place string) time.Time {
	t := dayBelow(place)
	if place == floor(t.Add(24*time.Hour)) { // it begins the next day
		t = t.Add(24 * time.Hour)
	}
	return t
}

// latest returns the newest entries of today and yesterday.
func (s *Store) latest(ctx context.Context, workspace string, now time.Time, limit int) ([]Entry, string, error) {
	var entries []Entry
	for _, day := range []time.Time{now, now.Add(-24 * time.Hour)} {
		if len(entries) == limit {
			break
		}
		q := driver.Query{After: floor(now), Reverse: true, Limit: limit - len(entries)}
		found, _, err := s.feed(ctx, donePart(workspace, dayOf(day)), q, "")
		if err != nil {
			return nil, "", err
		}
		entries = append(entries, found...)
	}
	slices.Reverse(entries)
	return entries, s.cursor(tailIdentity(workspace), floor(now)), nil
}

// feed reads entries of a day, up to a place if there is one, and says where
// it has come to.
func (s *Store) feed(ctx context.Context, part string, q driver.Query, end string) (entries []Entry, last string, err error) {
	for r, err := range s.table.Range(ctx, part, q) {
		if err != nil {
			return nil, "", fmt.Errorf("logs: tail: %w", err)
		}
		if end != "" && r.Sort >= end {
			break
		}
		last = r.Sort
		e, err := readEntry(r.Data)
		if err != nil {
			s.Log.ErrorContext(ctx, "a log cannot be read and is passed over", "log", r.Sort, "error", err)
			continue
		}
		entries = append(entries, e)
	}
	return entries, last, nil
}
