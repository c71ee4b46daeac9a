package logs

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// writesOf counts the writes of a table.
type writesOf struct {
	driver.Table
	n atomic.Int64
}

func (w *writesOf) Write(ctx context.Context, ops []driver.Op) error {
	w.n.Add(1)
	return w.Table.Write(ctx, ops)
}

// TestRecordsOfOneMomentShareAWrite has hundreds of requests end at once.
func TestRecordsOfOneMomentShareAWrite(t *testing.T) {
	t.Parallel()
	table := &writesOf{Table: memstore.New()}
	s := New(table, Options{Together: true, Keep: usage.KeepFull})
	var wg sync.WaitGroup
	records := mixed("w", 300)
	for _, r := range records {
		r.Exchange = exchange(`{"a":"hello"}`, `{}`)
		wg.Go(func() {
			if err := s.Write(t.Context(), r); err != nil {
				t.Error(err)
			}
			if log, err := s.Get(t.Context(), "w", r.ID); err != nil || log.Record.Exchange == nil { // it is there when Write returns
				t.Errorf("%s: %v", r.ID, err)
			}
		})
	}
	wg.Wait()
	if n := table.n.Load(); n > 60 {
		t.Errorf("%d records and bodies took %d writes", len(records), n)
	}
}

// TestARecordThatIsRefusedTakesNoOtherWithIt has one among many that no table takes.
func TestARecordThatIsRefusedTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{Together: true})
	good := record("w", at(0))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Write(t.Context(), good); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		if err := s.put(t.Context(), driver.Record{Key: driver.Key{Part: strings.Repeat("p", driver.MaxKey+1)}}); !errors.Is(err, driver.ErrInvalid) {
			t.Errorf("a record without a key: %v", err)
		}
	})
	wg.Go(func() { // the same one twice in a write
		if err := s.Write(t.Context(), good); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	if _, err := s.Get(t.Context(), "w", good.ID); err != nil {
		t.Error(err)
	}
}

// TestALoneRecordWaitsAMoment and no longer.
func TestALoneRecordWaitsAMoment(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{Together: true})
	for range 3 {
		began := time.Now()
		if err := s.Write(t.Context(), record("w", at(0))); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < gatherTime {
			t.Errorf("it was written after %s, without any other", took)
		}
	}
}
