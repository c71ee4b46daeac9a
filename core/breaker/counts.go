package breaker

import (
	"cmp"
	"slices"
	"time"
)

// Window is how far back calls are counted. It slides in steps, so that what
// counts is between five sixths of it and all of it.
const Window = 60 * time.Second

const (
	step  = 10 * time.Second
	steps = int64(Window / step)
)

// Counts are the calls of the window, in steps of it, oldest first. They are
// not changed, only replaced: those of two processes add up with
// [Counts.plus] in any order.
type Counts []Count

// A Count is the calls of one step.
type Count struct {
	Step     int64 `json:"t"` // number of the step since 1970
	Calls    int64 `json:"n,omitzero"`
	Failures int64 `json:"f,omitzero"`
}

func stepOf(t time.Time) int64 { return t.UnixMilli() / step.Milliseconds() }

// plus adds two counts, step by step.
func (c Counts) plus(d Counts) Counts {
	out := slices.Clone(c)
	for _, n := range d {
		i, found := slices.BinarySearchFunc(out, n.Step, func(a Count, s int64) int { return cmp.Compare(a.Step, s) })
		if !found {
			out = slices.Insert(out, i, n)
			continue
		}
		out[i].Calls += n.Calls
		out[i].Failures += n.Failures
	}
	return out
}

// minus takes away what was added before.
func (c Counts) minus(d Counts) Counts {
	less := slices.Clone(d)
	for i := range less {
		less[i].Calls, less[i].Failures = -less[i].Calls, -less[i].Failures
	}
	return slices.DeleteFunc(c.plus(less), func(n Count) bool { return n.Calls <= 0 && n.Failures <= 0 })
}

// maxCalls is more than there can be in one step.
const maxCalls = 1 << 40

// recent leaves out what is behind the window, or cannot be.
func (c Counts) recent(now time.Time) Counts {
	last := stepOf(now)
	ok := func(n Count) bool {
		return n.Step > last-steps && n.Step <= last+1 && n.Calls > 0 && n.Calls < maxCalls && n.Failures >= 0 && n.Failures <= n.Calls
	}
	if !slices.ContainsFunc(c, func(n Count) bool { return !ok(n) }) {
		return c
	}
	return slices.DeleteFunc(slices.Clone(c), func(n Count) bool { return !ok(n) })
}

// after leaves out the steps that are not wholly behind an instant, in Unix
// milliseconds.
func (c Counts) after(instant int64) Counts {
	i := slices.IndexFunc(c, func(n Count) bool { return n.Step > stepOf(time.UnixMilli(instant)) })
	if i < 0 {
		return nil
	}
	return c[i:]
}

func (c Counts) sum() (calls, failures int64) {
	for _, n := range c {
		calls += n.Calls
		failures += n.Failures
	}
	return calls, failures
}
