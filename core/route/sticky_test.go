package route

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/board"
	"sluice/core/store/memstore"
)

// balancing is a load balancer over a target for each name, with weights.
func balancing(sticky string, weights map[string]string, names ...string) string {
	var list []string
	for _, n := range names {
		one := targets(`,"weight":`+weights[n], n)
		list = append(list, strings.TrimSuffix(strings.TrimPrefix(one, `"targets":[`), "]"))
	}
	return `{"cb_config":{"failure_threshold":2},"strategy":{"mode":"loadbalance","sticky":` + sticky + `},"targets":[` + strings.Join(list, ",") + `]}`
}

var (
	even   = map[string]string{"a": "1", "b": "1", "c": "1", "d": "1"}
	byUser = `{"enabled":true,"hash_fields":["metadata.user_id"]}`
)

// of is a call in the session of a user.
func of(user string) *core.Call {
	c := chatCall("")
	c.Header.Set("X-Portkey-Metadata", `{"user_id":"`+user+`"}`)
	return c
}

// allWell are providers that answer with their names.
func allWell() played { return played{"a": {}, "b": {}, "c": {}, "d": {}} }

func TestASessionStaysWithOneTarget(t *testing.T) {
	t.Parallel()
	p := allWell()
	config := balancing(byUser, even, "a", "b", "c", "d")
	here, there := p.route(t, config), p.route(t, config) // two processes, which know nothing of each other
	used := map[string]bool{}
	for n := range 40 {
		user := fmt.Sprint("user", n)
		first := served(here, of(user))
		used[first] = true
		for range 5 {
			if x, y := served(here, of(user)), served(there, of(user)); x != first || y != first {
				t.Fatalf("%s is served by %s, then by %s here and by %s there", user, first, x, y)
			}
		}
	}
	if len(used) != 4 {
		t.Errorf("all are served by %v", used)
	}
}

// TestSessionsSpreadByWeight places 20,000 sessions. The error of a share p is
// at most four standard deviations, 4·√(p(1−p)/n), which one choice of names
// in 15,000 exceeds by chance; names and hashes are fixed.
func TestSessionsSpreadByWeight(t *testing.T) {
	t.Parallel()
	const n = 20_000
	weights := []float64{3, 1, 0.5, 5.5}
	k := newSticky(&strategy{}, weights, &Sticky{}, Env{})
	k.seeds = []uint64{1, 2, 3, 4}
	firsts, seconds := make([]float64, 4), make([]float64, 4)
	for i := range n {
		r := rendezvous{k, mix(uint64(i)), -1}
		firsts[r.next(nil, &marks{})]++
		var out marks
		out.add(3)
		seconds[r.next(nil, &out)]++
	}
	check := func(what string, got []float64, sum float64) {
		for i := range got {
			p := weights[i] / sum
			if off := math.Abs(got[i]/n - p); off > 4*math.Sqrt(p*(1-p)/n) {
				t.Errorf("%s: target %d has a share of %.4f, want %.4f", what, i, got[i]/n, p)
			}
		}
	}
	check("all", firsts, 10)
	check("without the last", seconds[:3], 4.5)
}

func TestOnlySessionsOfATargetThatGoesMove(t *testing.T) {
	t.Parallel()
	p := allWell()
	before, after := p.route(t, balancing(byUser, even, "a", "b", "c", "d")), p.route(t, balancing(byUser, even, "a", "b", "c"))
	for n := range 200 {
		user := fmt.Sprint(n)
		if x, y := served(before, of(user)), served(after, of(user)); x != "d" && x != y {
			t.Errorf("%s moves from %s to %s", user, x, y)
		}
	}
}

// The same user name under two keys is two sessions: over 200 users four
// targets agree for a quarter of them, give or take, and not for all.
func TestTenantsDoNotShareSessions(t *testing.T) {
	t.Parallel()
	p := allWell()
	h := p.route(t, balancing(byUser, even, "a", "b", "c", "d"))
	for name, other := range map[string]core.Principal{"another key": {Workspace: "w", Key: "k2"}, "another workspace": {Workspace: "w2", Key: "k"}, "shifted": {Workspace: "wk"}} {
		same := 0
		for n := range 200 {
			x, y := of(fmt.Sprint(n)), of(fmt.Sprint(n))
			x.Principal, y.Principal = core.Principal{Workspace: "w", Key: "k"}, other
			if served(h, x) == served(h, y) {
				same++
			}
		}
		if same < 25 || same > 75 {
			t.Errorf("%s: %d of 200 users are served by the same target", name, same)
		}
	}
}

