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

	"sluice/core"
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
	known sync.Map // workspace → day on which it was noted that it has records

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
	return &Store{Options: o, table: table}
}

// ErrNotFound is the answer for what is not there, has expired, or belongs to
// another workspace.
var ErrNotFound = errors.New("there is no such log")

// fallbackTime is how long the fallback may take, also if the context of the
// write has ended: that is one of the reasons for which a table fails.
const fallbackTime = 2 * time.Second

// Write keeps a record, and what is to be kept of its bodies. One that cannot
// be stored goes to the fallback, without bodies.
func (s *Store) Write(ctx context.Context, r *usage.Record) error {
	r = identified(r)
	all, err := s.puts(ctx, r)
	if err == nil {
		err = s.put(ctx, all...)
	}
	return s.ended(ctx, r, err)
}

// Take is Write for records that nobody waits for. With Together it returns
// before the record is stored: whoever ends the process calls Flush.
func (s *Store) Take(ctx context.Context, r *usage.Record) error {
	if !s.Together {
		return s.Write(ctx, r)
	}
	r = identified(r)
	all, err := s.puts(ctx, r)
	if err != nil {
		return s.ended(ctx, r, err)
	}
	s.gatherer.join(ctx, s, all, r)
	return nil
}

// Flush waits until everything that was taken is stored, or has gone to the
// fallback.
func (s *Store) Flush() { s.gatherer.writing.Wait() }

// identified is a record with an id of ours.
func identified(r *usage.Record) *usage.Record {
	if _, ok := usage.TimeOf(r.ID); ok {
		return r
	}
	own := *r
	own.ID = usage.NewID(r.Time)
	return &own
}

// ended tells what has become of a record: the consumer if it was stored, else
// the fallback.
func (s *Store) ended(ctx context.Context, r *usage.Record, err error) error {
	if err == nil {
		if s.Notify != nil {
			s.Notify(r)
		}
		return nil
	}
	if s.Fallback == nil {
		return fmt.Errorf("logs: keep %s: %w", r.ID, err)
	}
	s.Log.ErrorContext(ctx, "a log could not be stored and goes to the fallback", "log", r.ID, "error", err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fallbackTime)
	defer cancel()
	return s.Fallback.Write(ctx, r)
}

// puts are what finds the record first, and the record last: who sees a record
// sees its bodies, and a rescan finds every record.
func (s *Store) puts(ctx context.Context, r *usage.Record) ([]driver.Record, error) {
	key, _ := recordKey(r.Workspace, r.ID)
	data, err := s.pack(r)
	if err != nil {
		return nil, err
	}
	if err := s.register(ctx, r.Workspace); err != nil {
		return nil, err
	}
	bodies, err := s.bodiesOf(r)
	if err != nil {
		s.lost(ctx, r.ID, err)
	}
	return append(bodies, driver.Record{Key: key, Version: driver.Any, Data: data, Expires: s.expires(r.ID)}), nil
}

// lost tells that a log has no bodies.
func (s *Store) lost(ctx context.Context, id string, err error) {
	s.Log.ErrorContext(ctx, "the bodies of a log were not kept", "log", id, "error", err)
}

// put stores what puts returns. It does without bodies if the table does not
// take them.
func (s *Store) put(ctx context.Context, all ...driver.Record) error {
	if s.Together {
		return s.errOf(ctx, all[len(all)-1].Sort, s.gatherer.put(ctx, s, all))
	}
	errs := make([]error, len(all))
	for i, one := range all {
		_, errs[i] = s.table.Put(ctx, one)
	}
	return s.errOf(ctx, all[len(all)-1].Sort, errs)
}

// errOf is the error of a record among those of what was put for it, if there
// are any.
func (s *Store) errOf(ctx context.Context, id string, errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	last := len(errs) - 1
	if err := errors.Join(errs[:last]...); err != nil {
		s.lost(ctx, id, err)
	}
	return errs[last]
}

// tell says what has become of records that nobody has waited for.
func (s *Store) tell(ctx context.Context, w *gathered) {
	ctx, cancel := core.Within(ctx, fallbackTime) // of all: a fallback that hangs must not keep a process from its end
	defer cancel()
	for _, c := range w.chunks {
		for _, t := range c.taken {
			if err := s.ended(ctx, t.record, s.errOf(ctx, t.record.ID, t.errs())); err != nil {
				s.Log.ErrorContext(ctx, "a log is lost", "log", t.record.ID, "error", err)
			}
		}
	}
}

// expires is when what belongs to a record goes.
func (s *Store) expires(id string) time.Time {
	t, _ := usage.TimeOf(id)
	return t.Add(s.Retention)
}

// register notes that a workspace has records, once a day and process.
func (s *Store) register(ctx context.Context, workspace string) error {
	now := time.Now()
	if day, ok := s.known.Load(workspace); ok && day == dayOf(now) {
		return nil
	}
	_, err := s.table.Put(ctx, driver.Record{
		Key: workspaceKey(workspace), Version: driver.Any, Data: quoted(workspace), Expires: now.Add(s.Retention + 48*time.Hour),
	})
	if err == nil {
		s.known.Store(workspace, dayOf(now))
	}
	return err
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
