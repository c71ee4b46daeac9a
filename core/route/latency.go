package route

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"sluice/core"
	"sluice/core/breaker"
)

const (
	// explored is the share of calls that go to another target than the
	// fastest, so that one which has become faster is found.
	explored = 0.05

	// lookAgain is how long a target that was never measured, or not of late,
	// is left alone when a call has gone there: that call will tell.
	lookAgain = 10 * time.Second

	// failedPace is what a failure counts as: longer than answers usually
	// take, so that a target is not fast for failing at once.
	failedPace = time.Minute
)

// countedPace is what an attempt that took so long adds to the average of its
// target. It reports false if that says nothing of the target.
func countedPace(ctx context.Context, c *core.Call, err error, took time.Duration) (time.Duration, bool) {
	if err == nil {
		return took, true
	}
	return max(took, failedPace), (breaker.Policy{}).Blame(err) != breaker.Nobody && !impatient(ctx, c, err, took)
}

// fastest chooses the target with the least expected time to its first
// content, as the averages of what was measured have it. Targets without an
// average are tried first, by one call each.
type fastest struct {
	group
	random func() float64
	asked  [2][]atomic.Int64 // when each was last tried for want of an average, Unix nanoseconds; whole answers and streams apart
}

func newFastest(g group, random func() float64) *fastest {
	f := &fastest{group: g, random: random}
	for i := range f.asked {
		f.asked[i] = make([]atomic.Int64, len(g.children))
	}
	return f
}

func (f *fastest) next(c *core.Call, out *marks) int {
	best, pace, known := -1, time.Duration(0), false
	explores := *out == (marks{}) && len(f.children) > 1 && !c.Once() && !c.Only
	for i, t := range f.children {
		if out.has(i) {
			continue
		}
		d, ok := t.pace(c)
		if !ok && explores && f.asks(i, c.Stream) {
			c.Trace.Note(f.at, t.path()+" was not measured of late")
			return i
		}
		if best < 0 || ok && (!known || d < pace) {
			best, pace, known = i, d, ok
		}
	}
	if explores {
		return f.explore(c, best, pace, known)
	}
	return best
}

// explore sends some calls elsewhere than to the fastest target.
func (f *fastest) explore(c *core.Call, best int, pace time.Duration, known bool) int {
	draw := f.random()
	switch {
	case !known: // others are measuring at this moment
		return int(draw * float64(len(f.children)))
	case draw < explored:
		i := (best + 1 + int(draw/explored*float64(len(f.children)-1))) % len(f.children)
		c.Trace.Note(f.at, f.children[i].path()+" is measured anew")
		return i
	}
	c.Trace.Note(f.at, fmt.Sprintf("%s is the fastest: %s of late", f.children[best].path(), pace.Round(time.Millisecond)))
	return best
}

// asks reports whether a call is to measure a target: nobody else is at it.
func (f *fastest) asks(i int, stream bool) bool {
	asked := &f.asked[0][i]
	if stream {
		asked = &f.asked[1][i]
	}
	now, last := time.Now().UnixNano(), asked.Load()
	return now-last >= int64(lookAgain) && asked.CompareAndSwap(last, now)
}
