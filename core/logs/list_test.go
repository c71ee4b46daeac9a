package logs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// mixed are n records of several kinds over four days, not in order.
func mixed(workspace string, n int) []*usage.Record {
	var list []*usage.Record
	for i := range n {
		r := record(workspace, at(i*7%n).Add(-time.Duration(i%4)*24*time.Hour))
		r.Request, r.User, r.Trace = fmt.Sprint("request-", i), "user-"+strconv.Itoa(i%5), "trace-"+strconv.Itoa(i/3)
		r.Metadata = map[string]string{"team": "t#" + strconv.Itoa(i%4), "a=b": "c"}
		r.Total = usage.Micros(1000 * i)
		switch i % 6 {
		case 1:
			r.Status, r.Error = 429, "rate limited"
		case 2:
			r.Status, r.Provider, r.Model = 500, "anthropic", "claude"
		case 3:
			r.Cache, r.Cost, r.Saved = core.CacheHit, dollars(0), dollars(75_000)
		}
		list = append(list, r)
	}
	return list
}

func number(n int64) *int64 { return &n }

func TestListsHaveWhatWasAskedForNewestFirst(t *testing.T) {
	onAll(t, func(t *testing.T, table driver.Table) {
		s := New(table, Options{Retention: 100 * time.Hour})
		n, limits := 24, []int{0, 7} // the emulator is slow
		if isMemory(table) {
			n, limits = 120, []int{0, 7, 1}
		}
		records := mixed("w", n)
		write(t, s, records...)
		write(t, s, mixed("other", n/6)...)
		from, to := at(n/6).Add(-48*time.Hour), at(n-n/6).Add(-24*time.Hour)
		for name, tt := range map[string]struct {
			q    Query
			want func(*usage.Record) bool
		}{
			"all":       {Query{}, func(*usage.Record) bool { return true }},
			"time":      {Query{From: from, To: to}, func(r *usage.Record) bool { return !r.Time.Before(from) && !r.Time.After(to) }},
			"class":     {Query{Filter: Filter{Class: []string{"4xx"}}}, func(r *usage.Record) bool { return r.Status == 429 }},
			"two codes": {Query{Filter: Filter{Status: []int{429, 500, 429}}}, func(r *usage.Record) bool { return r.Status >= 400 }},
			"provider":  {Query{Filter: Filter{Provider: []string{"anthropic"}}}, func(r *usage.Record) bool { return r.Provider == "anthropic" }},
			"model":     {Query{Filter: Filter{Model: []string{"claude"}}}, func(r *usage.Record) bool { return r.Model == "claude" }},
			"key":       {Query{Filter: Filter{Key: []string{"key-1"}}}, func(*usage.Record) bool { return true }},
			"user":      {Query{Filter: Filter{User: []string{"user-3"}}}, func(r *usage.Record) bool { return r.User == "user-3" }},
			"trace":     {Query{Filter: Filter{Trace: []string{"trace-7"}}}, func(r *usage.Record) bool { return r.Trace == "trace-7" }},
			"request":   {Query{Filter: Filter{Request: []string{"request-9"}}}, func(r *usage.Record) bool { return r.Request == "request-9" }},
			"cache":     {Query{Filter: Filter{Cache: []string{"HIT"}}}, func(r *usage.Record) bool { return r.Cache == core.CacheHit }},
			"metadata":  {Query{Filter: Filter{Metadata: map[string]string{"team": "t#2"}}}, func(r *usage.Record) bool { return r.Metadata["team"] == "t#2" }},
			"cost":      {Query{Filter: Filter{Cost: Span{Max: number(10)}}}, func(r *usage.Record) bool { return r.Cost.Nano <= 10 }},
			"three": {Query{From: from, Filter: Filter{Status: []int{200}, Metadata: map[string]string{"team": "t#0", "a=b": "c"}, Total: Span{Min: number(30_000)}}},
				func(r *usage.Record) bool {
					return !r.Time.Before(from) && r.Status == 200 && r.Metadata["team"] == "t#0" && r.Total >= 30_000
				}},
			"none":    {Query{Filter: Filter{Model: []string{"nobody"}}}, func(*usage.Record) bool { return false }},
			"no pair": {Query{Filter: Filter{Metadata: map[string]string{"team": "t#2", "b": "c"}}}, func(*usage.Record) bool { return false }},
		} {
			for _, limit := range limits {
				q := tt.q
				q.Workspace, q.Limit = "w", limit
				ids, _ := pages(t, s, q)
				same(t, fmt.Sprint(name, " by ", limit), ids, newestFirst(records, tt.want))
			}
		}
	})
}

func isMemory(table driver.Table) bool { _, ok := table.(*memstore.Table); return ok }

func TestIndexingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for _, together := range []bool{false, true} {
		t.Run(fmt.Sprintf("together %t", together), func(t *testing.T) {
			t.Parallel()
			indexTwice(t, New(memstore.New(), Options{Together: together}))
		})
	}
}

func indexTwice(t *testing.T, s *Store) {
	t.Helper()
	records := mixed("w", 30)
	write(t, s, records...)
	slices.Reverse(records)
	write(t, s, records...)
	if err := s.Index(t.Context(), append(records[:5:5], records[:5]...)); err != nil {
		t.Fatal(err)
	}
	write(t, s, records[3:9]...)
	ids, _ := pages(t, s, Query{Workspace: "w", Limit: 4, Filter: Filter{Key: []string{"key-1"}}})
	same(t, "entries", ids, newestFirst(records, func(*usage.Record) bool { return true }))
	var tail []string
	for cursor := ""; ; {
		entries, next, err := s.Tail(t.Context(), "w", cursor, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			tail = append(tail, e.ID)
		}
		if cursor = next; len(entries) == 0 {
			break
		}
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(tail)))); n != len(tail) {
		t.Errorf("%d of %d entries of the feed are repeated", len(tail)-n, len(tail))
	}
}

