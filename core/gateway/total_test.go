package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// FB-09: three attempts of minutes each would fill an invocation. A total
// bounds them all, with the waits between them and the answer to its end.
func TestATotalBoundsAllAttemptsWaitsAndTheAnswer(t *testing.T) {
	t.Parallel()
	a, b := target("openai", "a.example.com"), target("openai", "b.example.com")
	with := func(node, settings string) string { return strings.Replace(node, "{", "{"+settings+",", 1) }
	chain := func(settings, first string) string {
		return fmt.Sprintf(`{%s,"strategy":{"mode":"fallback"},"targets":[%s,%s]}`, settings, first, b)
	}
	tests := []struct {
		name, config string
		after        time.Duration
		status       int
		want         string
		asked        int // of a
	}{
		{"one attempt", with(a, `"timeouts":{"total":3000}`), 3 * time.Second, 504, "within 3s", 1},
		{"attempts and waits", with(a, `"retry":{"attempts":5,"on_status_codes":[504]},"timeouts":{"total":8000,"headers":4000}`), 8 * time.Second, 504, "within 8s", 2},
		{"a wait that would not end in time", with(a, `"retry":{"attempts":5,"on_status_codes":[504]},"timeouts":{"total":4100,"headers":4000}`), 4 * time.Second, 504, "no headers within 4s", 1},
		{"a target, and others have their own time", chain(`"retry":{"attempts":0}`, with(a, `"timeouts":{"total":3000}`)), 3 * time.Second, 200, "from b", 1},
		{"all targets", chain(`"timeouts":{"total":3000,"headers":2000}`, a), 2 * time.Second, 200, "from b", 1},
		{"all targets, the first of which takes it all", chain(`"timeouts":{"total":3000}`, a), 3 * time.Second, 504, "within 3s", 1},
		{"the inner of two", fmt.Sprintf(`{"timeouts":{"total":9000},"strategy":{"mode":"single"},"targets":[%s]}`, with(a, `"timeouts":{"total":3000}`)), 3 * time.Second, 504, "within 3s", 1},
		{"the outer of two", fmt.Sprintf(`{"timeouts":{"total":3000},"strategy":{"mode":"single"},"targets":[%s]}`, with(a, `"timeouts":{"total":9000}`)), 3 * time.Second, 504, "within 3s", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &silent{stall: stall{host: "a.example.com"}, times: 9}
				began := time.Now()
				w := ask(t.Context(), inMemory(t, Config{}, s.ServeHTTP), tt.config, "/v1/chat/completions", hi)
				if took, asked := time.Since(began), len(s.asked.of("a.example.com")); took != tt.after || asked != tt.asked {
					t.Errorf("took %s and %d requests, want %s and %d", took, asked, tt.after, tt.asked)
				}
				if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
					t.Errorf("%d %s, want %d with %q", w.Code, w.Body, tt.status, tt.want)
				}
			})
		})
	}
}

// An answer that goes on and on has its limit, too, and the client is told.
func TestATotalEndsAStreamWithAnError(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{"/v1/chat/completions": waitingRoutes[1].body, "/v1/messages": waitingRoutes[2].body} {
		synctest.Test(t, func(t *testing.T) {
			h := inMemory(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "text/event-stream")
				for r.Context().Err() == nil {
					say(w, answeredText)
					select {
					case <-time.After(time.Second):
					case <-r.Context().Done():
					}
				}
			})
			began := time.Now()
			w := ask(t.Context(), h, strings.Replace(target("openai", "a.example.com"), "{", `{"timeouts":{"total":5500},`, 1), path, body)
			if took := time.Since(began); took != 5500*time.Millisecond {
				t.Errorf("%s: ended after %s", path, took)
			}
			if got := w.Body.String(); strings.Count(got, "from b") != 6 || !strings.Contains(got, "not complete within 5.5s") || strings.Contains(got, "[DONE]") || strings.Contains(got, "message_stop") {
				t.Errorf("%s: %d %s", path, w.Code, got)
			}
		})
	}
}

// What ends with the invocation is not begun: the client gets the provider's
// answer while there is time to say it.
func TestNoRetryThatTheInvocationWouldCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &busy{status: 503, header: map[string]string{"Retry-After": "20"}, body: `{"error":{"message":"slow down"}}`, times: 9}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		began := time.Now()
		w := ask(ctx, inMemory(t, Config{}, b.ServeHTTP),
			strings.Replace(target("openai", "a.example.com"), "{", `{"retry":{"attempts":3,"use_retry_after_header":true},`, 1), "/v1/chat/completions", hi)
		if took := time.Since(began); took != 0 || w.Code != http.StatusServiceUnavailable || len(b.at()) != 1 || w.Header().Get("Retry-After") != "20" {
			t.Errorf("took %s and %d requests: %d %v", took, len(b.at()), w.Code, w.Header())
		}
	})
}
