package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sluice/core/store/driver"
)

func ranges(t *testing.T, table driver.Table) {
	all := []string{"", "a", "a/1", "a/2", "a/2/x", "a/3", "a0", "b", "b/1", "z"}
	for _, s := range all {
		put(t, table, record(s, driver.Absent, "data of "+s))
	}
	put(t, table, driver.Record{Key: driver.Key{Part: "part2", Sort: "a"}})
	put(t, table, driver.Record{Key: driver.Key{Part: "par", Sort: "t"}})
	tests := []struct {
		name string
		q    driver.Query
		want []string
	}{
		{"all", driver.Query{}, all},
		{"all reversed", driver.Query{Reverse: true}, reversed(all)},
		{"prefix", driver.Query{Prefix: "a/"}, []string{"a/1", "a/2", "a/2/x", "a/3"}},
		{"prefix that is a sort", driver.Query{Prefix: "a/2"}, []string{"a/2", "a/2/x"}},
		{"prefix reversed", driver.Query{Prefix: "a/", Reverse: true}, []string{"a/3", "a/2/x", "a/2", "a/1"}},
		{"prefix of nothing", driver.Query{Prefix: "c"}, nil},
		{"after", driver.Query{After: "a/3"}, []string{"a0", "b", "b/1", "z"}},
		{"after what is not there", driver.Query{After: "a/22"}, []string{"a/3", "a0", "b", "b/1", "z"}},
		{"after the last", driver.Query{After: "z"}, nil},
		{"after reversed", driver.Query{After: "a/2", Reverse: true}, []string{"a/1", "a", ""}},
		{"after the first reversed", driver.Query{After: "a", Reverse: true}, []string{""}},
		{"after in prefix", driver.Query{Prefix: "a/", After: "a/2"}, []string{"a/2/x", "a/3"}},
		{"after in prefix reversed", driver.Query{Prefix: "a/", After: "a/2/x", Reverse: true}, []string{"a/2", "a/1"}},
		{"after before prefix", driver.Query{Prefix: "a/", After: "a"}, []string{"a/1", "a/2", "a/2/x", "a/3"}},
		{"after behind prefix", driver.Query{Prefix: "a/", After: "b"}, nil},
		{"after behind prefix reversed", driver.Query{Prefix: "a/", After: "b", Reverse: true}, []string{"a/3", "a/2/x", "a/2", "a/1"}},
		{"after before prefix reversed", driver.Query{Prefix: "a/", After: "a", Reverse: true}, nil},
		{"limit", driver.Query{Limit: 3}, []string{"", "a", "a/1"}},
		{"limit reversed", driver.Query{Limit: 2, Reverse: true}, []string{"z", "b/1"}},
		{"limit of all", driver.Query{Limit: len(all)}, all},
		{"limit above all", driver.Query{Limit: 2000}, all},
		{"everything", driver.Query{Prefix: "a/", After: "a/3", Limit: 1, Reverse: true}, []string{"a/2/x"}},
	}
	for _, tt := range tests {
		if got := list(t, table, "part", tt.q); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for r, err := range table.Range(t.Context(), "part", driver.Query{Prefix: "b"}) {
		if err != nil || r.Key != key(r.Sort) || r.Version != 1 || string(r.Data) != "data of "+r.Sort {
			t.Errorf("got %+v, %v", r, err)
		}
	}
	if got := list(t, table, "nothing", driver.Query{}); len(got) != 0 {
		t.Errorf("a part that is not there has %q", got)
	}
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// rangesLargerThanAPage reads 4 MB, of which a driver takes 1 MB at a time.
func rangesLargerThanAPage(t *testing.T, table driver.Table) {
	var sorts []string
	contents := map[string][]byte{}
	for i := range 20 {
		sorts = append(sorts, fmt.Sprintf("%03d", i))
		contents[sorts[i]] = noise(uint64(i), 200_000)
		put(t, table, driver.Record{Key: key(sorts[i]), Data: contents[sorts[i]]})
	}
	for _, reverse := range []bool{false, true} {
		want := sorts
		if reverse {
			want = reversed(sorts)
		}
		var got []string
		for r, err := range table.Range(t.Context(), "part", driver.Query{Reverse: reverse}) {
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(r.Data, contents[r.Sort]) {
				t.Errorf("%s has other data", r.Sort)
			}
			got = append(got, r.Sort)
		}
		if !slices.Equal(got, want) {
			t.Errorf("reverse %t: got %q, want %q", reverse, got, want)
		}
		if got := list(t, table, "part", driver.Query{Reverse: reverse, Limit: 13}); !slices.Equal(got, want[:13]) {
			t.Errorf("reverse %t, limit 13: got %q, want %q", reverse, got, want[:13])
		}
	}
}

// noise returns bytes that do not compress.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{0: byte(seed), 1: byte(seed >> 8)}).Read(b)
	return b
}

func fill(t *testing.T, table driver.Table, n int, each func(i int, r *driver.Record)) (sorts []string) {
	t.Helper()
	var ops []driver.Op
	for i := range n {
		r := record(fmt.Sprintf("%05d", i), driver.Absent, "x")
		each(i, &r)
		sorts = append(sorts, r.Sort)
		ops = append(ops, driver.Put(r))
	}
	for chunk := range slices.Chunk(ops, driver.MaxOps) {
		if err := table.Write(t.Context(), chunk); err != nil {
			t.Fatal(err)
		}
	}
	return sorts
}

// rangesWhileWriting deletes and adds in the body of the loop: what stays is
// read once, and nothing waits for itself.
func rangesWhileWriting(t *testing.T, table driver.Table) {
	sorts := fill(t, table, 300, func(int, *driver.Record) {})
	seen := map[string]int{}
	i := 0
	for r, err := range table.Range(t.Context(), "part", driver.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[r.Sort]++
		if i++; i%25 == 1 {
			put(t, table, record(r.Sort+"+", driver.Any, strings.Repeat("y", 1000)))
			if err := table.Delete(t.Context(), r.Key, driver.Any); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range sorts {
		if seen[s] != 1 {
			t.Errorf("%s was read %d times", s, seen[s])
		}
	}
	for s, n := range seen {
		if n != 1 {
			t.Errorf("%s was read %d times", s, n)
		}
	}
	for range table.Range(t.Context(), "part", driver.Query{}) {
		break // leaves nothing open
	}
	put(t, table, record("afterwards", driver.Absent, "x"))
}

// rangesPastTheExpired has long stretches that are not to be seen.
func rangesPastTheExpired(t *testing.T, table driver.Table) {
	var want []string
	sorts := fill(t, table, 390, func(i int, r *driver.Record) {
		if i%130 != 129 && i != 0 {
			r.Expires = past()
		}
	})
	for i, s := range sorts {
		if i%130 == 129 || i == 0 {
			want = append(want, s)
		}
	}
	for _, q := range []driver.Query{{}, {Limit: 3}, {Limit: 100}, {Reverse: true}, {Reverse: true, Limit: 2}} {
		want := want
		if q.Reverse {
			want = reversed(want)
		}
		if q.Limit > 0 {
			want = want[:min(q.Limit, len(want))]
		}
		if got := list(t, table, "part", q); !slices.Equal(got, want) {
			t.Errorf("%+v: got %q, want %q", q, got, want)
		}
	}
}
