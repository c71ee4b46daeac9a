package route

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/board"
	"sluice/core/provider"
	"sluice/core/store/memstore"
)

// breaking is a fallback whose circuits open at the second failure.
const breaking = `{"strategy":{"mode":"fallback","cb_config":{"failure_threshold":2}},`

// served makes a call and returns who answered. Its hooks run as in a server.
func served(h core.Handler, c *core.Call) string {
	ctx, after := core.WithAfter(context.Background())
	defer after.Run(context.Background(), nil)
	return said(h.Handle(ctx, c))
}

func notes(c *core.Call) string {
	var out []string
	for _, n := range c.Trace.Notes() {
		out = append(out, n.Option+": "+n.Text)
	}
	return strings.Join(out, "\n")
}

func TestABenchedTargetIsProbedByOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for range 2 {
			served(h, chatCall(""))
		}
		c := chatCall("")
		if got := served(h, c); got != "b" || p.callsOf("a") != 2 || !strings.Contains(notes(c), "config.targets[0]: passed over: benched") {
			t.Errorf("%s answered, a was called %d times: %s", got, p.callsOf("a"), notes(c))
		}
		for want := 3; want < 6; want++ { // failed probes bench it again, but never for good
			time.Sleep(30 * time.Second)
			served(h, chatCall(""))
			if served(h, chatCall("")); p.callsOf("a") != want {
				t.Fatalf("a was called %d times, want %d", p.callsOf("a"), want)
			}
		}
		time.Sleep(30 * time.Second)
		p["a"].status, p["a"].after = 0, time.Second
		got := make(chan string, 10)
		for range cap(got) {
			go func() { got <- served(h, chatCall("")) }()
			time.Sleep(10 * time.Millisecond)
		}
		byA := 0
		for range cap(got) {
			if <-got == "a" {
				byA++
			}
		}
		if byA != 1 {
			t.Errorf("%d calls were let through beside each other", byA)
		}
		if got := served(h, chatCall("")); got != "a" {
			t.Errorf("after a good probe %s answers", got)
		}
	})
}

func TestNobodyIsRefusedWithoutTrying(t *testing.T) {
	t.Parallel()
	root := strings.TrimSuffix(strings.TrimPrefix(targets(`,"cb_config":{"failure_threshold":1}`, "a"), `"targets":[{`), "}]")
	for name, config := range map[string]string{
		"a target without a strategy": "{" + root + "}",
		"single":                      `{"strategy":{"mode":"single","cb_config":{"failure_threshold":1}},` + targets("", "a") + "}",
		"a fallback to nobody":        breaking + targets("", "a") + "}",
		"all are benched":             breaking + targets("", "a", "b") + "}",
		"a load balancer":             `{"strategy":{"mode":"loadbalance","cb_config":{"failure_threshold":1}},` + targets("", "a", "b") + "}",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := played{"a": {status: 500}, "b": {status: 500}}
				h := p.route(t, config)
				for range 10 {
					served(h, chatCall(""))
				}
				if n := p.callsOf("a") + p.callsOf("b"); n < 10 {
					t.Errorf("of 10 calls %d were made", n)
				}
				p["a"].status, p["b"].status = 0, 0
				if got := served(h, chatCall("")); got != "a" && got != "b" {
					t.Errorf("when all is well again: %s", got)
				}
			})
		})
	}
}

func TestALoadBalancerLeavesOutWhoIsBenched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {}}
		h := p.route(t, `{"cb_config":{"failureThreshold":2,"cooldownInterval":60000},"strategy":{"mode":"loadbalance"},`+
			`"targets":[`+strings.Trim(strings.TrimPrefix(targets(`,"weight":9`, "a"), `"targets":`), "[]")+`,`+
			strings.Trim(strings.TrimPrefix(targets("", "b"), `"targets":`), "[]")+`]}`)
		for range 10 {
			served(h, chatCall(""))
			time.Sleep(time.Second)
		}
		if n := p.callsOf("a"); n != 2 {
			t.Errorf("the target that fails was called %d times", n)
		}
	})
}

func TestRetryAfterKeepsATargetFreeOfCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 429, asks: "300"}, "b": {}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for range 300 {
			served(h, chatCall(""))
			time.Sleep(time.Second)
		}
		if n := p.callsOf("a"); n != 2 {
			t.Errorf("called %d times within the 300 s that it asked for", n)
		}
		time.Sleep(5 * time.Second)
		if served(h, chatCall("")); p.callsOf("a") != 3 {
			t.Errorf("called %d times after that", p.callsOf("a"))
		}
	})
}

func TestEveryAttemptCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {}}
		h := p.route(t, `{"strategy":{"mode":"fallback","cbConfig":{"failure_threshold":3}},`+targets(`,"retry":{"attempts":2}`, "a", "b")+"}")
		served(h, chatCall(""))
		if served(h, chatCall("")); p.callsOf("a") != 3 {
			t.Errorf("a was called %d times, want once with two retries", p.callsOf("a"))
		}
	})
}

func TestAnEmptyBreakerSwitchesItOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {}}
		h := p.route(t, breaking+targets(`,"cb_config":{}`, "a", "b")+"}")
		for range 10 {
			served(h, chatCall(""))
		}
		if n := p.callsOf("a"); n != 10 {
			t.Errorf("called %d times of 10", n)
		}
	})
}

