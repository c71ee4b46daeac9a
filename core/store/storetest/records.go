package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/store/driver"
)

func versions(t *testing.T, table driver.Table) {
	steps := []struct {
		name     string
		expected int64
		want     int64 // 0: ErrConflict
	}{
		{"a version of nothing", 1, 0},
		{"create", driver.Absent, 1},
		{"create again", driver.Absent, 0},
		{"change", 1, 2},
		{"change from a stale version", 1, 0},
		{"change from a later version", 3, 0},
		{"overwrite", driver.Any, 3},
		{"change after that", 3, 4},
	}
	var stored int64
	var data []byte
	for _, s := range steps {
		r := record("k", s.expected, s.name)
		r.Expires = future()
		got, err := table.Put(t.Context(), r)
		if s.want == 0 {
			if !errors.Is(err, driver.ErrConflict) {
				t.Errorf("%s: got %d, %v, want a conflict", s.name, got, err)
			}
		} else {
			if err != nil || got != s.want {
				t.Errorf("%s: got %d, %v, want %d", s.name, got, err, s.want)
			}
			stored, data = s.want, r.Data
		}
		wantStored(t, table, key("k"), stored, data)
	}
	if v := put(t, table, record("other", driver.Any, "")); v != 1 {
		t.Errorf("overwriting nothing gives version %d, want 1", v)
	}
	wantStored(t, table, key("other"), 1, []byte{})
	_, err := table.Put(t.Context(), record("k", -2, ""))
	wantErr(t, err, driver.ErrInvalid)
}

func deletion(t *testing.T, table driver.Table) {
	for range 2 {
		put(t, table, record("k", driver.Absent, "x"))
		wantErr(t, table.Delete(t.Context(), key("k"), 2), driver.ErrConflict)
		wantErr(t, table.Delete(t.Context(), key("k"), driver.Absent), driver.ErrConflict)
		wantStored(t, table, key("k"), 1, []byte("x"))
		wantErr(t, table.Delete(t.Context(), key("k"), 1), nil)
		wantStored(t, table, key("k"), 0, nil)
		wantErr(t, table.Delete(t.Context(), key("k"), 1), driver.ErrConflict)
		wantErr(t, table.Delete(t.Context(), key("k"), driver.Absent), nil)
		wantErr(t, table.Delete(t.Context(), key("k"), driver.Any), nil)
	}
	if got := list(t, table, "part", driver.Query{}); len(got) != 0 {
		t.Errorf("after deletion there are %q", got)
	}
}

func dataIsNotShared(t *testing.T, table driver.Table) {
	given := []byte("given")
	put(t, table, driver.Record{Key: key("k"), Data: given})
	if err := table.Write(t.Context(), []driver.Op{driver.Put(driver.Record{Key: key("written"), Data: given})}); err != nil {
		t.Fatal(err)
	}
	clear(given)
	for range 2 {
		r, err := table.Get(t.Context(), key("k"))
		if err != nil || string(r.Data) != "given" {
			t.Fatalf("got %q, %v", r.Data, err)
		}
		clear(r.Data)
		for r, err := range table.Range(t.Context(), "part", driver.Query{}) {
			if err != nil || string(r.Data) != "given" {
				t.Fatalf("in a range: got %q, %v", r.Data, err)
			}
			clear(r.Data)
		}
	}
}

func oneOfManyWins(t *testing.T, table driver.Table) {
	for version := driver.Absent; version < 3; version++ {
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				switch _, err := table.Put(t.Context(), record("k", version, fmt.Sprint("writer ", i))); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, driver.ErrConflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("version %d: %d writers won, want 1", version, won.Load())
		}
	}
}

// expiry checks that an expiry is kept to the millisecond, and what a write
// does to it.
func expiry(t *testing.T, table driver.Table) {
	at := future()
	get := func() time.Time {
		t.Helper()
		r, err := table.Get(t.Context(), key("k"))
		if err != nil {
			t.Fatal(err)
		}
		return r.Expires
	}
	r := record("k", driver.Any, "x")
	r.Expires = at.Add(999 * time.Microsecond).In(time.FixedZone("elsewhere", 3600))
	put(t, table, r)
	if got := get(); !got.Equal(at) {
		t.Errorf("got %v, want %v", got, at)
	}
	r.Expires = time.Time{}
	put(t, table, r)
	if got := get(); !got.IsZero() {
		t.Errorf("a record that was put without expiry has %v", got)
	}
	for _, far := range []time.Time{time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0)} {
		r.Expires = far
		put(t, table, r)
		if got := get(); got.Before(at) {
			t.Errorf("an expiry at %v became %v", far, got)
		}
	}
}

