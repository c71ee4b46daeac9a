package rollup

import (
	"context"
	"math"
	"strconv"
	"time"

	"sluice/core/usage"
)

// A Rating is what somebody thinks of an answer.
type Rating struct {
	ID        string // one of [usage.NewID]
	Workspace string
	Trace     string
	Time      time.Time // when it was given
	Value     int64
	Weight    float64 // 0 to 1

	// Of is the request that it is about. Nil: nobody knows, or not yet, and it
	// counts in the sum of all only.
	Of *usage.Record
}

// million is the unit of weights.
const million = 1_000_000

func (r *Rating) feedback() *Feedback {
	weight := int64(math.Round(r.Weight * million))
	return &Feedback{Count: 1, Scores: map[string]int64{strconv.FormatInt(r.Value, 10): 1}, Weighted: weight * r.Value}
}

// negative is what takes feedback back.
func (f *Feedback) negative() *Feedback {
	n := &Feedback{Count: -f.Count, Scores: map[string]int64{}, Weighted: -f.Weighted}
	for score, count := range f.Scores {
		n.Scores[score] = -count
	}
	return n
}

// Rate counts a rating, and the first one of a trace as a request that has
// any, for the hour in which it was given. It may be called again, as Count.
func (s *Sums) Rate(ctx context.Context, r Rating) error {
	facts := []*fact{r.fact(ratingMark(&r), r.feedback()), r.first()}
	if r.Of != nil {
		facts = append(facts, r.firstOf())
	}
	return s.count(ctx, facts)
}

// first tells that a trace has a rating, in the sum of all.
func (r *Rating) first() *fact {
	f := r.fact(traceMark(r), &Feedback{Requests: 1})
	f.dims = f.dims[:1]
	return f
}

// firstOf tells that the request of a trace has a rating. One that is attached
// late has the same mark as one that was known at once: either may be first.
func (r *Rating) firstOf() *fact { return r.lateFact(traceMark(r), &Feedback{Requests: 1}) }

// Rerate counts a change of a rating, for the hour in which it was given. The
// name tells changes of one rating apart: one that was counted is not counted
// again.
func (s *Sums) Rerate(ctx context.Context, before, after Rating, name string) error {
	return s.count(ctx, []*fact{before.fact(changeMark(&before, name), before.change(after))})
}

// change is what another rating in place of this one comes to.
func (r *Rating) change(to Rating) *Feedback {
	f := r.feedback().negative()
	f.merge(to.feedback())
	return f
}

// Attach counts a rating with the request that it is about, if that was not
// known when it was rated. It may be called again.
func (s *Sums) Attach(ctx context.Context, r Rating) error {
	return s.count(ctx, []*fact{r.lateFact(ratingMark(&r), r.feedback()), r.firstOf()})
}

// Reattach is Attach for a change.
func (s *Sums) Reattach(ctx context.Context, before, after Rating, name string) error {
	return s.count(ctx, []*fact{before.lateFact(changeMark(&before, name), before.change(after))})
}

// lateFact is what a fact has yet to tell: it is in the sum of all already.
func (r *Rating) lateFact(m mark, told *Feedback) *fact {
	m.own.Sort += "#late"
	f := r.fact(m, told)
	f.dims = f.dims[1:]
	return f
}

// fact is something that a rating tells.
func (r *Rating) fact(m mark, told *Feedback) *fact {
	f := &fact{mark: m, minted: r.Time, workspace: r.Workspace, at: r.Time, hour: hourNumber(r.Time), cell: Cell{Feedback: told}}
	f.place(r.Of)
	return f
}
