package route

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
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

// A stage is a number of requests, one after another in virtual time, and how
// often each target is the one that answers.
func (p played) stage(t *testing.T, h core.Handler, requests int, members ...string) map[string]float64 {
	t.Helper()
	shares := map[string]float64{}
	for range requests {
		c := chatCall(strings.Join(members, ""))
		reply, err := h.Handle(t.Context(), c)
		shares[said(reply, err)] += 1 / float64(requests)
	}
	return shares
}

// Three targets of known latency, in virtual time. At least 85 % of requests
// go to the fastest, 30 after a change; one that is dead gets a share of what
// is explored; one that has recovered is found within 2,500 requests.
func TestSharesFollowTheLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: 900 * time.Millisecond}, "b": {after: 200 * time.Millisecond}, "c": {after: 400 * time.Millisecond}}
		env := p.env()
		env.Random = rand.New(rand.NewPCG(3, 4)).Float64
		h := p.routeIn(t, env, `{"strategy":{"mode":"latency"},`+targets("", "a", "b", "c")+"}")
		stage := func(name string, settle int, fastest string) (shares map[string]float64) {
			p.stage(t, h, settle)
			if shares = p.stage(t, h, 1000); shares[fastest] < 0.85 {
				t.Errorf("%s: %v", name, shares)
			}
			t.Logf("%s: a %.3f, b %.3f, c %.3f", name, shares["a"], shares["b"], shares["c"])
			return shares
		}
		stage("at first", 0, "b")
		p["b"].after = 2 * time.Second
		stage("b has become slow", 30, "c")
		p["c"].status, p["c"].after = 500, time.Millisecond
		before := p.callsOf("c")
		got := stage("c is dead", 30, "a")
		if tried := p.callsOf("c") - before; got["a"]+got["b"] < 0.9999 || tried > 60 {
			t.Errorf("c is dead: %v, and it was tried %d times", got, tried)
		}
		p["b"].after = 200 * time.Millisecond
		stage("b has recovered", 2500, "b")
	})
}

func TestAStreamThatBreaksOffIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {pieces: []string{sse("a")}}, "b": {after: time.Second, pieces: []string{sse("b"), sseEnd}}}
		h := p.route(t, `{"strategy":{"mode":"latency"},`+targets("", "a", "b")+"}")
		p.stage(t, h, 10, `,"stream":true`)
		if got := p.stage(t, h, 100, `,"stream":true`); got["b"] < 0.99 {
			t.Errorf("got %v", got)
		}
	})
}

// A failure is slow, unless it is nobody's but the client's, and a call that
// was given up says nothing.
func TestWhatCountsForTheAverage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		took   time.Duration
		want   time.Duration
		counts bool
	}{
		{"an answer", nil, time.Second, time.Second, true},
		{"a server's fault", &llm.Error{Kind: llm.Upstream, Status: 500, Provider: "p"}, time.Millisecond, failedPace, true},
		{"no connection", &llm.Error{Kind: llm.Unreachable, Provider: "p"}, 0, failedPace, true},
		{"too many requests", &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "p"}, 0, failedPace, true},
		{"a long silence", &llm.Error{Kind: llm.Timeout, Status: 504}, 2 * failedPace, 2 * failedPace, true},
		{"a bad request", &llm.Error{Kind: llm.BadRequest, Status: 400, Provider: "p"}, 0, 0, false},
		{"the client has gone, or another was faster", &llm.Error{Kind: llm.Canceled}, 0, 0, false},
	}
	for _, tt := range tests {
		if got, counts := countedPace(t.Context(), chatCall(""), tt.err, tt.took); counts != tt.counts || counts && got != tt.want {
			t.Errorf("%s: %s, %t", tt.name, got, counts)
		}
	}
}
