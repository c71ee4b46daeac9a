package logs

import (
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/store/boltstore"
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
	t.Run("memory", func(t *testing.T) { refuseOne(t, memstore.New()) })
	t.Run("file", func(t *testing.T) { refuseOne(t, newFile(t)) })
}

func refuseOne(t *testing.T, table driver.Table) {
	s := New(table, Options{Together: true})
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

// TestFlushWaitsForWhatWasTaken: nobody else does.
func TestFlushWaitsForWhatWasTaken(t *testing.T) {
	t.Parallel()
	var told atomic.Int64
	table := &writesOf{Table: memstore.New()}
	s := New(table, Options{Together: true, Keep: usage.KeepFull, Notify: func(*usage.Record) { told.Add(1) }})
	records := mixed("w", 300)
	began := time.Now()
	for _, r := range records {
		r.Exchange = exchange(`{"a":"hello"}`, `{}`)
		if err := s.Take(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if waited := time.Since(began); waited > time.Duration(len(records))*gatherTime/2 {
		t.Errorf("taking %d records took %s", len(records), waited)
	}
	s.Flush()
	for _, r := range records {
		if log, err := s.Get(t.Context(), "w", r.ID); err != nil || log.Record.Exchange == nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
	if n := told.Load(); n != int64(len(records)) {
		t.Errorf("the consumer was told of %d of %d records", n, len(records))
	}
}

// TestFlushMayComeWhileMoreIsTaken, as when requests outlive the time that they
// have at the end of a process.
func TestFlushMayComeWhileMoreIsTaken(t *testing.T) {
	t.Parallel()
	var told sync.Map // ids
	s := New(memstore.New(), Options{Together: true, Notify: func(r *usage.Record) { told.Store(r.ID, true) }})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, r := range mixed("w", 20) {
				if err := s.Take(t.Context(), r); err != nil {
					t.Error(err)
				}
				s.Flush()
				if _, ok := told.Load(r.ID); !ok {
					t.Errorf("%s was taken, and not waited for", r.ID)
				}
			}
		})
	}
	all.Wait()
}

// hanging is a table whose writes end late, whatever their context says.
type hanging struct {
	driver.Table
	until chan struct{}
}

func (h hanging) Write(ctx context.Context, ops []driver.Op) error {
	<-h.until
	return h.Table.Write(ctx, ops)
}

// sinkOf counts records.
type sinkOf struct{ n atomic.Int64 }

func (s *sinkOf) Write(context.Context, *usage.Record) error {
	s.n.Add(1)
	return nil
}

// TestWhatWasTakenGoesToTheFallbackIfTheTableHangs, and the end of the process
// does not wait for the table.
func TestWhatWasTakenGoesToTheFallbackIfTheTableHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table, fallback := hanging{memstore.New(), make(chan struct{})}, &sinkOf{}
		defer close(table.until)
		s := New(table, Options{Together: true, Fallback: fallback, Notify: func(*usage.Record) { t.Error("the consumer was told of a log that is not stored") }})
		began := time.Now()
		for _, r := range mixed("w", 120) {
			if err := s.Take(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		s.Flush()
		if took := time.Since(began); fallback.n.Load() != 120 || took > gatherTime+storeTime {
			t.Errorf("%d records went to the fallback, after %s", fallback.n.Load(), took)
		}
	})
}

