package route

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sluice/core"
)

// routed is a call through the compiled form of a config with n targets, each
// of which answers at once.
func routed(t *testing.T, strategy string, n int) func() {
	t.Helper()
	reply := &core.Reply{Status: 200}
	r := NewRouter(Env{
		CheckHost: func(string) error { return nil },
		Around: func(core.Handler) core.Handler {
			return core.HandlerFunc(func(context.Context, *core.Call) (*core.Reply, error) { return reply, nil })
		},
	})
	targets := make([]string, n)
	for i := range targets {
		targets[i] = fmt.Sprintf(`{"name":"t%d","provider":"openai","api_key":"k%d","weight":%d}`, i, i, i%7+1)
	}
	config := fmt.Sprintf(`{"strategy":%s,"targets":[%s]}`, strategy, strings.Join(targets, ","))
	c := chatCall("")
	return func() {
		h, err := r.Handler(config, "")
		if err == nil {
			_, err = h.Handle(t.Context(), c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A config is compiled once, and a request through 100 targets claims no more
// than one through 10.
func TestManyTargetsAllocateNoMoreThanFew(t *testing.T) {
	for _, strategy := range []string{
		`{"mode":"single"}`, `{"mode":"fallback"}`, `{"mode":"loadbalance"}`,
		`{"mode":"fallback","cb_config":{"failure_threshold":3}}`, `{"mode":"loadbalance","sticky":{"enabled":true,"hash_fields":["params.model"]}}`,
	} {
		few, many := routed(t, strategy, 10), routed(t, strategy, 100)
		if f, m := testing.AllocsPerRun(200, few), testing.AllocsPerRun(200, many); m > f {
			t.Errorf("%s: %v allocations through 100 targets, %v through 10", strategy, m, f)
		}
	}
}