func TestAStrategyIsBenchedWhenAllItsTargetsAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {status: 500}, "idle": {}, "c": {}}
		inner := `{"strategy":{"mode":"loadbalance"},` + strings.TrimSuffix(targets("", "a", "b"), "]") + `,{"weight":0,` + strings.TrimPrefix(targets("", "idle"), `"targets":[{`) + `}`
		h := p.route(t, breaking+`"targets":[`+inner+`,`+strings.TrimPrefix(targets("", "c"), `"targets":[`)+"}")
		for range 6 {
			served(h, chatCall(""))
		}
		p["a"].calls, p["b"].calls = nil, nil
		c := chatCall("")
		if got := served(h, c); got != "c" || p.callsOf("a")+p.callsOf("b")+p.callsOf("idle") != 0 {
			t.Errorf("%s answers: %v", got, attempts(c))
		}
	})
}

// Two gateways with one store: what one has seen the other knows.
func TestGatewaysShareWhatTheyHaveLearnt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := memstore.New()
		p := played{"a": {status: 500}, "b": {}}
		config := breaking + targets("", "a", "b") + "}"
		gateway := func() core.Handler {
			env := p.env()
			env.Board = board.New(table, nil)
			h, err := NewRouter(env).Handler(config, "")
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		for range 2 {
			served(gateway(), chatCall(""))
		}
		third := gateway()
		served(third, chatCall(""))
		if served(third, chatCall("")); p.callsOf("a") != 3 {
			t.Errorf("a was called %d times: by two gateways, and once by the third, which had not heard of it", p.callsOf("a"))
		}
	})
}

func TestFaultsOfABreakerNameThePath(t *testing.T) {
	t.Parallel()
	tests := []struct{ config, want string }{
		{`"cb_config":7`, "path: cb_config, message: Expected object, received number"},
		{`"cb_config":{"cooldown_interval":30000}`, "path: cb_config, message: failure_threshold or failure_threshold_percentage is required"},
		{`"cbConfig":{"failureThreshold":1,"cooldownInterval":29999}`, "path: cbConfig,cooldownInterval, message: Number must be between 30000 and 86400000"},
		{`"cb_config":{"failure_threshold":0}`, "path: cb_config,failure_threshold, message: Number must be between 1 and 1000000"},
		{`"cb_config":{"failure_threshold":"3"}`, "path: cb_config,failure_threshold, message: Expected number, received string"},
		{`"cb_config":{"failure_threshold_percentage":101}`, "path: cb_config,failure_threshold_percentage, message: Number must be between 1 and 100"},
		{`"cb_config":{"failure_threshold":1,"failure_status_codes":["5xx"]}`, "path: cb_config,failure_status_codes,0, message: Expected number, received string"},
		{`"strategy":{"mode":"single","cb_config":{"failure_threshold":1,"minimum_requests":-1}},"targets":[{"provider":"openai"}]`, "path: strategy,cb_config,minimum_requests, message: Number must be between"},
		{`"strategy":{"mode":"loadbalance","sticky":{"hash_fields":[]}},"targets":[{"provider":"openai"}]`, "path: strategy,sticky,enabled, message: Required"},
		{`"strategy":{"mode":"loadbalance","sticky":{"enabled":true,"hash_fields":["params.x","user_id"]}},"targets":[{"provider":"openai"}]`, "path: strategy,sticky,hash_fields,1, message: " + badField},
		{`"strategy":{"mode":"loadbalance","sticky":{"enabled":true,"ttl":0}},"targets":[{"provider":"openai"}]`, "path: strategy,sticky,ttl, message: Number must be between"},
	}
	for _, tt := range tests {
		_, err := Parse([]byte(`{"provider":"openai",` + tt.config + `}`))
		bad, ok := err.(*InvalidError)
		if !ok || !slices.ContainsFunc(bad.Faults, func(f string) bool { return strings.HasPrefix(f, tt.want) }) {
			t.Errorf("%s: %v, want %q", tt.config, err, tt.want)
		}
	}
}

// Where a client itself says which provider is asked, and where, that is what
// is remembered.
func TestWhatAClientNamesIsRememberedByItsName(t *testing.T) {
	t.Parallel()
	places := map[string]bool{}
	for _, id := range []string{"openai", "azure-openai"} {
		spec, _ := provider.Find(id)
		for _, resource := range []string{"one", "two"} {
			c := chatCall("")
			c.Header.Set("X-Portkey-Azure-Resource-Name", resource)
			places[newLeaf(spec, &Config{Path: "config.targets[0]"}, settings{}, Env{}).place(c)] = true
			if got := newLeaf(spec, &Config{Path: "config.targets[0]", Provider: id}, settings{}, Env{}).place(c); got != "config.targets[0]" {
				t.Errorf("a target of the config is remembered by %s", got)
			}
		}
	}
	if len(places) != 3 {
		t.Errorf("got %v, want one for OpenAI and two for Azure", places)
	}
}

func TestACredentialOfTheConfigIsOneWhoeverCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 401}, "b": {}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for n := range 5 {
			c := chatCall("")
			c.Header.Set("Authorization", fmt.Sprint("Bearer ", n)) // of the client, for other targets
			served(h, c)
		}
		if n := p.callsOf("a"); n != 2 {
			t.Errorf("a credential that is refused was used %d times", n)
		}
	})
}