// TestRecordsThatAreWrittenTogetherWaitOnce, not one after the other.
func TestRecordsThatAreWrittenTogetherWaitOnce(t *testing.T) {
	t.Parallel()
	s := New(memstore.New(), Options{Together: true})
	records := mixed("w", MaxInserted)
	began := time.Now()
	if err := s.WriteAll(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*gatherTime {
		t.Errorf("%d records took %s", len(records), took)
	}
	for _, r := range records {
		if _, err := s.Get(t.Context(), "w", r.ID); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

// stuck is a fallback that nobody reads.
type stuck struct{ sinkOf }

func (s *stuck) Write(ctx context.Context, r *usage.Record) error {
	_ = s.sinkOf.Write(ctx, r)
	<-ctx.Done()
	return ctx.Err()
}

// refusing is a table that takes nothing but the names of workspaces.
type refusing struct{ driver.Table }

func (refusing) Write(context.Context, []driver.Op) error { return errors.New("full") }

func (r refusing) Put(ctx context.Context, x driver.Record) (int64, error) {
	if x.Part != workspacesPart {
		return 0, errors.New("full")
	}
	return r.Table.Put(ctx, x)
}

// TestAFallbackThatHangsKeepsNoProcessFromItsEnd, however many records wait for it.
func TestAFallbackThatHangsKeepsNoProcessFromItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fallback := &stuck{}
		s := New(refusing{memstore.New()}, Options{Together: true, Fallback: fallback})
		began := time.Now()
		for _, r := range mixed("w", 50) {
			if err := s.Take(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		s.Flush()
		if took := time.Since(began); took > gatherTime+fallbackTime || fallback.n.Load() != 50 {
			t.Errorf("%d of 50 records were offered, and the end came after %s", fallback.n.Load(), took)
		}
	})
}

// weighed is a table that takes nothing until it is released, and weighs what it
// is given.
type weighed struct {
	driver.Table
	bytes    atomic.Int64
	released chan struct{}
}

func (w *weighed) Write(ctx context.Context, ops []driver.Op) error {
	for _, op := range ops {
		w.bytes.Add(int64(len(op.Record.Data)))
	}
	<-w.released
	return w.Table.Write(ctx, ops)
}

// TestATableThatHangsHoldsNoMoreThanThereIsRoomFor: what comes beside that goes
// to the fallback, when its time is up, and is stored again when the table is back.
func TestATableThatHangsHoldsNoMoreThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &weighed{Table: memstore.New(), released: make(chan struct{})}
		fallback := &sinkOf{}
		s := New(table, Options{Together: true, Keep: usage.KeepFull, MaxBody: 4 << 20, Fallback: fallback})
		noise := make([]byte, 1<<20)
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
		text := hex.EncodeToString(noise)
		take := func(r *usage.Record) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r.Exchange = exchange(`{"a":"`+text+`"}`, `{}`)
			if err := s.Take(ctx, r); err != nil {
				t.Error(err)
			}
		}
		records := mixed("w", 80) // of some 2 MB, or 1 when they are packed
		for _, r := range records[:79] {
			take(r)
		}
		s.Flush()
		if n := table.bytes.Load(); n > room || n < room/2 || fallback.n.Load() != 79 {
			t.Errorf("the table holds %d bytes; %d records went to the fallback", n, fallback.n.Load())
		}
		close(table.released)
		synctest.Wait()
		take(records[79])
		s.Flush()
		if _, err := s.Get(t.Context(), "w", records[79].ID); err != nil || fallback.n.Load() != 79 {
			t.Errorf("after that, %v; %d records went to the fallback", err, fallback.n.Load())
		}
	})
}

// TestRecordsOfOneMomentShareACommit: on a file, where a commit is what costs.
func TestRecordsOfOneMomentShareACommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, shareACommit)
}

func shareACommit(t *testing.T) {
	table := newFile(t)
	commits := &commitsOf{Table: table}
	s := New(commits, Options{Together: true, Fallback: &sinkOf{}})
	records := mixed("w", 3*driver.MaxOps+50)
	for _, r := range records {
		if err := s.Take(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s.Flush()
	if n := commits.n.Load(); n != 1 {
		t.Errorf("%d commits", n)
	}
	for _, r := range records {
		if _, err := s.Get(t.Context(), "w", r.ID); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

func newFile(t *testing.T) *boltstore.Table {
	table, err := boltstore.Open(filepath.Join(t.TempDir(), "sluice.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

// commitsOf counts commits.
type commitsOf struct {
	*boltstore.Table
	n atomic.Int64
}

func (c *commitsOf) Write(ctx context.Context, ops []driver.Op) error {
	c.n.Add(1)
	return c.Table.Write(ctx, ops)
}

func (c *commitsOf) WriteEach(ctx context.Context, writes [][]driver.Op) []error {
	c.n.Add(1)
	return c.Table.WriteEach(ctx, writes)
}
