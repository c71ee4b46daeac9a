package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Options say how logs are kept.
type Options struct {
	Retention time.Duration // how long; zero means 30 days
	Keep      usage.Keep    // which bodies; empty means none
	MaxBody   int           // bytes of a body that are kept; zero means 64 KiB

	// Fallback takes a record that the table does not. With none, it is lost
	// with an error.
	Fallback usage.Sink

	// Secret seals cursors. All processes that serve one table have the same.
	Secret []byte

	// Settle is how long after its end a request enters the feed of Tail: longer
	// than a consumer takes to index it. Zero means the constant Settle.
	Settle time.Duration

	// Together has records, and what they are found by, written many at a time,
	// which is what an embedded table is fast at. DynamoDB charges double for it.
	Together bool

	// Notify is called when a record has been stored, if it is set: the local
	// consumer then knows that there is work. It must return at once, and must
	// not change the record.
	Notify func(*usage.Record)

	Log *slog.Logger // what could not be kept; nil: nobody is told
}

const (
	defaultRetention = 30 * 24 * time.Hour
	defaultMaxBody   = 64 << 10
)

// A Store keeps logs in a table. Its methods may be called by many goroutines
// at once. Every workspace sees its own logs only.
type Store struct {
	Options
	table driver.Table
	known sync.Map // workspace → *home

	gatherer gatherer
}

var _ usage.Sink = (*Store)(nil)

// New returns a store in a table.
func New(table driver.Table, o Options) *Store {
	o.Retention = cmp.Or(o.Retention, defaultRetention)
	o.MaxBody = cmp.Or(o.MaxBody, defaultMaxBody)
	o.Settle = cmp.Or(o.Settle, Settle)
	o.Keep = cmp.Or(o.Keep, usage.KeepNone)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Store{Options: o, table: table, gatherer: gatherer{room: semaphore.NewWeighted(room)}}
}

// ErrNotFound is the answer for what is not there, has expired, or belongs to
// another workspace.
var ErrNotFound = errors.New("there is no such log")

// expires is when what belongs to a record goes.
func (s *Store) expires(id string) time.Time {
	t, _ := usage.TimeOf(id)
	return t.Add(s.Retention)
}

// Workspaces yields the workspaces that have records. An error is the last
// thing that is yielded.
func (s *Store) Workspaces(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for r, err := range s.table.Range(ctx, workspacesPart, driver.Query{}) {
			if err != nil {
				yield("", fmt.Errorf("logs: list workspaces: %w", err))
				return
			}
			if !yield(workspaceName(r), nil) {
				return
			}
		}
	}
}

// Between yields the records of all workspaces from one instant up to another
// one, for a consumer that begins anew: a workspace, a day and a shard after
// the other, each from the oldest to the newest. An error is the last thing
// that is yielded.
func (s *Store) Between(ctx context.Context, from, to time.Time) iter.Seq2[*usage.Record, error] {
	return func(yield func(*usage.Record, error) bool) {
		if oldest := time.Now().Add(-s.Retention); from.Before(oldest) {
			from = oldest
		}
		for workspace, err := range s.Workspaces(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for part := range recordParts(workspace, from, to) {
				if !s.scan(ctx, part, from, to, yield) {
					return
				}
			}
		}
	}
}

// recordParts yields where the records of a time are, day after day.
func recordParts(workspace string, from, to time.Time) iter.Seq[string] {
	return func(yield func(string) bool) {
		for day := from.UTC().Truncate(24 * time.Hour); !day.After(to); day = day.Add(24 * time.Hour) {
			for shard := range shards {
				if !yield(recordPart(workspace, dayOf(day), shard)) {
					return
				}
			}
		}
	}
}

// scan yields the records of a part, and reports whether more is wanted.
func (s *Store) scan(ctx context.Context, part string, from, to time.Time, yield func(*usage.Record, error) bool) bool {
	end := floor(to.Add(time.Millisecond))
	for r, err := range s.table.Range(ctx, part, driver.Query{After: floor(from)}) {
		if err == nil && r.Sort >= end {
			return true
		}
		if err != nil {
			yield(nil, fmt.Errorf("logs: read %s: %w", part, err))
			return false
		}
		record, err := Decode(r.Data)
		if err != nil { // one of them must not keep a consumer from all others
			s.Log.ErrorContext(ctx, "a log cannot be read and is passed over", "log", r.Sort, "error", err)
			continue
		}
		if !yield(record, nil) {
			return false
		}
	}
	return true
}
