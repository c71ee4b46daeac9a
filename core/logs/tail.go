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
	var items []item
	ranges := maxRanges
	for day := dayAt(after); !day.After(now) && len(items) < limit && ranges > 0; day = day.Add(24 * time.Hour) {
		ranges--
		places, err := s.feed(ctx, donePart(workspace, dayOf(day)), after, floor(now), limit-len(items))
		if err != nil {
			return nil, "", err
		}
		for _, p := range places {
			items, after = append(items, item{at: p}), p
		}
		if len(items) < limit {
			after = max(after, min(floor(day.Add(24*time.Hour)), floor(now)))
		}
	}
	return s.shown(ctx, workspace, items, after)
}

// shown is a page of the feed that ends at a place.
func (s *Store) shown(ctx context.Context, workspace string, items []item, after place) ([]Entry, string, error) {
	entries, err := s.read(ctx, workspace, items, s.merge(ctx).unreadable)
	if err != nil {
		return nil, "", fmt.Errorf("logs: tail: %w", err)
	}
	return entries, s.cursor(tailIdentity(workspace), after), nil
}

// dayAt is the day of a place in the feed.
func dayAt(at place) time.Time {
	t := dayBelow(at)
	if at == floor(t.Add(24*time.Hour)) { // it begins the next day
		t = t.Add(24 * time.Hour)
	}
	return t
}

// latest returns the newest entries of today and yesterday.
func (s *Store) latest(ctx context.Context, workspace string, now time.Time, limit int) ([]Entry, string, error) {
	m := s.merge(ctx)
	m.reads = indexedReads * limit
	m.sources = []*source{{part: func(day string) string { return donePart(workspace, day) }, blocks: true}}
	before := floor(now)
	items, err := m.take(ctx, now.UTC().Truncate(24*time.Hour).Add(-24*time.Hour), &before, limit)
	if err != nil {
		return nil, "", fmt.Errorf("logs: tail: %w", err)
	}
	slices.Reverse(items)
	return s.shown(ctx, workspace, items, floor(now))
}

// feed is what a part has behind a place and before an end, in order.
func (s *Store) feed(ctx context.Context, part string, after, end place, limit int) (found block, err error) {
	m := s.merge(ctx)
	last := after
	for chunk := min(limit, firstBlocks); ; chunk *= 2 {
		count, over := 0, false
		for r, err := range s.table.Range(ctx, part, driver.Query{After: last, Limit: chunk}) {
			if err != nil {
				return nil, fmt.Errorf("logs: tail: %w", err)
			}
			if count, last = count+1, r.Sort; last >= behindSecond(end) {
				over = true
				break
			}
			b, err := decodeBlock(r.Data)
			if err != nil {
				m.unreadable(r.Sort, err)
			}
			found = append(found, slices.DeleteFunc(b, func(p place) bool { return p <= after || p >= end })...)
		}
		slices.Sort(found)
		found = slices.Compact(found)
		sure := len(found)
		if over = over || count < chunk; !over { // blocks behind the last one may have more of its second
			sure, _ = slices.BinarySearch(found, floorOfSecond(secondOf(last)))
		}
		if over || sure >= limit {
			return found[:min(sure, limit)], nil
		}
	}
}
