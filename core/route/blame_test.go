package route

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAClientsFaultBenchesNobody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 404, 413, 415, 422} {
		synctest.Test(t, func(t *testing.T) {
			p := played{"a": {status: status}, "b": {}}
			h := p.route(t, breaking+targets(`,"cb_config":{"failure_threshold":1,"failure_status_codes":[400,404,413,415,422,500]}`, "a", "b")+"}")
			for range 20 {
				served(h, chatCall(""))
			}
			if n := p.callsOf("a"); n != 20 {
				t.Errorf("after answers with status %d the target was called %d times of 20", status, n)
			}
		})
	}
}

func TestATargetIsBenchedForEverybodyAndACredentialAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status     int
		everybody  bool
		credential bool
	}{
		{500, true, true}, {502, true, true}, {503, true, true}, {529, true, true}, {408, true, true}, {200, false, false},
		{401, false, true}, {402, false, true}, {403, false, true}, {429, false, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := played{"a": {status: tt.status}, "b": {}}
				h := p.route(t, breaking+strings.ReplaceAll(targets("", "a", "b"), `"api_key":"k",`, "")+"}")
				by := func(key string) string {
					c := chatCall("")
					c.Header.Set("Authorization", "Bearer "+key)
					return served(h, c)
				}
				by("alice")
				by("alice")
				p["a"].status = 0
				if got := by("alice"); (got == "b") != tt.credential {
					t.Errorf("%s answers the same credential", got)
				}
				if got := by("bob"); (got == "b") != tt.everybody {
					t.Errorf("%s answers another credential", got)
				}
			})
		})
	}
}

// A client that waits for a millisecond could else bench every target of its
// workspace.
func TestAClientsOwnImpatienceBenchesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Second}, "b": {after: time.Second}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for range 5 {
			c := chatCall("")
			c.Header.Set("X-Portkey-Request-Timeout", "1")
			served(h, c)
			gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			h.Handle(gone, chatCall(""))
			cancel()
		}
		c := chatCall("")
		if got := served(h, c); got != "a" || notes(c) != "" {
			t.Errorf("%s answers: %s", got, notes(c))
		}
	})
}

func TestAClientsOwnHostBenchesNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {}, "b": {}, "evil": {status: 500}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for range 5 {
			c := chatCall("")
			c.Header.Set("X-Portkey-Custom-Host", "https://evil.example/v1")
			served(h, c)
		}
		c := chatCall("")
		if got := served(h, c); got != "a" || notes(c) != "" {
			t.Errorf("%s answers: %s", got, notes(c))
		}
	})
}

func TestAnswersThatBreakOffCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Once"},"finish_reason":null}]}` + "\n\n"
		p := played{"a": {}, "b": {}}
		h := p.route(t, breaking+targets("", "a", "b")+"}")
		for range 2 {
			p["a"].pieces = []string{begun}
			if got := served(h, chatCall(`,"stream":true`)); !strings.HasPrefix(got, "Once … ") {
				t.Fatalf("got %q", got)
			}
		}
		p["a"].pieces = nil
		if got := served(h, chatCall("")); got != "b" {
			t.Errorf("after two answers that broke off %s answers", got)
		}
	})
}

func TestAPatientClientsTimeoutCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := played{"a": {after: time.Hour}, "b": {}}
		h := p.route(t, `{"strategy":{"mode":"fallback","cb_config":{"failure_threshold_percentage":100,"minimum_requests":2}},`+targets("", "a", "b")+"}")
		done := make(chan string, 2)
		for range cap(done) {
			go func() {
				c := chatCall("")
				c.Header.Set("X-Portkey-Request-Timeout", "90000")
				done <- served(h, c)
			}()
		}
		<-done
		<-done
		p["a"].after = 0
		if got := served(h, chatCall("")); got != "b" {
			t.Errorf("%s answers", got)
		}
	})
}

func TestAnAnswerThatIsTooLongForATotalIsNotItsTargetsFault(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		`{"cb_config":{"failure_threshold":1},"strategy":{"mode":"fallback"},` + targets(`,"timeouts":{"total":2500}`, "a", "b"),
		`{"cb_config":{"failure_threshold":1},"timeouts":{"total":2500},"strategy":{"mode":"fallback"},` + targets("", "a", "b"),
	} {
		synctest.Test(t, func(t *testing.T) {
			p := played{"a": {pieces: []string{sse("one "), sse("two "), sse("three "), sseEnd}, gap: time.Second}, "b": {}}
			h := p.route(t, config+"}")
			if got := served(h, chatCall(`,"stream":true`)); !strings.Contains(got, "one two  … ") {
				t.Fatalf("%q was not cut", got)
			}
			c := chatCall("")
			if served(h, c); strings.Contains(notes(c), "config.targets[0]: passed over: benched") {
				t.Errorf("%s: its target is benched", config)
			}
		})
	}
}