// expiredIsAbsent stores records that have expired and does everything to
// them that there is.
func expiredIsAbsent(t *testing.T, table driver.Table) {
	ctx := t.Context()
	long := time.Date(1965, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{past(), long} {
		expire := func() {
			t.Helper()
			r := record("k", driver.Absent, "7")
			r.Expires = future()
			r.Version = put(t, table, r)
			r.Expires = at
			put(t, table, r) // its version is 2
			wantStored(t, table, key("k"), 0, nil)
		}
		put := func(version int64) driver.Op { return driver.Put(record("k", version, "new")) }
		add := driver.Add(key("k"), 5, 5, time.Time{})
		steps := []struct {
			name string
			do   func() error
			want error
			data []byte // with version 1; nil for nothing
		}{
			{"get", func() error { _, err := table.Get(ctx, key("k")); return err }, driver.ErrNotFound, nil},
			{"create", func() error { return do(t, table, put(driver.Absent)) }, nil, []byte("new")},
			{"overwrite", func() error { return do(t, table, put(driver.Any)) }, nil, []byte("new")},
			{"change", func() error { return do(t, table, put(2)) }, driver.ErrConflict, nil},
			{"delete a version", func() error { return do(t, table, driver.Delete(key("k"), 2)) }, driver.ErrConflict, nil},
			{"delete nothing", func() error { return do(t, table, driver.Delete(key("k"), driver.Absent)) }, nil, nil},
			{"delete anything", func() error { return do(t, table, driver.Delete(key("k"), driver.Any)) }, nil, nil},
			{"add", func() error { return do(t, table, add) }, nil, []byte("5")},
			{"add too much", func() error { return do(t, table, driver.Add(key("k"), 6, 5, time.Time{})) }, driver.ErrCeiling, nil},
			{"write: create", func() error { return table.Write(ctx, []driver.Op{put(driver.Absent)}) }, nil, []byte("new")},
			{"write: overwrite", func() error { return table.Write(ctx, []driver.Op{put(driver.Any)}) }, nil, []byte("new")},
			{"write: change", func() error { return table.Write(ctx, []driver.Op{put(2)}) }, driver.ErrConflict, nil},
			{"write: add", func() error { return table.Write(ctx, []driver.Op{add}) }, nil, []byte("5")},
			{"write: check a version", func() error { return table.Write(ctx, []driver.Op{driver.Check(key("k"), 2)}) }, driver.ErrConflict, nil},
			{"write: check nothing", func() error { return table.Write(ctx, []driver.Op{driver.Check(key("k"), driver.Absent)}) }, nil, nil},
		}
		for _, s := range steps {
			expire()
			if got := list(t, table, "part", driver.Query{}); len(got) != 0 {
				t.Errorf("a range has what has expired: %q", got)
			}
			if err := s.do(); !errors.Is(err, s.want) {
				t.Errorf("%s: got %v, want %v", s.name, err, s.want)
			}
			wantStored(t, table, key("k"), 1, s.data)
			if s.data != nil {
				if err := table.Delete(ctx, key("k"), 1); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// do makes op with the method of its own that a table has for it.
func do(t *testing.T, table driver.Table, op driver.Op) error {
	var err error
	switch op.Kind {
	case driver.OpPut:
		_, err = table.Put(t.Context(), op.Record)
	case driver.OpDelete:
		err = table.Delete(t.Context(), op.Key, op.Version)
	case driver.OpAdd:
		_, err = table.Add(t.Context(), op.Key, op.Delta, op.Max, op.Expires)
	}
	return err
}

func hostileKeys(t *testing.T, table driver.Table) {
	sorts := []string{"", "\x00\x00", "\x00\x01", "\x01\x00", "\x01\x01", "\xff\xff", "a", "aa", "a\x00", "a\xff", "a\x00b", "ü", "u\u0308", "日本", "\U0001f600",
		"#", "META", "'\"\\", "%00", "\xc3", "\xed\xa0\x80", "\r\n\t", longest("k"), longest("\xfe"), longest("\x00")}
	for b := range 256 {
		sorts = append(sorts, string([]byte{byte(b)}))
	}
	slices.Sort(sorts)
	sorts = slices.Compact(sorts)
	var ops []driver.Op
	for i, s := range sorts {
		ops = append(ops, driver.Put(driver.Record{Key: key(s), Data: fmt.Append(nil, "value ", i)}))
	}
	for chunk := range slices.Chunk(ops, driver.MaxOps) {
		if err := table.Write(t.Context(), chunk); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, table, "part", driver.Query{}); !slices.Equal(got, sorts) {
		t.Errorf("not in the order of bytes: got %.2000q", got)
	}
	for i := 0; i < len(sorts); i += 7 {
		wantStored(t, table, key(sorts[i]), 1, fmt.Append(nil, "value ", i))
	}
	for _, prefix := range []string{"\x00", "\x01", "a", "a\x00", "\xc3", "\xff", "\xff\xff", "\x7f", longest("k")} {
		want := slices.DeleteFunc(slices.Clone(sorts), func(s string) bool { return len(s) < len(prefix) || s[:len(prefix)] != prefix })
		if got := list(t, table, "part", driver.Query{Prefix: prefix}); !slices.Equal(got, want) {
			t.Errorf("prefix %.20q: got %.200q, want %.200q", prefix, got, want)
		}
	}
	hostileParts(t, table)
}

func hostileParts(t *testing.T, table driver.Table) {
	parts := []string{"\x00", "\x00\x00", "\x01", "\xff", "par", "partp", "part\x00", "\x00part", "é", "e\u0301", "É", "\xe9", string(make([]byte, driver.MaxKey)), longest("\xff") + longest("\xff")}
	for i, p := range parts {
		put(t, table, driver.Record{Key: driver.Key{Part: p, Sort: "s"}, Data: fmt.Append(nil, i)})
	}
	for i, p := range parts {
		wantStored(t, table, driver.Key{Part: p, Sort: "s"}, 1, fmt.Append(nil, i))
		if got := list(t, table, p, driver.Query{}); !slices.Equal(got, []string{"s"}) {
			t.Errorf("part %.20q has %.100q", p, got)
		}
	}
}

// longest returns the longest sort of one repeated byte.
func longest(b string) string {
	n := driver.MaxKey
	if b[0] < 2 || b[0] >= 0x80 {
		n /= 2
	}
	return string(slices.Repeat([]byte(b), n))
}

func keysThatAreRefused(t *testing.T, table driver.Table) {
	tests := []struct {
		name string
		key  driver.Key
	}{
		{"empty part", driver.Key{Sort: "s"}},
		{"long part", driver.Key{Part: string(make([]byte, driver.MaxKey+1))}},
		{"long sort", driver.Key{Part: "p", Sort: longest("a") + "a"}},
		{"long sort of bytes that count twice", driver.Key{Part: "p", Sort: longest("\xff") + "a"}},
	}
	for _, tt := range tests {
		_, err := table.Get(t.Context(), tt.key)
		wantErr(t, err, driver.ErrInvalid)
		_, err = table.Put(t.Context(), driver.Record{Key: tt.key})
		wantErr(t, err, driver.ErrInvalid)
		wantErr(t, table.Delete(t.Context(), tt.key, driver.Any), driver.ErrInvalid)
		_, err = table.Add(t.Context(), tt.key, 1, 1, time.Time{})
		wantErr(t, err, driver.ErrInvalid)
		err = table.Write(t.Context(), []driver.Op{driver.Put(record("fine", driver.Any, "")), driver.Delete(tt.key, driver.Any)})
		wantErr(t, err, driver.ErrInvalid)
		for _, err := range table.Range(t.Context(), tt.key.Part, driver.Query{After: tt.key.Sort}) {
			wantErr(t, err, driver.ErrInvalid)
		}
	}
	wantStored(t, table, key("fine"), 0, nil)
	for _, err := range table.Range(t.Context(), "p", driver.Query{Limit: -1}) {
		wantErr(t, err, driver.ErrInvalid)
	}
}
