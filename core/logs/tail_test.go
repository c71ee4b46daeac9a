package logs

import (
	"slices"
	"testing"
	"time"

	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// TestTheFeedHasEveryRequestOnceInTheOrderOfItsEnd writes records in another
// order than they end in, and follows with pages of several sizes.
func TestTheFeedHasEveryRequestOnceInTheOrderOfItsEnd(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{Retention: 100 * time.Hour})
		latest, _, err := s.Tail(t.Context(), "w", "", 10)
		if err != nil || len(latest) != 0 {
			t.Fatalf("an empty feed has %d entries, %v", len(latest), err)
		}
		begin := s.cursor(tailIdentity("w"), floor(at(0).Add(-49*time.Hour)))
		var records []*usage.Record
		for i := range 24 { // over three days, some of which took hours
			r := record("w", at(i).Add(-time.Duration(i%3)*24*time.Hour))
			r.Total = usage.Since(r.Time, r.Time.Add(time.Duration(i%5)*7*time.Minute))
			records = append(records, r)
		}
		write(t, s, records...)
		write(t, s, record("other", at(3)))
		ended := (*usage.Record).Ended
		slices.SortFunc(records, func(a, b *usage.Record) int {
			if c := ended(a).Compare(ended(b)); c != 0 {
				return c
			}
			if a.ID < b.ID {
				return -1
			}
			return 1
		})
		var want []string
		for _, r := range records {
			want = append(want, r.ID)
		}
		for _, limit := range []int{1, 7, 100} {
			var got []string
			for cursor, rounds := begin, 0; len(got) < len(want) && rounds < 60; rounds++ {
				entries, next, err := s.Tail(t.Context(), "w", cursor, limit)
				if err != nil {
					t.Fatal(err)
				}
				if len(entries) > limit {
					t.Errorf("%d entries for a limit of %d", len(entries), limit)
				}
				for _, e := range entries {
					got = append(got, e.ID)
				}
				cursor = next
			}
			same(t, "feed", got, want)
		}
		got, cursor, err := s.Tail(t.Context(), "w", "", 5)
		if err != nil || len(got) != 5 || got[4].ID != want[len(want)-1] {
			t.Errorf("the latest five are %d, %v", len(got), err)
		}
		if got, _, err := s.Tail(t.Context(), "w", cursor, 5); err != nil || len(got) != 0 {
			t.Errorf("behind the latest are %d, %v", len(got), err)
		}
	})
}

// TestTheFeedWaitsForThoseThatEndedBefore has a request that is indexed behind
// one that ended after it.
func TestTheFeedWaitsForThoseThatEndedBefore(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	s := New(table, Options{Settle: time.Hour})
	now := time.Now()
	first, second := record("w", now.Add(-50*time.Minute)), record("w", now.Add(-40*time.Minute))
	write(t, s, second)
	_, cursor, err := s.Tail(t.Context(), "w", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	got, cursor, err := s.Tail(t.Context(), "w", cursor, 0)
	if err != nil || len(got) != 0 {
		t.Errorf("got %d entries before their time, %v", len(got), err)
	}
	write(t, s, first)
	later := New(table, Options{Settle: time.Minute}) // when the hour is nearly over
	got, _, err = later.Tail(t.Context(), "w", cursor, 0)
	if err != nil || len(got) != 2 || got[0].ID != first.ID || got[1].ID != second.ID {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, _, err := s.Tail(t.Context(), "other", cursor, 0); llm.KindOf(err) != llm.BadRequest {
		t.Errorf("the cursor of another workspace: %v", err)
	}
}