func TestWhatMakesASession(t *testing.T) {
	t.Parallel()
	with := func(header, value, members string) func(int) *core.Call {
		return func(n int) *core.Call {
			c := chatCall(strings.ReplaceAll(members, "N", fmt.Sprint(n)))
			c.Header.Set(header, strings.ReplaceAll(value, "N", fmt.Sprint(n)))
			return c
		}
	}
	tests := []struct {
		name, fields string
		call         func(int) *core.Call
		sticky       bool
	}{
		{"a parameter", `["params.prompt_cache_key"]`, with("X-A", "", `,"prompt_cache_key":"kN"`), true},
		{"deeper", `["params.metadata.session"]`, with("X-A", "", `,"metadata":{"session":N}`), true},
		{"of metadata", `["metadata._user"]`, with("X-Portkey-Metadata", `{"_user":"N"}`, ""), true},
		{"a header", `["headers.x-session"]`, with("X-Session", "N", ""), true},
		{"one of two", `["params.user","headers.x-session"]`, with("X-Session", "N", ""), true},
		{"the client's key alone", `[]`, func(n int) *core.Call { c := chatCall(""); c.Principal.Key = fmt.Sprint(n); return c }, true},
		{"none of them", `["params.user","headers.x-session"]`, with("X-Other", "N", ""), false},
	}
	for _, tt := range tests {
		p, draw := allWell(), 0.0
		env := p.env()
		env.Random = func() float64 { draw += 0.25; return math.Mod(draw, 1) }
		c, err := Parse([]byte(balancing(`{"enabled":true,"hash_fields":`+tt.fields+`}`, even, "a", "b", "c", "d")))
		if err != nil {
			t.Fatal(err)
		}
		h, err := Compile(c, "", env)
		if err != nil {
			t.Fatal(err)
		}
		used, stays := map[string]bool{}, true
		for n := range 40 {
			first := served(h, tt.call(n))
			used[first] = true
			stays = stays && served(h, tt.call(n)) == first
		}
		if stays != tt.sticky || len(used) < 3 {
			t.Errorf("%s: sessions stay: %v; they use %v", tt.name, stays, used)
		}
	}
}

func TestASessionLeavesATargetThatFailsForTheTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := allWell()
		h := p.route(t, balancing(`{"enabled":true,"hashFields":["metadata.user_id"],"ttl":600}`, even, "a", "b", "c", "d"))
		home := served(h, of("u"))
		p[home].status = 500
		c := of("u")
		if served(h, c); !strings.Contains(notes(c), "its session moves to config.targets[") {
			t.Errorf("notes: %s", notes(c))
		}
		p[home].status = 0
		second := served(h, of("u"))
		if second == home {
			t.Fatal("the session has not moved")
		}
		for range 59 {
			if got := served(h, of("u")); got != second {
				t.Fatalf("it hops on to %s", got)
			}
			time.Sleep(10 * time.Second)
		}
		time.Sleep(11 * time.Second)
		if got := served(h, of("u")); got != home {
			t.Errorf("after the ttl %s serves it, not %s", got, home)
		}
	})
}

func TestASessionKeepsItsTargetWhenTheFaultIsTheClients(t *testing.T) {
	t.Parallel()
	p := allWell()
	h := p.route(t, balancing(byUser, even, "a", "b", "c", "d"))
	home := served(h, of("u"))
	p[home].status = 400
	served(h, of("u"))
	p[home].status = 0
	if got := served(h, of("u")); got != home {
		t.Errorf("after a bad request %s serves it", got)
	}
}

func TestASessionMovesOnceWhenItsTargetIsBenched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, table := allWell(), memstore.New()
		config := balancing(byUser, even, "a", "b", "c", "d")
		gateway := func() core.Handler {
			env := p.env()
			env.Board = board.New(table, nil)
			h, err := NewRouter(env).Handler(config, "")
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		here, there := gateway(), gateway()
		home := served(here, of("u"))
		p[home].status = 500
		for n := range 20 { // others' sessions bench it
			served(here, of(fmt.Sprint(n)))
		}
		before := p.callsOf(home)
		time.Sleep(time.Second)
		second := served(here, of("u"))
		if second == home || p.callsOf(home) != before {
			t.Fatalf("served by %s", second)
		}
		p[home].status = 0
		time.Sleep(time.Minute)
		for range 5 { // the first brings the news
			served(there, of("somebody"))
			time.Sleep(2 * board.MaxAge)
		}
		for range 10 {
			x, y := served(here, of("u")), served(there, of("u"))
			if x != second || y != second {
				t.Fatalf("served by %s here and %s there, not by %s", x, y, second)
			}
		}
	})
}

func TestAStickyThatNobodyReadsIsNamed(t *testing.T) {
	t.Parallel()
	c, err := Parse([]byte(`{"strategy":{"mode":"fallback","sticky":{"enabled":true}},"targets":[{"provider":"openai"}]}`))
	if err != nil || !slices.Contains(c.Unknown, "config.strategy.sticky") {
		t.Errorf("got %v, %v", c, err)
	}
}
