package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// An ExportStatus is how far an export is.
type ExportStatus string

// The states of an export. It is made as a draft; Start fixes the time up to
// which it reads, and it can be downloaded. Rows are read when they are
// downloaded, so that nothing is kept twice; an export is in progress only for
// whoever keeps files of it.
const (
	ExportDraft      ExportStatus = "draft"
	ExportInProgress ExportStatus = "in_progress"
	ExportSuccess    ExportStatus = "success"
	ExportFailed     ExportStatus = "failed" // the last download broke off; another one may be tried
	ExportStopped    ExportStatus = "stopped"
)

// An Export is a list of logs to be downloaded as lines of JSON.
type Export struct {
	ID          string       `json:"id"`
	Description string       `json:"description,omitzero"`
	Status      ExportStatus `json:"status"`
	From        time.Time    `json:"from,omitzero"`
	To          time.Time    `json:"to,omitzero"`
	Filter      Filter       `json:"filters,omitzero"`
	Limit       int64        `json:"limit,omitzero"` // rows at most, the newest; zero: all
	Fields      []string     `json:"requested_data"` // of Fields; empty: all but request and response
	Created     time.Time    `json:"created_at"`
	Updated     time.Time    `json:"updated_at,omitzero"`
	Rows        int64        `json:"rows,omitzero"` // of the last download
	Error       string       `json:"error,omitzero"`
}

// ErrNoExport is the answer for an export that is not there, has expired, or
// belongs to another workspace.
var ErrNoExport = errors.New("there is no such export")

func exportKey(workspace, id string) driver.Key {
	return driver.Key{Part: "LOGEXPORT#" + segment(workspace), Sort: id}
}

// CreateExport stores a draft.
func (s *Store) CreateExport(ctx context.Context, workspace string, x Export) (Export, error) {
	x.Created = time.Now().UTC().Truncate(time.Millisecond)
	x.ID, x.Status = usage.NewID(x.Created), ExportDraft
	if err := x.valid(); err != nil {
		return x, err
	}
	return x, s.putExport(ctx, workspace, x, driver.Absent)
}

// valid names what is wrong with what a client asks for.
func (x *Export) valid() error {
	for i, f := range x.Fields {
		switch {
		case !slices.Contains(Fields, f):
			return wrong("requested_data", fmt.Sprintf("has the unknown field %q", f))
		case slices.Contains(x.Fields[:i], f):
			return wrong("requested_data", fmt.Sprintf("has the field %q twice", f))
		}
	}
	q := Query{From: x.From, To: x.To, Filter: x.Filter}
	return q.valid()
}

func (s *Store) putExport(ctx context.Context, workspace string, x Export, version int64) error {
	data, err := pack(x)
	if err == nil {
		_, err = s.table.Put(ctx, driver.Record{Key: exportKey(workspace, x.ID), Version: version, Data: data, Expires: s.expires(x.ID)})
	}
	if err != nil {
		return fmt.Errorf("logs: keep export %s: %w", x.ID, err)
	}
	return nil
}

// Export returns an export, or ErrNoExport.
func (s *Store) Export(ctx context.Context, workspace, id string) (Export, error) {
	x, _, err := s.export(ctx, workspace, id)
	return x, err
}

func (s *Store) export(ctx context.Context, workspace, id string) (x Export, version int64, err error) {
	if _, ok := usage.TimeOf(id); !ok {
		return x, 0, ErrNoExport
	}
	r, err := s.table.Get(ctx, exportKey(workspace, id))
	switch {
	case errors.Is(err, driver.ErrNotFound):
		return x, 0, ErrNoExport
	case err == nil:
		err = unpack(r.Data, &x)
	}
	if err != nil {
		return x, 0, fmt.Errorf("logs: get export %s: %w", id, err)
	}
	return x, r.Version, nil
}

// Exports returns the exports of a workspace, the newest first, limit at most;
// zero means 50.
func (s *Store) Exports(ctx context.Context, workspace string, limit int) ([]Export, error) {
	var list []Export
	q := driver.Query{Reverse: true, Limit: min(cmp.Or(max(limit, 0), defaultLimit), MaxLimit)}
	for r, err := range s.table.Range(ctx, exportKey(workspace, "").Part, q) {
		var x Export
		if err == nil {
			err = unpack(r.Data, &x)
		}
		if err != nil {
			return nil, fmt.Errorf("logs: list exports: %w", err)
		}
		list = append(list, x)
	}
	return list, nil
}

// UpdateExport changes what a draft asks for.
func (s *Store) UpdateExport(ctx context.Context, workspace, id string, change func(*Export)) (Export, error) {
	return s.changeExport(ctx, workspace, id, func(x *Export) error {
		if x.Status != ExportDraft {
			return llm.Errorf(llm.BadRequest, "the export is no draft any more: it is %s", x.Status)
		}
		own := *x
		change(x)
		x.ID, x.Status, x.Created = own.ID, own.Status, own.Created
		return x.valid()
	})
}

// StartExport lets an export be downloaded: what came until now, if it names
// no other time.
func (s *Store) StartExport(ctx context.Context, workspace, id string) (Export, error) {
	return s.changeExport(ctx, workspace, id, func(x *Export) error {
		if x.Status != ExportDraft && x.Status != ExportFailed && x.Status != ExportStopped {
			return llm.Errorf(llm.BadRequest, "the export was started already: it is %s", x.Status)
		}
		if now := time.Now().UTC().Truncate(time.Millisecond); x.To.IsZero() || x.To.After(now) {
			x.To = now
		}
		x.Status, x.Error = ExportSuccess, ""
		return nil
	})
}

// CancelExport stops an export: what is being downloaded breaks off.
func (s *Store) CancelExport(ctx context.Context, workspace, id string) (Export, error) {
	return s.changeExport(ctx, workspace, id, func(x *Export) error {
		x.Status = ExportStopped
		return nil
	})
}

func (s *Store) changeExport(ctx context.Context, workspace, id string, change func(*Export) error) (x Export, err error) {
	for range maxChanges {
		var version int64
		if x, version, err = s.export(ctx, workspace, id); err != nil {
			return x, err
		}
		if err = change(&x); err != nil {
			return x, err
		}
		x.Updated = time.Now().UTC().Truncate(time.Millisecond)
		if err = s.putExport(ctx, workspace, x, version); !errors.Is(err, driver.ErrConflict) {
			break
		}
	}
	return x, err
}
