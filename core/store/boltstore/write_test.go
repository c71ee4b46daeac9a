package boltstore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sluice/core/store/driver"
)

// TestWritesOfOneCommitAreApart: each is done or refused by itself, in their
// order, and all take one transaction.
func TestWritesOfOneCommitAreApart(t *testing.T) {
	t.Parallel()
	table := openTable(t, tempPath(t))
	create := func(name string) driver.Op { return driver.Put(driver.Record{Key: key(name), Version: driver.Absent}) }
	var large []driver.Op
	for i := range driver.MaxOps + 1 {
		large = append(large, create(fmt.Sprint("large", i)))
	}
	before := transactions(t, table)
	errs := table.WriteEach(t.Context(), [][]driver.Op{
		{create("a"), create("b")},
		{create("c"), create("a")}, // which the first has made
		large,
		{driver.Put(driver.Record{Key: key("b"), Version: 1, Data: []byte("changed")})},
		nil,
		{create("d")},
	})
	for i, want := range []error{nil, driver.ErrConflict, driver.ErrTooLarge, nil, nil, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("%d: %v, want %v", i, errs[i], want)
		}
	}
	if op, ok := errors.AsType[*driver.OpError](errs[1]); !ok || op.Index != 1 {
		t.Errorf("got %v", errs[1])
	}
	if n := transactions(t, table) - before; n != 1 {
		t.Errorf("%d transactions", n)
	}
	wantEntries(t, table, 3, 0)
	if r, err := table.Get(t.Context(), key("b")); err != nil || string(r.Data) != "changed" || r.Version != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWritesOfAContextThatHasEndedAreNotDone(t *testing.T) {
	t.Parallel()
	table := openTable(t, tempPath(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := transactions(t, table)
	for _, err := range table.WriteEach(ctx, [][]driver.Op{{driver.Put(driver.Record{Key: key("a")})}, nil}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if n := transactions(t, table) - before; n != 0 {
		t.Errorf("%d transactions", n)
	}
}
