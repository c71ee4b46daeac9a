package logs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"sluice/core/store/boltstore"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// crowd are n records of three seconds, half of which took long.
func crowd(r *rand.Rand, n int) []*usage.Record {
	var list []*usage.Record
	for range n {
		one := record("w", at(0).Add(rand.N(3*time.Second)))
		one.Request, one.Model = "", fmt.Sprint("m", r.IntN(3))
		one.Total = usage.Micros(r.IntN(2) * r.IntN(5_000_000))
		list = append(list, one)
	}
	return list
}

// TestEveryRecordIsFoundOnceHoweverItWasIndexed indexes records in random
// company, some of them again and again.
func TestEveryRecordIsFoundOnceHoweverItWasIndexed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		table := memstore.New()
		s := New(table, Options{Together: seed%2 == 0})
		records := crowd(r, 150)
		for _, one := range records {
			if err := New(table, Options{}).Write(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		begin := s.cursor(tailIdentity("w"), floor(at(-1)))
		left := slices.Clone(records)
		for len(left) > 0 {
			n := min(1+r.IntN(1+r.IntN(80)), len(left))
			batch := append(left[:n:n], records[r.IntN(len(records))], records[r.IntN(len(records))])
			if err := s.Index(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			left = left[n:]
		}
		for _, limit := range []int{1, 7, 1000} {
			ids, _ := pages(t, s, Query{Workspace: "w", Limit: limit, Filter: Filter{Model: []string{"m1", "m2"}}})
			same(t, fmt.Sprintf("seed %d, pages of %d", seed, limit), ids, newestFirst(records, func(r *usage.Record) bool { return r.Model != "m0" }))
			same(t, fmt.Sprintf("seed %d, feed by %d", seed, limit), feed(t, s, begin, limit), byEnd(records))
		}
	}
}

// feed is what a feed has behind a cursor.
func feed(t *testing.T, s *Store, cursor string, limit int) (ids []string) {
	t.Helper()
	for {
		entries, next, err := s.Tail(t.Context(), "w", cursor, limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return ids
		}
		for _, e := range entries {
			ids = append(ids, e.ID)
		}
		cursor = next
	}
}

func byEnd(records []*usage.Record) (ids []string) {
	places := make([]place, len(records))
	for i, r := range records {
		places[i] = endPlace(r.Ended(), r.ID)
	}
	for _, p := range slices.Sorted(slices.Values(places)) {
		ids = append(ids, idOf(p))
	}
	return ids
}

// TestAPageOfACrowdedSecondReadsLittle has a second with a thousand blocks.
func TestAPageOfACrowdedSecondReadsLittle(t *testing.T) {
	t.Parallel()
	table := &counting{Table: memstore.New()}
	s := New(table, Options{})
	for i := range 1000 {
		r := record("w", at(0).Add(time.Duration(i)*time.Millisecond))
		write(t, s, r)
	}
	q := Query{Workspace: "w", Limit: 10, Filter: Filter{Key: []string{"key-1"}}}
	for page := range 20 {
		table.records.Store(0)
		got, err := s.List(t.Context(), q)
		if err != nil || len(got.Entries) != q.Limit {
			t.Fatalf("page %d has %d entries, %v", page, len(got.Entries), err)
		}
		if n := table.records.Load(); n > 50 {
			t.Errorf("page %d reads %d records", page, n)
		}
		q.Cursor = got.Next
	}
}

// TestIdsOfOursNeedNoIndex looks for a request, and a trace, whose id the
// gateway made: that of the record.
func TestIdsOfOursNeedNoIndex(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{})
	own, other := record("w", at(0)), record("w", at(1))
	own.Request, own.Trace = own.ID, own.ID
	other.Request, other.Trace = "theirs", "theirs"
	for _, r := range []*usage.Record{own, other} {
		if err := s.Write(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		f    Filter
		want []string
	}{
		{Filter{Request: []string{own.ID}}, []string{own.ID}},
		{Filter{Trace: []string{own.ID, "theirs"}}, []string{own.ID}},
		{Filter{Request: []string{other.ID}}, nil}, // it is not what that request is called
	} {
		ids, _ := pages(t, s, Query{Workspace: "w", Filter: tt.f})
		same(t, fmt.Sprint(tt.f), ids, tt.want)
		ids, _ = pages(t, s, Query{Workspace: "another", Filter: tt.f})
		same(t, fmt.Sprint(tt.f, " elsewhere"), ids, nil)
	}
}

func FuzzBlock(f *testing.F) {
	id := usage.NewID(at(0))
	f.Add(block{id}.encode())
	f.Add(block{endPlace(at(5), id)}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := decodeBlock(data)
		if err != nil {
			return
		}
		if again := b.encode(); string(again) != string(data) {
			t.Errorf("%x, again %x", data, again)
		}
	})
}

// TestBlocksThatAreWrittenOnceAreEqual: of equal outlines, those with other
// places are written apart.
func TestBlocksThatAreWrittenOnceAreEqual(t *testing.T) {
	t.Parallel()
	var ids block
	for i := range 4 {
		ids = append(ids, usage.NewID(at(i)))
	}
	w := blockWriter{}
	for i, b := range []block{{ids[0], ids[1], ids[3]}, {ids[0], ids[2], ids[3]}, {ids[0], ids[1], ids[3]}, {ids[0], ids[3]}, {ids[3]}} {
		part := strconv.Itoa(i)
		if r := w.record(part, b, at(i)); r.Key != b.key(part) || string(r.Data) != string(b.encode()) || !r.Expires.Equal(at(i)) {
			t.Errorf("%d: %+v", i, r)
		}
	}
}

// BenchmarkIndex is what a record costs among a thousand of a second.
func BenchmarkIndex(b *testing.B) {
	table, err := boltstore.Open(b.TempDir()+"/sluice.db", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer table.Close()
	s := New(driver.Table(table), Options{Together: true})
	records := crowd(rand.New(rand.NewPCG(1, 1)), 3000)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Index(b.Context(), records); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/record")
}
