package rollup

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/core/llm"
	"sluice/core/store/driver"
	"sluice/core/usage"
)

// A Query says which requests are summed up. All requests of an hour are, if
// From or To is within it.
type Query struct {
	Workspace string
	From, To  time.Time // when they came; zero: a day before To, and now

	// Values of a dimension are wanted; with none, all requests are.
	Dimension string
	Values    []string

	// Narrow: there are further conditions. Records are then what is summed
	// up, and what it is summed up by a second dimension with.
	Narrow bool
	// Records are the records that the query wants, the newest first, and
	// Ratings are those of such records, the newest first. A rating of no record
	// is counted as one that was read. Nil: what only they can answer is refused.
	Records iter.Seq2[*usage.Record, error]
	Ratings iter.Seq2[Rating, error]
}

// Bounds of what one query reads. Above them the answer says "partial": true,
// and is about the newest hours, or records.
const (
	MaxCells   = 100_000
	MaxRecords = 20_000
)

// hourly is the longest time that is shown by the hour. Longer ones are by the
// day.
const hourly = 72 * time.Hour

// valid completes a query, or refuses it.
func (q *Query) valid() error {
	q.To = cmp.Or(q.To, time.Now()).UTC()
	q.From = cmp.Or(q.From, q.To.Add(-24*time.Hour)).UTC()
	if q.Dimension == Metadata+"_user" {
		q.Dimension = User
	}
	if q.From.After(q.To) {
		return llm.Errorf(llm.BadRequest, "the time from which requests are wanted lies behind the one up to which they are")
	}
	q.clip(time.Now().UTC())
	return nil
}

// clip takes off times of which there are no sums. Of one that is all of this
// kind, an end is left: it has one point, and nothing in it.
func (q *Query) clip(now time.Time) {
	if oldest := now.Add(-Retention); q.From.Before(oldest) {
		q.From = earlier(oldest, q.To)
	}
	if last := now.Add(24 * time.Hour); q.To.After(last) {
		q.To = last
		if q.From.After(last) {
			q.To = q.From
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

var errTooNarrow = llm.Errorf(llm.BadRequest, "no sums are kept for these conditions together")

// step is the time between two points of a graph.
func (q *Query) step() time.Duration {
	if q.To.Sub(q.From) <= hourly {
		return time.Hour
	}
	return 24 * time.Hour
}

// A slot is the sum of an hour, for a value of a dimension.
type slot struct {
	at    time.Time
	value string
	cell  *Cell
}

// A reading is the reading of what answers a query.
type reading struct {
	*Sums
	Query
	requests, feedback bool // what the answer tells of
	partial            bool // it is not all
}

// slots yields the sums of the query's time by the values of a dimension, the
// newest first.
func (r *reading) slots(ctx context.Context, dimension string) iter.Seq2[slot, error] {
	switch {
	case r.Narrow, len(r.Values) > 0 && dimension != All && dimension != r.Dimension:
		return r.recount(dimension)
	case len(r.Values) > 0:
		return r.some(ctx)
	}
	return r.all(ctx, dimension)
}

// all yields all sums of a dimension.
func (r *reading) all(ctx context.Context, dimension string) iter.Seq2[slot, error] {
	return func(yield func(slot, error) bool) {
		first, n := hourOf(r.From), 0
		for rec, err := range r.Table.Range(ctx, part(r.Workspace, dimension), driver.Query{After: hourOf(r.To) + afterHour, Reverse: true}) {
			if err == nil && rec.Sort < first {
				return
			}
			if n++; n > MaxCells {
				r.partial = true
				return
			}
			s, err := slotOf(rec, err)
			if s.value == Other {
				r.partial = true // nobody knows how many values it has
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// afterHour is behind # in the order of keys.
const afterHour = "$"

func slotOf(rec driver.Record, err error) (slot, error) {
	if err != nil {
		return slot{}, err
	}
	at, err := time.Parse(hourLayout, strings.SplitN(rec.Sort, "#", 2)[0])
	if err != nil {
		return slot{}, err
	}
	c, err := decode(rec)
	if err != nil {
		return slot{}, err
	}
	return slot{at, c.Value, &c.Cell}, nil
}

// readers is how many sums are read at the same time.
const readers = 16

// some yields the sums of the values that the query wants.
func (r *reading) some(ctx context.Context) iter.Seq2[slot, error] {
	return func(yield func(slot, error) bool) {
		hours, err := r.hours(ctx)
		if err != nil {
			yield(slot{}, err)
			return
		}
		values := slices.Compact(slices.Sorted(slices.Values(r.Values)))
		for chunk := range slices.Chunk(hours, max(1, 256/len(values))) {
			list, err := r.fetch(ctx, chunk, values)
			if err != nil {
				yield(slot{}, err)
				return
			}
			for _, s := range list {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

// An hour is one that has sums. A full one has some that are not told apart.
type hour struct {
	at   time.Time
	full bool
}

// hours are those of the query's time in which its dimension has sums.
func (r *reading) hours(ctx context.Context) (list []hour, err error) {
	first := hourOf(r.From)
	k := valuesKey(r.Workspace, dim{name: r.Dimension}, r.To)
	for rec, err := range r.Table.Range(ctx, k.Part, driver.Query{After: k.Sort + afterHour, Reverse: true}) {
		if err != nil {
			return nil, err
		}
		if rec.Sort < first {
			break
		}
		at, err := time.Parse(hourLayout, rec.Sort)
		if err != nil {
			return nil, err
		}
		n, _ := rec.Count()
		list = append(list, hour{at, n >= r.most()})
	}
	if most := max(1, MaxCells/len(r.Values)); len(list) > most {
		r.partial, list = true, list[:most]
	}
	return list, nil
}

// fetch reads the sums of some hours and values side by side.
func (r *reading) fetch(ctx context.Context, hours []hour, values []string) ([]slot, error) {
	list := make([]slot, len(hours)*len(values))
	errs := make([]error, len(list))
	var group sync.WaitGroup
	next := make(chan int)
	for range min(readers, len(list)) {
		group.Go(func() {
			for i := range next {
				h, v := hours[i/len(values)], values[i%len(values)]
				c, err := r.read(ctx, cellKey(r.Workspace, dim{r.Dimension, v}, h.at))
				if errs[i] = err; c != nil {
					list[i] = slot{h.at, v, &c.Cell}
				}
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	group.Wait()
	for i := range list {
		if list[i].cell == nil && hours[i/len(values)].full {
			r.partial = true // it may be among the others
		}
	}
	return slices.DeleteFunc(list, func(s slot) bool { return s.cell == nil }), errors.Join(errs...)
}
