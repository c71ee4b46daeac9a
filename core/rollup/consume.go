package rollup

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"sluice/core/internal/json"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Logs are where records come from. Those of core/logs are meant.
type Logs interface {
	// Between yields the records of all workspaces of a time.
	Between(ctx context.Context, from, to time.Time) iter.Seq2[*usage.Record, error]
	// Index makes records found. It may be called again for the same ones.
	Index(ctx context.Context, records []*usage.Record) error
}

// A Consumer makes indexes and sums of records in the process that stores
// them. What it has not come to when the process dies is found again by the
// next one.
type Consumer struct {
	Logs Logs
	Sums *Sums
	Log  *slog.Logger

	saved time.Time // when the checkpoint was

	once    sync.Once
	waiting chan *usage.Record
	missed  missed
}

// Bounds of a consumer. A record that waits takes some 1.5 kB, and all that may
// wait 15 MB.
const (
	maxWaiting = 10_000 // records that are told and not yet consumed
	batchSize  = 2000   // records that are consumed together
)

// gather is how long a consumer waits for more records than one: they share
// writes.
const gather = time.Second

// slack is how long after a request came its record may be stored: it is how
// far a consumer goes back when it begins. Records that it finds counted cost
// a read.
const slack = 24 * time.Hour

// pauseAfterFailure is how long a consumer waits when the table is away.
const pauseAfterFailure = 5 * time.Second

func (c *Consumer) begin() {
	c.once.Do(func() {
		c.waiting, c.missed.some = make(chan *usage.Record, maxWaiting), make(chan struct{}, 1)
	})
}

// Notify says that a record has been stored. It returns at once, and holds
// nothing that is neither found nor summed up.
func (c *Consumer) Notify(r *usage.Record) {
	c.begin()
	select {
	case c.waiting <- needed(r):
	default:
		c.missed.add(r)
	}
}

// needed is what a record is indexed and counted by: no bodies, no lines of
// bills, and nothing of how its target was found. A record that has none of
// these is not copied.
func needed(r *usage.Record) *usage.Record {
	lines := r.Cost != nil && len(r.Cost.Lines) > 0
	if r.Exchange == nil && len(r.Notes)+len(r.Dropped)+len(r.Guards)+len(r.Baggage) == 0 && !lines {
		return r
	}
	own := *r
	own.Exchange, own.Notes, own.Dropped, own.Guards, own.Baggage = nil, nil, nil, nil, nil
	if lines {
		cost := *r.Cost
		cost.Lines, own.Cost = nil, &cost
	}
	return &own
}

// Run consumes what was stored and not consumed before, then what it is told,
// until the context ends.
func (c *Consumer) Run(ctx context.Context) {
	c.begin()
	c.missed.from(time.Time{})
	for ctx.Err() == nil {
		if err := c.step(ctx); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "logs could not be indexed and summed up, which is tried again", "error", err)
			sleep(ctx, pauseAfterFailure)
		}
	}
}

// step waits for something to do and does it. What fails is missed.
func (c *Consumer) step(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-c.missed.some:
		since, ok := c.missed.take()
		if !ok {
			return nil
		}
		err := c.rescan(ctx, since)
		if err != nil {
			c.missed.from(since)
		}
		return err
	case r := <-c.waiting:
		now := time.Now()
		records := c.more(ctx, r)
		if err := c.consume(ctx, records); err != nil {
			c.missed.add(records...)
			return err
		}
		if now.Sub(c.saved) > saveEvery && len(c.waiting) == 0 && len(c.missed.some) == 0 {
			return c.save(ctx, now)
		}
		return nil
	}
}

// saveEvery is how often the checkpoint moves on.
const saveEvery = 10 * time.Minute

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// more gathers records that are consumed together.
func (c *Consumer) more(ctx context.Context, first *usage.Record) []*usage.Record {
	list, enough := []*usage.Record{first}, time.After(gather)
	for len(list) < batchSize {
		select {
		case r := <-c.waiting:
			list = append(list, r)
		case <-enough:
			return list
		case <-ctx.Done():
			return list
		}
	}
	return list
}

// consume makes indexes and sums.
func (c *Consumer) consume(ctx context.Context, records []*usage.Record) error {
	return Consume(ctx, c.Logs, c.Sums, records)
}

// Consume indexes records and counts them. It may be called again for the same
// ones; with an error, some may not be done. Sums come last: who is counted is
// indexed.
func Consume(ctx context.Context, l Logs, s *Sums, records []*usage.Record) error {
	if len(records) == 0 {
		return nil
	}
	if err := l.Index(ctx, records); err != nil {
		return err
	}
	return s.Count(ctx, records)
}

// checkpoint is where it is kept up to when everything has been consumed.
var checkpoint = driver.Key{Part: "ROLLUP", Sort: "checkpoint"}

// rescan consumes what has not been, from an instant on; the zero one stands
// for slack before the checkpoint.
func (c *Consumer) rescan(ctx context.Context, from time.Time) error {
	if from.IsZero() {
		var err error
		if from, err = c.checkpoint(ctx); err != nil {
			return err
		}
	}
	now := time.Now()
	var batch []*usage.Record
	for r, err := range c.Logs.Between(ctx, from, now.Add(time.Hour)) {
		if err != nil {
			return err
		}
		if batch = append(batch, r); len(batch) == batchSize {
			if err := c.catchUp(ctx, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	if err := c.catchUp(ctx, batch); err != nil {
		return err
	}
	return c.save(ctx, now)
}

// save moves the checkpoint on.
func (c *Consumer) save(ctx context.Context, now time.Time) error {
	data, err := json.Marshal(now.UTC())
	if err == nil {
		_, err = c.Sums.Table.Put(ctx, driver.Record{Key: checkpoint, Version: driver.Any, Data: data})
	}
	if err == nil {
		c.saved = now
	}
	return err
}

// catchUp consumes those of the records that have not been counted.
func (c *Consumer) catchUp(ctx context.Context, records []*usage.Record) error {
	left, err := c.Sums.Uncounted(ctx, records)
	if err != nil || len(left) == 0 {
		return err
	}
	return c.consume(ctx, left)
}

// checkpoint is from when on records may not have been consumed.
func (c *Consumer) checkpoint(ctx context.Context) (time.Time, error) {
	r, err := c.Sums.Table.Get(ctx, checkpoint)
	if errors.Is(err, driver.ErrNotFound) {
		return time.Now().Add(-MaxAge), nil
	}
	var at time.Time
	if err == nil {
		err = json.Unmarshal(r.Data, &at)
	}
	if err != nil {
		return at, fmt.Errorf("read the checkpoint of sums: %w", err)
	}
	return at.Add(-slack), nil
}
