package breaker

import (
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

func refused(status int) *llm.Error {
	return &llm.Error{Kind: llm.KindOfStatus(status), Status: status, Provider: "p", Raw: []byte("{}")}
}

func TestFaultsAreBlamedOnWhomTheySpeakAgainst(t *testing.T) {
	t.Parallel()
	listed := Policy{Statuses: []int{400, 404, 413, 429, 500, 501}}
	tests := []struct {
		name             string
		err              error
		byDefault, asked Blame
	}{
		{"bad request", refused(400), Nobody, Nobody},
		{"unprocessable", refused(422), Nobody, Nobody},
		{"context too long", &llm.Error{Kind: llm.ContextLength, Status: 400, Provider: "p"}, Nobody, Nobody},
		{"content policy", &llm.Error{Kind: llm.ContentFilter, Status: 500, Provider: "p"}, Nobody, Nobody},
		{"no such model", refused(404), Nobody, Nobody},
		{"too large", refused(413), Nobody, Nobody},
		{"media type", &llm.Error{Kind: llm.UnsupportedMedia, Status: 500, Provider: "p"}, Nobody, Nobody},
		{"cannot do it", &llm.Error{Kind: llm.Unsupported, Status: 500, Provider: "p"}, Nobody, Nobody},
		{"client gone", &llm.Error{Kind: llm.Canceled}, Nobody, Nobody},
		{"credential refused", refused(401), Credential, Nobody},
		{"credential may not", refused(403), Credential, Nobody},
		{"no money left", refused(402), Credential, Nobody},
		{"rate limit", refused(429), Credential, Credential},
		{"quota", &llm.Error{Kind: llm.Quota, Status: 429, Provider: "p"}, Credential, Credential},
		{"failed", refused(500), Target, Target},
		{"not implemented", refused(501), Nobody, Target},
		{"bad gateway", refused(502), Target, Nobody},
		{"overloaded", refused(529), Target, Nobody},
		{"its own timeout", refused(504), Target, Nobody},
		{"no answer in time", &llm.Error{Kind: llm.Timeout, Status: 504}, Target, Target},
		{"no connection", &llm.Error{Kind: llm.Unreachable, Provider: "p"}, Target, Target},
		{"broken off", &llm.Error{Kind: llm.Truncated, Provider: "p"}, Target, Target},
		{"unreadable", &llm.Error{Kind: llm.Upstream, Provider: "p"}, Target, Target},
		{"wrapped", &core.Failure{Err: refused(500)}, Target, Target},
		{"an image whose host is down", &llm.Error{Kind: llm.Upstream, Provider: "p", Param: "messages[0]"}, Nobody, Nobody},
		{"our own store is away", &llm.Error{Kind: llm.Overloaded, Status: 503}, Nobody, Nobody},
		{"no gateway key", &llm.Error{Kind: llm.Unauthenticated}, Nobody, Nobody},
		{"a bug of ours", errors.New("x"), Nobody, Nobody},
		{"nothing", nil, Nobody, Nobody},
	}
	for _, tt := range tests {
		if got := (Policy{}).Blame(tt.err); got != tt.byDefault {
			t.Errorf("%s: by default %d is blamed, want %d", tt.name, got, tt.byDefault)
		}
		if got := listed.Blame(tt.err); got != tt.asked {
			t.Errorf("%s: with a list %d is blamed, want %d", tt.name, got, tt.asked)
		}
	}
}

// call makes calls with the same outcome.
func call(c *Circuit, n int, o Outcome) {
	for range n {
		c.End(c.Begin(), o, 0)
	}
}

func TestItOpensAtTheLimit(t *testing.T) {
	t.Parallel()
	byCount := Policy{Failures: 3}
	byShare := Policy{Percentage: 50, Minimum: 4}
	tests := []struct {
		name    string
		policy  Policy
		run     func(c *Circuit)
		benched bool
	}{
		{"never used", byCount, func(*Circuit) {}, false},
		{"below the count", byCount, func(c *Circuit) { call(c, 2, Failure) }, false},
		{"at the count", byCount, func(c *Circuit) { call(c, 3, Failure) }, true},
		{"what says nothing does not count", byCount, func(c *Circuit) { call(c, 2, Failure); call(c, 9, Nothing) }, false},
		{"successes between", byCount, func(c *Circuit) { call(c, 2, Failure); call(c, 50, Success); call(c, 1, Failure) }, true},
		{"too few calls for a share", byShare, func(c *Circuit) { call(c, 3, Failure) }, false},
		{"below the share", byShare, func(c *Circuit) { call(c, 5, Success); call(c, 4, Failure) }, false},
		{"at the share", byShare, func(c *Circuit) { call(c, 2, Success); call(c, 2, Failure) }, true},
		{"a share of all needs no successes", byShare, func(c *Circuit) { call(c, 4, Failure) }, true},
		{"no limit", Policy{}, func(c *Circuit) { call(c, 99, Failure) }, false},
		{"in good time", byCount, func(c *Circuit) { call(c, 2, Failure); time.Sleep(Window * 4 / 6); call(c, 1, Failure) }, true},
		{"long ago", byCount, func(c *Circuit) { call(c, 2, Failure); time.Sleep(Window); call(c, 1, Failure) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(tt.policy)
				tt.run(c)
				if got := c.Benched(); got != tt.benched {
					t.Errorf("benched: %v", got)
				}
			})
		})
	}
}

