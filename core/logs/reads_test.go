package logs

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"sluice/core/internal/worktest"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// load puts a million records of thirty days into a table, with the entries
// that the test asks for. One in ten thousand failed, and one user came once a
// day. With the race detector it is a fifth of them.
func load(t *testing.T, table driver.Table) (first time.Time) {
	t.Helper()
	n := 1_000_000
	if worktest.Raced {
		n /= 5
	}
	spread := 29 * 24 * time.Hour / time.Duration(n)
	first = started.Add(-29 * 24 * time.Hour)
	for i := range n {
		when := first.Add(time.Duration(i) * spread)
		e := usage.Record{ID: usage.NewID(when), Time: when, Model: "m" + strconv.Itoa(i%20), Status: 200}
		if i%10_000 == 77 {
			e.Status = 500
		}
		if i%(n/29) == 5 {
			e.User = "daily"
		}
		// What a record and an entry have in common is less than they have.
		data := fmt.Appendf(nil, `{"id":%q,"model":%q,"status":%d,"user":%q}`, e.ID, e.Model, e.Status, e.User)
		key, _ := recordKey("w", e.ID)
		put(t, table, key, data)
		for _, p := range appendPairs(nil, &e) {
			if p.field == byModel || p.field == byUser || p.field == byClass && e.Status == 500 {
				b := block{e.ID}
				put(t, table, b.key(p.part("w", dayOf(when))), b.encode())
			}
		}
	}
	return first
}

func put(t *testing.T, table driver.Table, k driver.Key, data []byte) {
	if _, err := table.Put(t.Context(), driver.Record{Key: k, Version: driver.Any, Data: data}); err != nil {
		t.Fatal(err)
	}
}

// TestAPageReadsAtMostFiveTimesItsSize counts the records that pages read,
// over a million of them.
func TestAPageReadsAtMostFiveTimesItsSize(t *testing.T) {
	table := &counting{Table: memstore.New()}
	first := load(t, table)
	s := New(table, Options{})
	middle := first.Add(14*24*time.Hour + 3*time.Minute)
	tests := []struct {
		name  string
		q     Query
		times int64 // records for each of the page
		empty bool
	}{
		{"newest", Query{}, 5, false},
		{"in the middle", Query{To: middle}, 5, false},
		{"around midnight", Query{To: middle.Truncate(24 * time.Hour).Add(2 * time.Second)}, 5, false},
		{"one minute", Query{From: middle, To: middle.Add(time.Minute)}, 5, false},
		{"before there was anything", Query{To: first.Add(-time.Minute)}, 5, true},
		{"one field", Query{Filter: Filter{Model: []string{"m7"}}}, 5, false},
		{"four values", Query{Filter: Filter{Model: []string{"m1", "m2", "m3", "m4"}}}, 5, false},
		{"sixteen values", Query{Filter: Filter{Model: []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13", "m14", "m15"}}}, 5, false},
		{"a rare value", Query{Filter: Filter{Class: []string{"5xx"}}}, 5, false},
		{"once a day", Query{Filter: Filter{User: []string{"daily"}}}, 5, false},
		{"nothing matches", Query{Filter: Filter{Model: []string{"nobody"}}}, 5, true},
		{"nothing matches in time", Query{To: middle, From: middle.Add(-time.Hour), Filter: Filter{Trace: []string{"nobody"}}}, 5, true},
		{"two fields", Query{Filter: Filter{Model: []string{"m7"}, Status: []int{200}}}, 10, false},
		{"two fields, nothing matches", Query{Filter: Filter{Model: []string{"m7"}, Cache: []string{"HIT"}}}, 10, true},
		{"no index, nothing matches", Query{Filter: Filter{Cost: Span{Min: number(1)}}}, 10, true},
	}
	for _, tt := range tests {
		for _, limit := range []int{5, 50, 1000} {
			q := tt.q
			q.Workspace, q.Limit = "w", limit
			var entries, reads int64
			for page := 0; page == 0 || q.Cursor != "" && page < 12; page++ {
				table.records.Store(0)
				table.ranges.Store(0)
				got, err := s.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if n := table.records.Load(); n > tt.times*int64(limit) {
					t.Errorf("%s: page %d of %d entries reads %d records", tt.name, page, limit, n)
				}
				if n := table.ranges.Load(); n > maxRanges {
					t.Errorf("%s: page %d of %d entries asks for %d ranges", tt.name, page, limit, n)
				}
				entries, reads = entries+int64(len(got.Entries)), reads+table.records.Load()
				q.Cursor = got.Next
			}
			if (entries == 0) != tt.empty {
				t.Errorf("%s: %d entries in pages of %d", tt.name, entries, limit)
			}
			t.Logf("%s: %d entries in pages of %d, %d records read", tt.name, entries, limit, reads)
		}
	}
}
