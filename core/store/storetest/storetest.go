// Package storetest holds the drivers of a store to what package driver
// promises.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"sluice/core/store/driver"
)

// Run runs the suite. open returns an empty table, and closes it in a cleanup
// of the test it is given.
func Run(t *testing.T, open func(t *testing.T) driver.Table) {
	tests := []struct {
		name string
		run  func(*testing.T, driver.Table)
	}{
		{"Versions", versions},
		{"Deletion", deletion},
		{"DataIsNotShared", dataIsNotShared},
		{"OneOfManyWins", oneOfManyWins},
		{"Counters", counters},
		{"CountersAreRecords", countersAreRecords},
		{"CountersAtTheEdges", countersAtTheEdges},
		{"CounterUnderContention", counterUnderContention},
		{"ExpiredCountersRestartOnce", expiredCountersRestartOnce},
		{"WritesAreAllOrNothing", writesAreAllOrNothing},
		{"WritesOfAllKinds", writesOfAllKinds},
		{"WritesHaveLimits", writesHaveLimits},
		{"WritesUnderContention", writesUnderContention},
		{"Ranges", ranges},
		{"RangesLargerThanAPage", rangesLargerThanAPage},
		{"RangesWhileWriting", rangesWhileWriting},
		{"RangesPastTheExpired", rangesPastTheExpired},
		{"Expiry", expiry},
		{"ExpiredIsAbsent", expiredIsAbsent},
		{"LargeData", largeData},
		{"LargeDataInWrites", largeDataInWrites},
		{"HostileKeys", hostileKeys},
		{"KeysThatAreRefused", keysThatAreRefused},
		{"CanceledContexts", canceledContexts},
		{"Model", model},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, open(t))
		})
	}
}

// Instants that are data: nothing here waits for a clock.
func past() time.Time   { return time.Now().Add(-time.Minute).Truncate(time.Millisecond).UTC() }
func future() time.Time { return time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC() }

func key(sort string) driver.Key { return driver.Key{Part: "part", Sort: sort} }

func record(sort string, version int64, data string) driver.Record {
	return driver.Record{Key: key(sort), Version: version, Data: []byte(data)}
}

// put stores r and returns its version.
func put(t *testing.T, table driver.Table, r driver.Record) int64 {
	t.Helper()
	v, err := table.Put(t.Context(), r)
	if err != nil {
		t.Fatalf("put %.40q: %v", r.Sort, err)
	}
	return v
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}

// wantStored checks what is under a key; nil data is nothing.
func wantStored(t *testing.T, table driver.Table, k driver.Key, version int64, data []byte) {
	t.Helper()
	r, err := table.Get(t.Context(), k)
	switch {
	case data == nil && errors.Is(err, driver.ErrNotFound):
	case err != nil:
		t.Errorf("get %.40q: %v", k.Sort, err)
	case data == nil:
		t.Errorf("%.40q is there, with version %d", k.Sort, r.Version)
	case r.Key != k || r.Version != version || !bytes.Equal(r.Data, data):
		t.Errorf("%.40q: got version %d and %d bytes %.40q, want version %d and %d bytes %.40q",
			k.Sort, r.Version, len(r.Data), r.Data, version, len(data), data)
	}
}

// list returns the sorts of a range.
func list(t *testing.T, table driver.Table, part string, q driver.Query) []string {
	t.Helper()
	sorts := []string{}
	for r, err := range table.Range(t.Context(), part, q) {
		if err != nil {
			t.Fatalf("range %+.60v: %v", q, err)
		}
		sorts = append(sorts, r.Sort)
	}
	return sorts
}

func canceledContexts(t *testing.T, table driver.Table) {
	put(t, table, record("kept", driver.Absent, "1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := table.Get(ctx, key("kept"))
	wantErr(t, err, context.Canceled)
	_, err = table.Put(ctx, record("new", driver.Any, "x"))
	wantErr(t, err, context.Canceled)
	wantErr(t, table.Delete(ctx, key("kept"), driver.Any), context.Canceled)
	_, err = table.Add(ctx, key("kept"), 1, 10, time.Time{})
	wantErr(t, err, context.Canceled)
	wantErr(t, table.Write(ctx, []driver.Op{driver.Put(record("new", driver.Any, "x"))}), context.Canceled)
	n := 0
	for _, err := range table.Range(ctx, "part", driver.Query{}) {
		n++
		wantErr(t, err, context.Canceled)
	}
	if n != 1 {
		t.Errorf("a canceled range yields %d times, want its error once", n)
	}
	wantStored(t, table, key("kept"), 1, []byte("1"))
	wantStored(t, table, key("new"), 0, nil)
}
