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
	Record   *usage.Record // without bodies; nil if the log is not known, or none that is asked for
}

// Rated yields the feedback that was given in the time of a query, the newest
// first, with the logs that its filter finds, of whatever time they are. Other
// feedback is yielded without: it was read as well, and whoever has seen enough
// ends it. Limit and Cursor have no meaning.
func (s *Store) Rated(ctx context.Context, q Query) iter.Seq2[Rated, error] {
	return func(yield func(Rated, error) bool) {
		before := ""
		if !q.To.IsZero() {
			before = floor(q.To.Add(time.Millisecond))
		}
		for err := q.valid(); ; {
			var page []Rated
			if err == nil {
				page, err = s.ratedBelow(ctx, &q, before)
			}
			if err != nil {
				yield(Rated{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
				before = r.Feedback.ID
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// ratedBelow is a page of feedback in front of an id, with its logs.
func (s *Store) ratedBelow(ctx context.Context, q *Query, before string) ([]Rated, error) {
	page, err := s.feedbackBelow(ctx, q.Workspace, floor(q.From), before)
	if err != nil {
		return nil, err
	}
	return page, each(ctx, len(page), func(ctx context.Context, i int) error {
		r, err := s.Record(ctx, q.Workspace, page[i].Feedback.Log)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if e := EntryOf(r); q.Filter.Matches(&e) {
			page[i].Record = r
		}
		return nil
	})
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
