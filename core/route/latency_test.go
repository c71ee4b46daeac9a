package route

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
)

// timed is a child with an average that a test sets; 0: there is none.
type timed struct {
	leaf
	average time.Duration
}

func (t *timed) pace(*core.Call) (time.Duration, bool) { return t.average, t.average > 0 }

func timedGroup(averages ...time.Duration) group {
	g := group{at: "config"}
	for _, d := range averages {
		g.children = append(g.children, &timed{average: d})
	}
	return g
}

// shares are how often each child is the first choice of so many calls.
func shares(f *fastest, calls int) []float64 {
	counts := make([]float64, len(f.children))
	for range calls {
		counts[f.next(chatCall(""), &marks{})] += 1 / float64(calls)
	}
	return counts
}

func TestTheFastestTargetIsChosenAndTheOthersAreExplored(t *testing.T) {
	t.Parallel()
	const n = 20_000
	f := newFastest(timedGroup(800*time.Millisecond, 200*time.Millisecond, 30*time.Second), rand.New(rand.NewPCG(1, 2)).Float64)
	got := shares(f, n)
	// Four standard deviations of a share of 2.5 % of 20,000 are 0.44 %.
	for i, want := range []float64{0.025, 0.95, 0.025} {
		if got[i] < want-0.007 || got[i] > want+0.007 {
			t.Errorf("target %d has a share of %.4f, want %.3f", i, got[i], want)
		}
	}
}

func TestWhoFailsIsFollowedByTheNextBest(t *testing.T) {
	t.Parallel()
	f := newFastest(timedGroup(800*time.Millisecond, 200*time.Millisecond, 0, 30*time.Second), func() float64 { return 0 })
	var out marks
	var order []int
	out.add(1)
	for i := f.next(chatCall(""), &out); i >= 0; i = f.next(chatCall(""), &out) {
		order = append(order, i)
		out.add(i)
	}
	if !slices.Equal(order, []int{0, 3, 2}) {
		t.Errorf("got %v", order)
	}
}

// Each call that finds no average tries a target that no other is trying, and
// streams are measured apart from whole answers.
func TestTargetsWithoutAnAverageAreTriedByOneCallEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFastest(timedGroup(0, time.Second, 0), func() float64 { return 0.5 })
		first := func(members string) int { return f.next(chatCall(members), &marks{}) }
		got := []int{first(""), first(""), first(""), first(`,"stream":true`)}
		time.Sleep(lookAgain) // and nobody has measured them yet
		got = append(got, first(""), first(""), first(""))
		if want := []int{0, 2, 1, 0, 0, 2, 1}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Nobody could make good what exploring does to them.
func TestCallsThatGoToOneTargetOnlyExploreNothing(t *testing.T) {
	t.Parallel()
	f := newFastest(timedGroup(0, time.Second), func() float64 { return 0 })
	once, only := chatCall(""), chatCall("")
	once.Upload, only.Only = strings.NewReader(""), true
	for _, c := range []*core.Call{once, only} {
		if i := f.next(c, &marks{}); i != 1 {
			t.Errorf("target %d was tried", i)
		}
	}
}
