package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"sluice/core"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// fallbackTime is how long the fallback may take, also if the context of the
// write has ended: that is one of the reasons for which a table fails.
const fallbackTime = 2 * time.Second

// Write keeps a record, and what is to be kept of its bodies. One that cannot
// be stored goes to the fallback, without bodies.
func (s *Store) Write(ctx context.Context, r *usage.Record) error {
	r = identified(r)
	d := newDraft()
	defer d.free()
	all, err := s.puts(ctx, r, d)
	if err == nil {
		err = s.put(ctx, all...)
	}
	return s.ended(ctx, r, err)
}

// WriteAll is Write for several records at the same time. Each is kept, whatever
// becomes of the others.
func (s *Store) WriteAll(ctx context.Context, records []*usage.Record) error {
	errs := make([]error, len(records))
	var group errgroup.Group
	if !s.Together { // those that share a write wait for it together
		group.SetLimit(parallel)
	}
	for i, r := range records {
		group.Go(func() error {
			errs[i] = s.Write(ctx, r)
			return nil
		})
	}
	_ = group.Wait()
	return errors.Join(errs...)
}

// Take is Write for records that nobody waits for. With Together it returns
// before the record is stored: whoever ends the process calls Flush.
func (s *Store) Take(ctx context.Context, r *usage.Record) error {
	if !s.Together {
		return s.Write(ctx, r)
	}
	r = identified(r)
	d := newDraft()
	defer d.free()
	all, err := s.puts(ctx, r, d)
	if err == nil {
		err = s.gatherer.reserve(ctx, all)
	}
	if err != nil {
		return s.ended(ctx, r, err)
	}
	s.gatherer.join(ctx, s, all, r)
	return nil
}

// Flush waits until everything that was taken before is stored, or has gone to
// the fallback.
func (s *Store) Flush() { s.gatherer.flush() }

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
		s.stored(r)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fallbackTime)
	defer cancel()
	return s.fall(ctx, r, err)
}

func (s *Store) stored(r *usage.Record) {
	if s.Notify != nil {
		s.Notify(r)
	}
}

// fall hands a record that could not be stored to the fallback.
func (s *Store) fall(ctx context.Context, r *usage.Record, err error) error {
	if s.Fallback == nil {
		return fmt.Errorf("logs: keep %s: %w", r.ID, err)
	}
	s.Log.ErrorContext(ctx, "a log could not be stored and goes to the fallback", "log", r.ID, "error", err)
	return s.Fallback.Write(ctx, r)
}

// puts are what finds the record first, and the record last: who sees a record
// sees its bodies, and a rescan finds every record. With Together, their data
// is in the draft.
func (s *Store) puts(ctx context.Context, r *usage.Record, d *draft) ([]driver.Record, error) {
	data, err := s.packed(d, r.Append)
	if err != nil {
		return nil, err
	}
	home, err := s.home(ctx, r.Workspace)
	if err != nil {
		return nil, err
	}
	bodies, err := s.bodiesOf(r, d)
	if err != nil {
		s.lost(ctx, r.ID, err)
	}
	began, _ := usage.TimeOf(r.ID)
	key := driver.Key{Part: home.part(r.Workspace, began, shardOf(r.ID)), Sort: r.ID}
	return append(bodies, driver.Record{Key: key, Version: driver.Any, Data: data, Expires: began.Add(s.Retention)}), nil
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
			err := s.errOf(ctx, t.record.ID, t.errs())
			if err == nil {
				s.stored(t.record)
			} else if err = s.fall(ctx, t.record, err); err != nil {
				s.Log.ErrorContext(ctx, "a log is lost", "log", t.record.ID, "error", err)
			}
		}
	}
}

// A home is what a process remembers of a workspace: that it is noted to have
// records on a day, and where those of the day are.
type home struct {
	day   int64 // since 1970
	parts [shards]string
}

func dayNumber(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

func homeOf(workspace string, day time.Time) *home {
	h := &home{day: dayNumber(day)}
	for shard := range h.parts {
		h.parts[shard] = recordPart(workspace, dayOf(day), shard)
	}
	return h
}

// part is where records of an instant are. Mostly it is of the same day.
func (h *home) part(workspace string, t time.Time, shard int) string {
	if dayNumber(t) == h.day {
		return h.parts[shard]
	}
	return recordPart(workspace, dayOf(t), shard)
}

// home is where records of a workspace are. It has it noted that there are some,
// once a day and process.
func (s *Store) home(ctx context.Context, workspace string) (*home, error) {
	now := time.Now()
	if known, ok := s.known.Load(workspace); ok && known.(*home).day == dayNumber(now) {
		return known.(*home), nil
	}
	if err := s.register(ctx, workspace); err != nil {
		return nil, err
	}
	known, _ := s.known.Load(workspace)
	return known.(*home), nil
}

// register notes that a workspace has records.
func (s *Store) register(ctx context.Context, workspace string) error {
	now := time.Now()
	_, err := s.table.Put(ctx, driver.Record{
		Key: workspaceKey(workspace), Version: driver.Any, Data: quoted(workspace), Expires: now.Add(s.Retention + 48*time.Hour),
	})
	if err == nil {
		s.known.Store(workspace, homeOf(workspace, now))
	}
	return err
}
