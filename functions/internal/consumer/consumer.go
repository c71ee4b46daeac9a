// Package consumer makes of records of requests what is made of them later: the
// entries by which logs are found, and the sums by the hour.
//
// On AWS, DynamoDB's stream of the data table brings the records ([Handler]).
// It brings each at least once, in no order that matters here, and again when
// something has failed. Entries are the same when they are written again, and
// sums count a record once, so that nothing is lost or doubled wherever this
// breaks off.
package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A Consumer consumes records of one data table.
type Consumer struct {
	Logs *logs.Store
	Sums *rollup.Sums
}

// Consume indexes records and counts them. It may be called again for the same
// records. With an error, some may not be done.
func (c *Consumer) Consume(ctx context.Context, records []*usage.Record) error {
	return rollup.Consume(ctx, c.Logs, c.Sums, records)
}

// ConsumeEach consumes records one by one and returns the place of the first
// that failed, and why; len(records) if none did. One that cannot be consumed
// does not keep those behind it from being consumed, but where the table is
// away, or the context has ended, the others are not tried.
func (c *Consumer) ConsumeEach(ctx context.Context, records []*usage.Record) (failed int, err error) {
	failed = len(records)
	for i, r := range records {
		e := c.Consume(ctx, []*usage.Record{r})
		if e == nil {
			continue
		}
		if err == nil {
			failed, err = i, fmt.Errorf("%s: %w", r.ID, e)
		}
		if stops(ctx, e) {
			break
		}
	}
	return failed, err
}

// stops reports whether what comes next would fail as well.
func stops(ctx context.Context, err error) bool {
	_, away := errors.AsType[*driver.Unavailable](err)
	return away || ctx.Err() != nil
}

const (
	// step is how much time is read again at once: when time is over, it is
	// told up to which step all is done.
	step = time.Minute
	// batch is how many records are consumed together: those of a second share
	// writes.
	batch = 1000
)

// Rescan consumes the records of a time from the table, whoever has consumed
// them before. It returns how many there were, and the instant from which to
// go on: one behind to when all is done.
func (c *Consumer) Rescan(ctx context.Context, from, to time.Time) (n int, next time.Time, err error) {
	for next = from; !next.After(to); next = next.Add(step) {
		end := next.Add(step - time.Millisecond) // ids are to the millisecond
		if end.After(to) {
			end = to
		}
		found, err := c.rescan(ctx, next, end)
		if n += found; err != nil {
			return n, next, err
		}
	}
	return n, next, nil
}

func (c *Consumer) rescan(ctx context.Context, from, to time.Time) (n int, err error) {
	var waiting []*usage.Record
	for r, err := range c.Logs.Between(ctx, from, to) {
		if err != nil {
			return n, err
		}
		if waiting = append(waiting, r); len(waiting) < batch {
			continue
		}
		if err := c.Consume(ctx, waiting); err != nil {
			return n, err
		}
		n, waiting = n+len(waiting), nil
	}
	if err := c.Consume(ctx, waiting); err != nil {
		return n, err
	}
	return n + len(waiting), nil
}
