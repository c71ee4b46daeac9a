package logs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

// stored is an exchange in the table.
type stored struct {
	Keep     usage.Keep  `json:"keep"`
	Method   string      `json:"method,omitzero"`
	URL      string      `json:"url,omitzero"`
	Header   http.Header `json:"header,omitzero"`
	Body     text        `json:"body,omitzero"`
	Answered http.Header `json:"answered,omitzero"`
	Answer   text        `json:"answer,omitzero"`
}

// A text is a body in the table.
type text struct {
	Type string `json:"type,omitzero"`
	Text string `json:"text,omitzero"`
	Size int64  `json:"size,omitzero"` // of the whole body, in bytes
}

func (t text) body() usage.Body {
	b := usage.Body{Type: t.Type, Size: t.Size}
	if t.Text != "" {
		b.Bytes = []byte(t.Text)
	}
	return b
}

// storeBodies writes what is kept of an exchange, if anything.
func (s *Store) storeBodies(ctx context.Context, r *usage.Record) error {
	if r.Exchange == nil || s.Keep == usage.KeepNone {
		return nil
	}
	data, err := pack(kept(r, s.Keep, s.MaxBody))
	if err != nil {
		return err
	}
	began, _ := usage.TimeOf(r.ID)
	return s.put(ctx, driver.Record{
		Key: bodyKey(r.Workspace, r.ID, began), Version: driver.Any, Data: data, Expires: s.expires(r.ID),
	})
}

// Get returns the log with an id, or ErrNotFound. It needs no index.
func (s *Store) Get(ctx context.Context, workspace, id string) (*Log, error) {
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
	r, err := Decode(stored.Data)
	if err != nil {
		return nil, err
	}
	log := &Log{Record: r, Kept: usage.KeepNone}
	began, _ := usage.TimeOf(id)
	return log, s.readBodies(ctx, log, began)
}

func (s *Store) readBodies(ctx context.Context, log *Log, began time.Time) error {
	r := log.Record
	found, err := s.table.Get(ctx, bodyKey(r.Workspace, r.ID, began))
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	var x stored
	if err == nil {
		err = unpack(found.Data, &x)
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
