package logs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"sluice/core/store/driver"
	"sluice/core/usage"
)

// Rated is feedback and the record of the log that it is about.
type Rated struct {
	Feedback Feedback
	Record   *usage.Record // without bodies
}

// Rated yields the feedback that was given in the time of a query, the newest
// first, on logs that its filter finds, of whatever time they are. Limit and
// Cursor have no meaning.
//
// It reads all feedback of that time, and its logs.
func (s *Store) Rated(ctx context.Context, q Query) iter.Seq2[Rated, error] {
	return func(yield func(Rated, error) bool) {
		err := q.valid()
		before := floor(q.To.Add(time.Millisecond))
		if q.To.IsZero() {
			before = ""
		}
		for err == nil {
			var page []Rated
			if page, err = s.feedbackBelow(ctx, q.Workspace, floor(q.From), before); err != nil || len(page) == 0 {
				break
			}
			before = page[len(page)-1].Feedback.ID
			err = s.readRated(ctx, q.Workspace, page)
			for _, r := range page {
				if r.Record == nil {
					continue
				}
				if e := EntryOf(r.Record); q.Filter.Matches(&e) && !yield(r, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(Rated{}, err)
		}
	}
}

// feedbackBelow is a page of feedback in front of an id, or up to the latest,
// the newest first.
func (s *Store) feedbackBelow(ctx context.Context, workspace, from, before string) (page []Rated, err error) {
	q := driver.Query{After: before, Reverse: true, Limit: MaxFeedback}
	for stored, err := range s.table.Range(ctx, feedbackKey(workspace, "").Part, q) {
		if err == nil && stored.Sort < from {
			break
		}
		var r Rated
		if err == nil {
			err = unpack(stored.Data, &r.Feedback)
		}
		if err != nil {
			return nil, fmt.Errorf("logs: list feedback: %w", err)
		}
		page = append(page, r)
	}
	return page, nil
}

// readRated reads the records that feedback is about, as far as they are known
// and still there.
func (s *Store) readRated(ctx context.Context, workspace string, page []Rated) error {
	return each(ctx, len(page), func(ctx context.Context, i int) (err error) {
		if page[i].Feedback.Log == "" {
			return nil
		}
		page[i].Record, err = s.record(ctx, workspace, page[i].Feedback.Log)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
}