func TestAFailedIndexIsMadeGoodByTheNext(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	records := mixed("w", 10)
	for _, r := range records {
		if err := New(table, Options{}).Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for failing := range 12 {
		n := 0
		s := New(newFaulty(table, func(string) bool { n++; return n > failing*8 }), Options{})
		if err := s.Index(t.Context(), records); (err == nil) != (n <= failing*8) || err != nil && !errors.Is(err, errBroken) {
			t.Errorf("after %d writes: %v", n, err)
		}
	}
	s := New(table, Options{})
	if err := s.Index(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	ids, _ := pages(t, s, Query{Workspace: "w", Filter: Filter{Key: []string{"key-1"}}})
	same(t, "entries", ids, newestFirst(records, func(*usage.Record) bool { return true }))
}

// TestCursorsFitOneQuery changes the query and every bit of a cursor.
func TestCursorsFitOneQuery(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{Secret: []byte("a secret")})
	write(t, s, mixed("w", 30)...)
	write(t, s, mixed("other", 30)...)
	q := Query{Workspace: "w", Limit: 5, Filter: Filter{Model: []string{"claude"}}}
	page, err := s.List(t.Context(), q)
	if err != nil || page.Next == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	refused := func(name string, s *Store, q Query) {
		t.Helper()
		if _, err := s.List(t.Context(), q); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	q.Cursor = page.Next
	larger := q
	larger.Limit = 6
	if _, err := s.List(t.Context(), larger); err != nil {
		t.Errorf("another limit: %v", err)
	}
	other := q
	other.Workspace = "other"
	refused("another workspace", s, other)
	other = q
	other.Filter.Model = []string{"gpt-4o"}
	refused("another filter", s, other)
	other = q
	other.From = at(0)
	refused("another time", s, other)
	refused("another secret", New(memstore.New(), Options{Secret: []byte("b secret")}), q)
	raw, _ := base64.RawURLEncoding.DecodeString(page.Next)
	for i := range len(raw) * 8 {
		own := slices.Clone(raw)
		own[i/8] ^= 1 << (i % 8)
		q.Cursor = base64.RawURLEncoding.EncodeToString(own)
		refused("a changed cursor", s, q)
	}
	for _, c := range []string{"x", "====", page.Next + "A", page.Next[:8]} {
		q.Cursor = c
		refused(c, s, q)
	}
}

func TestQueriesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	for name, q := range map[string]Query{
		"negative":   {Limit: -1},
		"too many":   {Limit: MaxLimit + 1},
		"backwards":  {From: at(1), To: at(0)},
		"many codes": {Filter: Filter{Status: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}}},
	} {
		if _, err := s.List(t.Context(), q); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoKeyRunsIntoItsValue has metadata, workspaces and users whose keys would
// be alike if they were only put one behind the other.
func TestNoKeyRunsIntoItsValue(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	long := strings.Repeat("x", longest)
	var ids []string
	for i, m := range []map[string]string{{"a=b": "c"}, {"a": "b=c"}, {"a%3Db": "c"}, {"a": "b%3Dc"}, {"a": long + "1"}, {"a": long + "2"}, {long + "1": "a"}, {long + "2": "a"}} {
		r := record("w", at(i))
		r.Metadata = m
		write(t, s, r)
		ids = append(ids, r.ID)
		defer func() {
			got, _ := pages(t, s, Query{Workspace: "w", Filter: Filter{Metadata: m}})
			same(t, fmt.Sprintf("%.20v", m), got, []string{ids[i]})
		}()
	}
	for i, workspace := range []string{"a#user=b", "a", "a%23user=b", "%%" + long, long + "1", long + "2"} {
		r := record(workspace, at(i))
		r.User = "b#" + dayOf(at(i))
		write(t, s, r)
		defer func() {
			got, _ := pages(t, s, Query{Workspace: workspace})
			same(t, workspace, got, []string{r.ID})
			got, _ = pages(t, s, Query{Workspace: workspace, Filter: Filter{User: []string{r.User}}})
			same(t, workspace+" by user", got, []string{r.ID})
		}()
	}
}

// TestAnUnreadableLogHidesNoOther puts what nobody can read among records.
func TestAnUnreadableLogHidesNoOther(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	s := New(table, Options{})
	a, b := record("w", at(0)), record("w", at(2))
	write(t, s, a, b)
	broken := record("w", at(1))
	for _, k := range []driver.Key{
		{Part: recordPart("w", dayOf(at(1)), 2), Sort: broken.ID},
		{Part: pair{byModel, "gpt-4o"}.part("w", dayOf(at(1))), Sort: broken.ID},
	} {
		if _, err := table.Put(t.Context(), driver.Record{Key: k, Data: []byte("\x1f\x8bno")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []Query{{Workspace: "w"}, {Workspace: "w", Filter: Filter{Model: []string{"gpt-4o"}}}} {
		ids, _ := pages(t, s, q)
		same(t, "the others", ids, []string{b.ID, a.ID})
	}
}
