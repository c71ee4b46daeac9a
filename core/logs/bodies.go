package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A Log is a record with what is kept of its bodies.
type Log struct {
	// Record has an Exchange if bodies are kept. What is no text, such as a
	// sound, is not: of that there are type and size.
	Record *usage.Record
	Kept   usage.Keep // how the bodies were treated; KeepNone if there are none
}

// bodiesOf are what is kept of an exchange, as one record; none if nothing is.
func (s *Store) bodiesOf(r *usage.Record, d *draft) ([]driver.Record, error) {
	if r.Exchange == nil || s.Keep == usage.KeepNone {
		return nil, nil
	}
	x := kept(r, s.Keep, s.MaxBody)
	data, err := s.packed(d, func(b []byte) ([]byte, error) { return x.append(b), nil })
	if err != nil {
		return nil, err
	}
	began, _ := usage.TimeOf(r.ID)
	return []driver.Record{{Key: bodyKey(r.Workspace, r.ID, began), Version: driver.Any, Data: data, Expires: s.expires(r.ID)}}, nil
}

// Get returns the log with an id, or ErrNotFound. It needs no index.
func (s *Store) Get(ctx context.Context, workspace, id string) (*Log, error) {
	r, err := s.Record(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	log := &Log{Record: r, Kept: usage.KeepNone}
	began, _ := usage.TimeOf(id)
	return log, s.readBodies(ctx, log, began)
}

// Record returns the record of the log with an id, without bodies, or
// ErrNotFound.
func (s *Store) Record(ctx context.Context, workspace, id string) (*usage.Record, error) {
	key, ok := recordKey(workspace, id)
	if !ok {
		return nil, ErrNotFound
	}
	stored, err := s.table.Get(ctx, key)
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return nil, ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("logs: get %s: %w", id, err)
	}
	return Decode(stored.Data)
}

func (s *Store) readBodies(ctx context.Context, log *Log, began time.Time) error {
	r := log.Record
	found, err := s.table.Get(ctx, bodyKey(r.Workspace, r.ID, began))
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	var x stored
	if err == nil {
		err = x.unpack(found.Data)
	}
	if err != nil {
		return fmt.Errorf("logs: get the bodies of %s: %w", r.ID, err)
	}
	log.Kept = x.Keep
	r.Exchange = &usage.Exchange{
		Method: x.Method, URL: x.URL, Header: x.Header, Body: x.Body.body(), ResponseHeader: x.Answered, Response: x.Answer.body(),
	}
	return nil
}