func opened(t *testing.T, p Policy) *Circuit {
	t.Helper()
	c := New(p)
	call(c, p.Failures, Failure)
	if !c.Benched() {
		t.Fatal("it has not opened")
	}
	return c
}

func TestOneProbeIsLetThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := opened(t, Policy{Failures: 2, Cooldown: time.Minute})
		time.Sleep(time.Minute - time.Millisecond)
		if !c.Benched() {
			t.Error("let through before the cooldown was over")
		}
		time.Sleep(time.Millisecond)
		for range 3 {
			if c.Benched() {
				t.Fatal("asking has used up the probe")
			}
		}
		probe := c.Begin()
		if !c.Benched() {
			t.Error("a second call is let through beside the probe")
		}
		if !c.End(probe, Success, 0) || c.Benched() {
			t.Error("a good probe has not closed it")
		}
		call(c, 1, Failure)
		if c.Benched() {
			t.Error("failures from before it opened still count")
		}
	})
}

func TestABadProbeOpensItAgainAndNotForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := opened(t, Policy{Failures: 1, Cooldown: time.Minute})
		for range 3 {
			time.Sleep(time.Minute)
			if c.Benched() {
				t.Fatal("no probe is let through")
			}
			call(c, 1, Failure)
			if !c.Benched() {
				t.Fatal("a failed probe has not opened it again")
			}
		}
		time.Sleep(time.Minute)
		call(c, 1, Success)
		if c.Benched() {
			t.Error("a good probe has not closed it")
		}
	})
}

func TestAProbeThatSaysNothingMakesWayForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := opened(t, Policy{Failures: 1})
		time.Sleep(MinCooldown)
		call(c, 1, Nothing)
		if c.Benched() {
			t.Error("nobody may probe any more")
		}
		c.Begin()                     // and never ends
		benchedFor(t, c, MinCooldown) // a probe that is lost does not bench for ever
	})
}

// benchedFor waits until a circuit may be tried again, which is to take so long.
func benchedFor(t *testing.T, c *Circuit, want time.Duration) {
	t.Helper()
	time.Sleep(want - time.Millisecond)
	if !c.Benched() {
		t.Error("the bench ended too early")
	}
	time.Sleep(time.Millisecond)
	if c.Benched() {
		t.Error("the bench ended too late")
	}
}

func TestRetryAfterIsAFloorForTheCooldown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		asked, bench time.Duration
	}{
		{"shorter", time.Second, MinCooldown},
		{"longer", 5 * time.Minute, 5 * time.Minute},
		{"absurd", 48 * time.Hour, MaxRetryAfter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Policy{Failures: 2})
				c.End(c.Begin(), Failure, tt.asked)
				c.End(c.Begin(), Failure, 0)
				benchedFor(t, c, tt.bench)
			})
		})
	}
}

func TestLateOutcomesSayNothingNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(Policy{Failures: 1})
		good, bad := c.Begin(), c.Begin()
		time.Sleep(time.Second)
		call(c, 1, Failure)
		c.End(good, Success, 0)
		if !c.Benched() {
			t.Error("a call from before it opened has closed it")
		}
		time.Sleep(MinCooldown)
		call(c, 1, Success)
		c.End(bad, Failure, 0)
		if c.Benched() {
			t.Error("a call from before it closed has opened it")
		}
	})
}

func TestASuccessForWantOfOthersCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := opened(t, Policy{Failures: 1})
		time.Sleep(time.Second)
		call(c, 1, Success)
		if c.Benched() {
			t.Error("it is still open")
		}
	})
}

func TestMergeKnowsNoOrder(t *testing.T) {
	t.Parallel()
	second := time.Second.Milliseconds()
	at := func(step, n, f int64) Count { return Count{step, n, f} }
	states := []State{
		{},
		{Counts: Counts{at(10, 3, 1), at(11, 2, 2)}},
		{Counts: Counts{at(9, 1, 1), at(11, 1, 0)}},
		{Changed: 105 * second, Until: 135 * second},
		{Changed: 105 * second, Until: 165 * second, Counts: Counts{at(10, 1, 1)}},
		{Changed: 111 * second, Counts: Counts{at(11, 5, 0), at(12, 5, 1)}},
	}
	for _, a := range states {
		for _, b := range states {
			if x, y := Merge(a, b), Merge(b, a); !same(x, y) {
				t.Errorf("%v and %v: %v one way, %v the other", a, b, x, y)
			}
			for _, c := range states {
				if x, y := Merge(Merge(a, b), c), Merge(a, Merge(b, c)); !same(x, y) {
					t.Errorf("%v, %v and %v: %v grouped one way, %v the other", a, b, c, x, y)
				}
			}
		}
	}
}

func same(a, b State) bool {
	return a.Changed == b.Changed && a.Until == b.Until && (len(a.Counts) == 0 && len(b.Counts) == 0 || reflect.DeepEqual(a.Counts, b.Counts))
}

// share has each circuit tell its news and learn, in turn.
func share(all State, circuits ...*Circuit) State {
	for _, c := range circuits {
		news := c.News()
		all = Merge(all.Recent(), news)
		c.Learn(all, news)
	}
	return all
}

func TestProcessesOpenAndCloseTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := Policy{Failures: 3}
		a, b, c := New(p), New(p), New(p)
		call(a, 1, Failure)
		call(b, 1, Failure)
		all := share(State{}, a, b, a, b) // twice: each failure counts once
		if a.Benched() || b.Benched() {
			t.Fatal("two failures were counted as more")
		}
		call(c, 1, Failure)
		all = share(all, c, a)
		if all = share(all, b); !a.Benched() || !b.Benched() || !c.Benched() {
			t.Fatalf("benched: %v %v %v", a.Benched(), b.Benched(), c.Benched())
		}
		time.Sleep(MinCooldown)
		call(b, 1, Success)
		all = share(all, b, c, a)
		if a.Benched() || b.Benched() || c.Benched() || a.until != 0 {
			t.Error("the news of a good probe has not closed it everywhere")
		}
		young := New(p) // has not heard of it
		time.Sleep(step)
		call(young, 2, Failure)
		call(a, 1, Failure)
		if share(all, young, a); !a.Benched() {
			t.Error("failures that a new process has seen were lost")
		}
	})
}

func TestNonsenseOfOthersIsNotBelieved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for _, s := range []State{
			{Changed: now.Add(time.Hour).UnixMilli(), Until: now.Add(2 * time.Hour).UnixMilli()},
			{Changed: -1}, {Until: -1},
			{Counts: Counts{{stepOf(now), 1, 5}, {stepOf(now) + 99, 5, 5}, {0, 5, 5}, {stepOf(now), -1, -1}, {stepOf(now), 1 << 62, 1 << 62}}},
		} {
			if got := s.Recent(); !same(got, State{}) {
				t.Errorf("%v: %v is believed", s, got)
			}
		}
		c := New(Policy{Failures: 1})
		c.Learn(State{Changed: now.UnixMilli(), Until: now.Add(99 * time.Hour).UnixMilli()}, State{})
		if time.Sleep(MaxRetryAfter); c.Benched() {
			t.Error("another process has benched for longer than this one would")
		}
	})
}
