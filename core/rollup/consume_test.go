package rollup

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// someLogs keep records in a table, and remember which were indexed.
type someLogs struct{ driver.Table }

func (l someLogs) store(ctx context.Context, r *usage.Record) error {
	data, err := json.Marshal(r)
	if err == nil {
		_, err = l.Put(ctx, driver.Record{Key: driver.Key{Part: "LOG", Sort: r.ID}, Version: driver.Any, Data: data})
	}
	return err
}

func (l someLogs) Between(ctx context.Context, from, to time.Time) iter.Seq2[*usage.Record, error] {
	return func(yield func(*usage.Record, error) bool) {
		for rec, err := range l.Range(ctx, "LOG", driver.Query{}) {
			r := new(usage.Record)
			if err == nil {
				err = json.Unmarshal(rec.Data, r)
			}
			if at, _ := usage.TimeOf(r.ID); err == nil && (at.Before(from) || at.After(to)) {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (l someLogs) Index(ctx context.Context, records []*usage.Record) error {
	for _, r := range records {
		if _, err := l.Put(ctx, driver.Record{Key: driver.Key{Part: "INDEX", Sort: r.ID}, Version: driver.Any}); err != nil {
			return err
		}
	}
	return nil
}

// indexed is how many records can be found.
func (l someLogs) indexed(ctx context.Context) (n int) {
	for range l.Range(ctx, "INDEX", driver.Query{}) {
		n++
	}
	return n
}

// away is a table that cannot be written while it is away.
type away struct {
	driver.Table
	mu   sync.Mutex
	away bool
}

func (a *away) is(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

func (a *away) Write(ctx context.Context, ops []driver.Op) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away {
		return errDied
	}
	return a.Table.Write(ctx, ops)
}

// running starts a consumer, which ends with the function that it returns.
func running(t *testing.T, logs someLogs, table driver.Table) (c *Consumer, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	c = &Consumer{Logs: logs, Sums: &Sums{Table: table}, Log: slog.New(slog.DiscardHandler)}
	go func() { c.Run(ctx); close(done) }()
	return c, func() { cancel(); <-done }
}

func TestTheConsumerCountsWhatWasStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &away{Table: memstore.New()}
		logs := someLogs{table.Table}
		records := someRecords(rand.New(rand.NewPCG(8, 8)), 1300+maxWaiting)
		store := func(list []*usage.Record, told *Consumer) {
			for _, r := range list {
				if err := logs.store(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if told != nil {
					told.Notify(r)
				}
			}
		}
		counted := func(when string, n int, within time.Duration) {
			t.Helper()
			time.Sleep(within)
			synctest.Wait()
			check(t, table, records[:n])
			if got := logs.indexed(t.Context()); got != n {
				t.Errorf("%s: %d of %d are indexed", when, got, n)
			}
		}
		store(records[:300], nil)
		c, stop := running(t, logs, table)
		counted("stored before it began", 300, time.Second)
		store(records[300:600], c)
		counted("told", 600, 2*gather)
		table.is(true)
		store(records[600:900], c)
		time.Sleep(time.Minute)
		table.is(false)
		counted("stored while sums could not be written", 900, 2*pauseAfterFailure)
		stop()
		store(records[900:1200], c) // told, and dead before it came to them
		c, stop = running(t, logs, table)
		counted("stored while it was dead", 1200, time.Second)
		table.is(true)
		store(records[1200:], c) // more than fit
		table.is(false)
		counted("more than could wait", len(records), time.Minute)
		stop()
	})
}

func TestTheConsumerWaitsOnlyForWhatIsToCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		c, stop := running(t, someLogs{table}, table)
		defer stop()
		synctest.Wait()
		records := someRecords(rand.New(rand.NewPCG(8, 7)), maxWaiting/batchSize*batchSize)
		for _, r := range records {
			c.Notify(r)
		}
		time.Sleep(gather / 2)
		synctest.Wait()
		check(t, table, records)
	})
}

func TestTheCheckpointMovesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		c, stop := running(t, someLogs{table}, table)
		defer stop()
		for range 3 {
			time.Sleep(20 * time.Minute)
			now := time.Now()
			c.Notify(&usage.Record{ID: usage.NewID(now), Time: now})
			time.Sleep(time.Minute)
			if from, err := c.checkpoint(t.Context()); err != nil || now.Sub(from) > slack+time.Minute || now.Sub(from) < slack-time.Minute {
				t.Errorf("at %s it goes back to %s, %v", now, from, err)
			}
		}
	})
}

// TestWaitingRecordsHoldWhatIsCountedOnly: nothing of the original is changed.
func TestWaitingRecordsHoldWhatIsCountedOnly(t *testing.T) {
	t.Parallel()
	c, r := &Consumer{}, someRecords(rand.New(rand.NewPCG(8, 6)), 1)[0]
	r.Exchange, r.Notes, r.Guards, r.Dropped = &usage.Exchange{}, make([]usage.Note, 1), make([]usage.Guard, 1), []string{"x"}
	r.Cost = &usage.Cost{Nano: 7, Gap: "no price", Lines: make([]usage.Line, 1)}
	c.Notify(r)
	got := <-c.waiting
	if got.Exchange != nil || got.Notes != nil || got.Guards != nil || got.Dropped != nil || got.Cost.Lines != nil {
		t.Errorf("%+v waits", got)
	}
	if !reflect.DeepEqual(factOf(got), factOf(r)) {
		t.Errorf("%+v is counted as another", got)
	}
	if r.Exchange == nil || r.Notes == nil || r.Guards == nil || r.Dropped == nil || r.Cost.Lines == nil {
		t.Errorf("%+v has lost something", r)
	}
}

func TestOnlyWhatIsNotCountedIsCaughtUpOn(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	records := someRecords(rand.New(rand.NewPCG(8, 9)), 10)
	old := time.Now().Add(-2 * MaxAge)
	records = append(records, &usage.Record{ID: usage.NewID(old), Time: old}, &usage.Record{ID: "none of ours"})
	if err := s.Count(t.Context(), records[:4]); err != nil {
		t.Fatal(err)
	}
	left, err := s.Uncounted(t.Context(), records)
	if err != nil || !slices.Equal(left, records[4:10]) {
		t.Errorf("%d are left, %v", len(left), err)
	}
	dying := &faulty{Table: s.Table, random: rand.New(rand.NewPCG(1, 1))}
	for range 1000 { // processes that remember nothing
		if _, err = (&Sums{Table: dying}).Uncounted(t.Context(), records); err != nil {
			break
		}
	}
	if !errors.Is(err, errDied) {
		t.Errorf("a table that dies: %v", err)
	}
}

// lookedFrom remembers from when on records were looked for.
type lookedFrom struct {
	someLogs
	from *[]time.Time
}

func (l lookedFrom) Between(ctx context.Context, from, to time.Time) iter.Seq2[*usage.Record, error] {
	*l.from = append(*l.from, from)
	return l.someLogs.Between(ctx, from, to)
}

// TestWhatWasMissedIsLookedForWhereItIs: a day of records is not read for one
// that had no room.
func TestWhatWasMissedIsLookedForWhereItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &away{Table: memstore.New()}
		var from []time.Time
		c := &Consumer{Logs: lookedFrom{someLogs{table.Table}, &from}, Sums: &Sums{Table: table}, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { c.Run(ctx); close(done) }()
		time.Sleep(time.Hour)
		table.is(true)
		at := time.Now().Add(-time.Minute)
		for _, minted := range []time.Time{at.Add(time.Second), at} {
			r := &usage.Record{ID: usage.NewID(minted), Time: minted}
			if err := (someLogs{table.Table}).store(ctx, r); err != nil {
				t.Fatal(err)
			}
			c.Notify(r)
		}
		time.Sleep(time.Minute)
		table.is(false)
		time.Sleep(time.Minute)
		cancel()
		<-done
		if len(from) < 3 || !from[0].Before(at.Add(-slack)) {
			t.Fatalf("looked from %s", from)
		}
		for _, f := range from[1:] {
			if !f.Equal(at.Truncate(time.Millisecond)) {
				t.Errorf("looked from %s, it was missed at %s", f, at)
			}
		}
	})
}
