package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"sluice/core/store/driver"
)

// many returns the puts of n new records.
func many(n int, data string) (ops []driver.Op) {
	for i := range n {
		ops = append(ops, driver.Put(record(fmt.Sprintf("new %03d", i), driver.Absent, data)))
	}
	return ops
}

func writesAreAllOrNothing(t *testing.T, table driver.Table) {
	put(t, table, record("there", driver.Absent, "x"))
	put(t, table, record("counter", driver.Absent, "5"))
	tests := []struct {
		name    string
		failing driver.Op
		want    error
	}{
		{"create what is there", driver.Put(record("there", driver.Absent, "y")), driver.ErrConflict},
		{"change a stale version", driver.Put(record("there", 2, "y")), driver.ErrConflict},
		{"change what is not there", driver.Put(record("absent", 1, "y")), driver.ErrConflict},
		{"delete a stale version", driver.Delete(key("there"), 2), driver.ErrConflict},
		{"delete what is not there", driver.Delete(key("absent"), 1), driver.ErrConflict},
		{"check a stale version", driver.Check(key("there"), 2), driver.ErrConflict},
		{"check that nothing is there", driver.Check(key("there"), driver.Absent), driver.ErrConflict},
		{"check what is not there", driver.Check(key("absent"), 1), driver.ErrConflict},
		{"pass a ceiling", driver.Add(key("counter"), 1, 5, time.Time{}), driver.ErrCeiling},
		{"pass a ceiling with nothing there", driver.Add(key("absent"), 6, 5, time.Time{}), driver.ErrCeiling},
		{"add to what is no counter", driver.Add(key("there"), 1, 5, time.Time{}), driver.ErrInvalid},
	}
	for _, tt := range tests {
		for _, at := range []int{0, 4, 9} {
			ops := slices.Insert(many(9, "n"), at, tt.failing)
			err := table.Write(t.Context(), ops)
			if op, ok := errors.AsType[*driver.OpError](err); !ok || op.Index != at || !errors.Is(err, tt.want) {
				t.Errorf("%s at %d: got %v, want %v of that operation", tt.name, at, err, tt.want)
			}
		}
	}
	if got, want := list(t, table, "part", driver.Query{}), []string{"counter", "there"}; !slices.Equal(got, want) {
		t.Errorf("failed writes have left %q, want %q", got, want)
	}
	wantStored(t, table, key("there"), 1, []byte("x"))
	wantStored(t, table, key("counter"), 1, []byte("5"))
}

func writesOfAllKinds(t *testing.T, table driver.Table) {
	for _, name := range []string{"change", "overwrite", "delete", "delete any", "check"} {
		put(t, table, record(name, driver.Absent, "x"))
	}
	elsewhere := driver.Key{Part: "elsewhere", Sort: "new"}
	err := table.Write(t.Context(), []driver.Op{
		driver.Put(record("create", driver.Absent, "new")),
		driver.Put(driver.Record{Key: elsewhere, Version: driver.Any, Data: []byte("new")}),
		driver.Put(record("change", 1, "new")),
		driver.Put(record("overwrite", driver.Any, "12")),
		driver.Delete(key("delete"), 1),
		driver.Delete(key("delete any"), driver.Any),
		driver.Delete(key("never there"), driver.Any),
		driver.Check(key("check"), 1),
		driver.Check(key("nothing"), driver.Absent),
		driver.Check(key("whatever"), driver.Any),
		driver.Add(key("counter"), 7, 7, time.Time{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantStored(t, table, key("create"), 1, []byte("new"))
	wantStored(t, table, elsewhere, 1, []byte("new"))
	wantStored(t, table, key("change"), 2, []byte("new"))
	wantStored(t, table, key("overwrite"), 2, []byte("12"))
	wantStored(t, table, key("check"), 1, []byte("x"))
	wantStored(t, table, key("counter"), 1, []byte("7"))
	want := []string{"change", "check", "counter", "create", "overwrite"}
	if got := list(t, table, "part", driver.Query{}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func writesHaveLimits(t *testing.T, table driver.Table) {
	ctx := t.Context()
	wantErr(t, table.Write(ctx, nil), nil)
	wantErr(t, table.Write(ctx, []driver.Op{driver.Check(key("k"), driver.Any)}), nil)
	wantErr(t, table.Write(ctx, many(101, "x")), driver.ErrTooLarge)
	wantErr(t, table.Write(ctx, append(many(2, "x"), many(1, "y")...)), driver.ErrInvalid)
	wantErr(t, table.Write(ctx, append(many(2, "x"), driver.Op{})), driver.ErrInvalid)
	wantErr(t, table.Write(ctx, append(many(2, "x"), driver.Delete(key("k"), -2))), driver.ErrInvalid)
	if got := list(t, table, "part", driver.Query{}); len(got) != 0 {
		t.Errorf("refused writes have left %q", got)
	}
	if err := table.Write(ctx, many(100, "x")); err != nil {
		t.Fatal(err)
	}
	if got := list(t, table, "part", driver.Query{}); len(got) != 100 {
		t.Errorf("a write of 100 has left %d", len(got))
	}
}

// writesUnderContention moves units between two counters, with a record of
// each transfer: nothing is lost or made.
func writesUnderContention(t *testing.T, table driver.Table) {
	const writers, transfers = 8, 6
	put(t, table, record("from", driver.Absent, "30"))
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range transfers {
				r, err := table.Get(t.Context(), key("from"))
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := r.Count()
				err = table.Write(t.Context(), []driver.Op{
					driver.Put(record("from", r.Version, fmt.Sprint(n-1))),
					driver.Add(key("to"), 1, math.MaxInt64, time.Time{}),
					driver.Put(driver.Record{Key: driver.Key{Part: "transfers", Sort: fmt.Sprint(w, i)}}),
				})
				if err != nil && !errors.Is(err, driver.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	count := func(sort string) int64 {
		r, err := table.Get(t.Context(), key(sort))
		n, ok := r.Count()
		if err != nil || !ok {
			t.Errorf("%s: %q, %v", sort, r.Data, err)
		}
		return n
	}
	from, to, done := count("from"), count("to"), int64(len(list(t, table, "transfers", driver.Query{})))
	if from+to != 30 || to != done || to == 0 {
		t.Errorf("%d and %d after %d transfers, want 30 together", from, to, done)
	}
}
