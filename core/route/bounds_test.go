package route

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
)

// nested is a config of so many levels, with three targets on each.
func nested(levels int, strategy, leaf string) string {
	if levels == 0 {
		return leaf
	}
	inner := nested(levels-1, strategy, leaf)
	return `{"strategy":` + strategy + `,"targets":[` + inner + "," + inner + "," + inner + `]}`
}

func TestHedgesInHedgesDoNotMultiply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Hour}}
		ctx, leave := context.WithTimeout(t.Context(), time.Minute)
		defer leave()
		said(p.route(t, nested(5, `{"mode":"hedge","delay":0}`, `{"provider":"openai","api_key":"k","custom_host":"https://a.example/v1"}`)).Handle(ctx, chatCall("")))
		if n := p.callsOf("a"); n != maxRacing {
			t.Errorf("%d calls run at once, want %d", n, maxRacing)
		}
	})
}

func TestAHedgeInAHedgeIsAFallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {status: 500}, "b": {after: 3 * time.Second}, "c": {}, "d": {after: time.Hour}}
		inner := `{"strategy":{"mode":"hedge","delay":0},` + targets("", "a", "b", "c") + "}"
		c := chatCall("")
		got := said(p.route(t, `{"strategy":{"mode":"hedge"},"targets":[`+inner+`,{"provider":"openai","api_key":"k","custom_host":"https://d.example/v1"}]}`).Handle(t.Context(), c))
		if got != "b" || p.callsOf("c") != 0 || p.callsOf("d") != 1 {
			t.Errorf("got %q, with %d calls of c and %d of d", got, p.callsOf("c"), p.callsOf("d"))
		}
	})
}

func TestAttemptsOfARequestAreBounded(t *testing.T) {
	t.Parallel()
	const down = `{"provider":"openai","api_key":"k","custom_host":"https://down.example/v1"}`
	const cut = `{"provider":"openai","api_key":"k","custom_host":"https://cut.example/v1","capabilities":{"prefill":true}}`
	many := func(strategy, target string, n int) string {
		return `{"strategy":` + strategy + `,"targets":[` + strings.TrimSuffix(strings.Repeat(target+",", n), ",") + `]}`
	}
	tests := []struct{ name, config, members, want string }{
		{"fallbacks", nested(5, `{"mode":"fallback"}`, down), "", "down failed"},
		{"retries", `{"retry":{"attempts":5},` + many(`{"mode":"fallback"}`, down, 40)[1:], "", "down failed"},
		{"races", nested(5, `{"mode":"hedge","delay":0}`, down), "", "down failed"},
		{"races with retries", `{"retry":{"attempts":5},` + nested(3, `{"mode":"hedge","delay":0}`, down)[1:], "", "down failed"},
		{"continuations", `{"retry":{"attempts":1},"strategy":{"mode":"fallback","on_break":"continue"},"targets":[` +
			strings.Repeat(down+",", 30) + strings.Repeat(cut+",", 60) + down + "]}", `,"stream":true`, "the request has made as many attempts as it may"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := played{"down": {status: http.StatusInternalServerError}, "cut": {pieces: []string{sse("word ")}}}
				c := chatCall(tt.members)
				got := said(p.route(t, tt.config).Handle(t.Context(), c))
				synctest.Wait()
				calls, notes := p.callsOf("down")+p.callsOf("cut"), fmt.Sprint(c.Trace.Notes())
				if calls != core.MaxAttempts || len(c.Trace.Attempts()) != calls {
					t.Errorf("%d calls and %d attempts, want %d", calls, len(c.Trace.Attempts()), core.MaxAttempts)
				}
				if !strings.Contains(got, tt.want) {
					t.Errorf("got %.300q, want the last failure", got)
				}
				if n := strings.Count(notes, "the last one that it may make"); n != 1 {
					t.Errorf("the trace says it %d times", n)
				}
			})
		})
	}
}
