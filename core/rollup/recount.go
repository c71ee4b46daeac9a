package rollup

import (
	"iter"
	"time"

	"sluice/core/usage"
)

// recount yields the sums of single records, and of single ratings, as far as
// the answer tells of them.
func (r *reading) recount(dimension string) iter.Seq2[slot, error] {
	return func(yield func(slot, error) bool) {
		if r.requests && r.Records == nil || r.feedback && r.Ratings == nil {
			yield(slot{}, errTooNarrow)
			return
		}
		if r.requests && !r.yieldFacts(dimension, factsOf(r.Records), yield) {
			return
		}
		if r.feedback {
			r.yieldFacts(dimension, ratedFacts(r.Ratings), yield)
		}
	}
}

// yieldFacts yields facts as sums, up to [MaxRecords]. It reports false if there
// is to be no more.
func (r *reading) yieldFacts(dimension string, facts iter.Seq2[*fact, error], yield func(slot, error) bool) bool {
	n := 0
	for f, err := range facts {
		if err != nil {
			yield(slot{}, err)
			return false
		}
		if n++; n > MaxRecords {
			r.partial = true
			return true
		}
		if f == nil {
			continue
		}
		for _, d := range f.dims {
			if d.name == dimension && !yield(slot{f.at.Truncate(time.Hour), d.value, &f.cell}, nil) {
				return false
			}
		}
	}
	return true
}

func factsOf(records iter.Seq2[*usage.Record, error]) iter.Seq2[*fact, error] {
	return func(yield func(*fact, error) bool) {
		for rec, err := range records {
			var f *fact
			if err == nil {
				f = factOf(rec)
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// ratedFacts are ratings as they are counted with their requests, and each
// trace once as one that has any.
func ratedFacts(ratings iter.Seq2[Rating, error]) iter.Seq2[*fact, error] {
	return func(yield func(*fact, error) bool) {
		seen := map[string]bool{}
		for r, err := range ratings {
			var f *fact
			if err == nil && r.Of != nil {
				f = r.fact(mark{}, r.feedback())
				if !seen[r.Trace] {
					seen[r.Trace], f.cell.Feedback.Requests = true, 1
				}
			}
			if !yield(f, err) {
				return
			}
		}
	}
}
