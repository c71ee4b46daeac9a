package logs

import (
	"context"
	"fmt"

	"sluice/core/store/driver"
)

// A Due is feedback that is stored and has yet to be summed up. It is written
// together with the feedback, so that nothing that happens to the process
// loses it.
type Due struct {
	Change string    `json:"change,omitzero"` // id of a change; empty: the feedback is new
	Before *Feedback `json:"before,omitzero"` // what it was, if it was changed
	After  Feedback  `json:"after"`
}

func duePart(workspace string) string { return "FEEDBACKDUE#" + segment(workspace) }

func (d *Due) key(workspace string) driver.Key {
	return driver.Key{Part: duePart(workspace), Sort: d.After.ID + d.Change}
}

// op notes it. It does not expire before it is settled.
func (d *Due) op(workspace string) (driver.Op, error) {
	data, err := pack(d)
	return driver.Put(driver.Record{Key: d.key(workspace), Version: driver.Any, Data: data}), err
}

// Dues returns feedback of a workspace that has yet to be summed up, behind
// some that was returned before, if there is any: the oldest first, each before
// its changes, a hundred at most.
func (s *Store) Dues(ctx context.Context, workspace string, behind *Due) ([]Due, error) {
	q := driver.Query{Limit: MaxFeedback}
	if behind != nil {
		q.After = behind.key(workspace).Sort
	}
	var list []Due
	for r, err := range s.table.Range(ctx, duePart(workspace), q) {
		var d Due
		if err == nil {
			err = unpack(r.Data, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("logs: list feedback that is due: %w", err)
		}
		list = append(list, d)
	}
	return list, nil
}

// Settled forgets feedback that was summed up.
func (s *Store) Settled(ctx context.Context, workspace string, d Due) error {
	if err := s.table.Delete(ctx, d.key(workspace), driver.Any); err != nil {
		return fmt.Errorf("logs: forget what was due of %s: %w", d.After.ID, err)
	}
	return nil
}
