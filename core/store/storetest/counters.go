package storetest

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/store/driver"
)

func counters(t *testing.T, table driver.Table) {
	steps := []struct {
		name       string
		delta, max int64
		want       int64
		err        error
	}{
		{"more than the ceiling at once", 11, 10, 0, driver.ErrCeiling},
		{"first", 4, 10, 4, nil},
		{"up to the ceiling", 6, 10, 10, nil},
		{"past the ceiling", 1, 10, 10, driver.ErrCeiling},
		{"a higher ceiling", 1, 11, 11, nil},
		{"nothing", 0, 5, 11, nil},
		{"giving back while above the ceiling", -3, 5, 8, nil},
		{"below zero", -10, 0, -2, nil},
		{"up to a negative ceiling", 1, -1, -1, nil},
		{"past a negative ceiling", 1, -1, -1, driver.ErrCeiling},
	}
	changes := int64(0)
	for _, s := range steps {
		got, err := table.Add(t.Context(), key("n"), s.delta, s.max, time.Time{})
		if got != s.want || !errors.Is(err, s.err) {
			t.Errorf("%s: got %d, %v, want %d, %v", s.name, got, err, s.want, s.err)
		}
		if s.err == nil {
			changes++
		}
		r, err := table.Get(t.Context(), key("n"))
		if changes == 0 {
			wantErr(t, err, driver.ErrNotFound)
			continue
		}
		if n, ok := r.Count(); err != nil || n != s.want || !ok || r.Version != changes {
			t.Errorf("%s: stored is %q with version %d, %v; want %d with version %d", s.name, r.Data, r.Version, err, s.want, changes)
		}
	}
	if n, err := table.Add(t.Context(), key("other"), 0, -5, time.Time{}); n != 0 || err != nil {
		t.Errorf("nothing to nothing: got %d, %v", n, err)
	}
	wantStored(t, table, key("other"), 1, []byte("0"))
}

// countersAreRecords mixes the ways of writing.
func countersAreRecords(t *testing.T, table driver.Table) {
	ctx := t.Context()
	add := func(delta int64, expires time.Time) (int64, error) {
		return table.Add(ctx, key("n"), delta, math.MaxInt64, expires)
	}
	put(t, table, record("n", driver.Absent, "41"))
	if n, err := add(1, future()); n != 42 || err != nil {
		t.Errorf("add to what was put: got %d, %v", n, err)
	}
	_, err := table.Put(ctx, record("n", 1, "0"))
	wantErr(t, err, driver.ErrConflict)
	if r, err := table.Get(ctx, key("n")); err != nil || !r.Expires.Equal(future().Truncate(time.Hour)) && r.Expires.Before(time.Now()) {
		t.Errorf("add did not set the expiry: %v, %v", r.Expires, err)
	}
	if _, err := add(1, time.Time{}); err != nil {
		t.Error(err)
	}
	if r, err := table.Get(ctx, key("n")); err != nil || !r.Expires.IsZero() {
		t.Errorf("add without expiry left %v, %v", r.Expires, err)
	}
	for _, data := range []string{"", "x", "007", "+1", "-0", " 1", "1.0", "9223372036854775808", "{}"} {
		put(t, table, record("n", driver.Any, data))
		_, err := add(1, time.Time{})
		wantErr(t, err, driver.ErrInvalid)
		if r, err := table.Get(ctx, key("n")); err != nil || string(r.Data) != data {
			t.Errorf("%q became %q, %v", data, r.Data, err)
		}
	}
	put(t, table, record("n", driver.Any, "-7"))
	if n, err := add(7, past()); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	wantStored(t, table, key("n"), 0, nil) // the last add let it expire
}

func countersAtTheEdges(t *testing.T, table driver.Table) {
	const least, most = math.MinInt64, math.MaxInt64
	tests := []struct {
		name              string
		value, delta, max int64
		want              int64
		refused           bool
	}{
		{"up to the end", most - 1, 1, most, most, false},
		{"past the end", most, 1, most, most, true},
		{"far past the end", most, most, most, most, true},
		{"down to the end", least + 1, -1, 0, least, false},
		{"past the other end", least, -1, most, least, true},
		{"far past the other end", least, least, most, least, true},
		{"from end to end", least, most, most, -1, false},
		{"a ceiling that nothing passes", 0, most, most, most, false},
		{"a ceiling that everything passes", least, 1, least, least, true},
		{"the least delta", 0, least, 0, least, false},
	}
	for _, tt := range tests {
		k := key(tt.name)
		if _, err := table.Add(t.Context(), k, tt.value, most, time.Time{}); err != nil {
			t.Fatal(err)
		}
		got, err := table.Add(t.Context(), k, tt.delta, tt.max, time.Time{})
		if got != tt.want || errors.Is(err, driver.ErrCeiling) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%s: got %d, %v, want %d, refused: %t", tt.name, got, err, tt.want, tt.refused)
		}
	}
}

func counterUnderContention(t *testing.T, table driver.Table) {
	const writers, delta, ceiling = 200, 3, 500
	var sum, refused, highest atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			n, err := table.Add(t.Context(), key("n"), delta, ceiling, future())
			switch {
			case err == nil:
				sum.Add(delta)
			case errors.Is(err, driver.ErrCeiling):
				refused.Add(1)
			default:
				t.Error(err)
			}
			for h := highest.Load(); n > h && !highest.CompareAndSwap(h, n); h = highest.Load() {
			}
		})
	}
	wg.Wait()
	const fits = ceiling / delta
	if sum.Load() != fits*delta || refused.Load() != writers-fits {
		t.Errorf("%d was added and %d adds were refused, want %d and %d", sum.Load(), refused.Load(), fits*delta, writers-fits)
	}
	if highest.Load() > ceiling {
		t.Errorf("somebody saw %d, above the ceiling %d", highest.Load(), ceiling)
	}
	r, err := table.Get(t.Context(), key("n"))
	if n, _ := r.Count(); err != nil || n != sum.Load() || r.Version != fits {
		t.Errorf("stored is %d with version %d, %v, want %d with version %d", n, r.Version, err, sum.Load(), fits)
	}
}

// expiredCountersRestartOnce lets many find an expired counter at the same
// time.
func expiredCountersRestartOnce(t *testing.T, table driver.Table) {
	if _, err := table.Add(t.Context(), key("n"), 1000, 1000, past()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, err := table.Add(t.Context(), key("n"), 1, 1000, future()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantStored(t, table, key("n"), 40, []byte("40"))
}
