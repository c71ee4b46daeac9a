package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"sluice/core"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
)

// Each of these gateways is a process that gets one request before it is
// frozen; together they find out that a target is down. Without a table each
// finds out for itself.
func TestProcessesOfOneRequestEachBenchATargetTogether(t *testing.T) {
	t.Parallel()
	const (
		chat   = `{"model":"m","messages":[{"role":"user","content":"hi"}]}`
		config = `{"strategy":{"mode":"fallback"},"cb_config":{"failure_threshold":3},"targets":[
			{"provider":"openai","api_key":"k","custom_host":"http://a.example.com/v1"},
			{"provider":"openai","api_key":"k","custom_host":"http://b.example.com/v1"}]}`
		answer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}`
	)
	for name, tt := range map[string]struct {
		table driver.Table
		calls int
	}{"with a table": {memstore.New(), 3 + 1}, "without": {nil, 3 + 3}} {
		synctest.Test(t, func(t *testing.T) {
			seen := &visits{}
			process := func() func() {
				h := inMemory(t, Config{Data: tt.table}, func(w http.ResponseWriter, r *http.Request) {
					if seen.note(r.Host); strings.HasPrefix(r.Host, "a.") {
						w.WriteHeader(http.StatusInternalServerError)
						return
					}
					w.Header().Set("Content-Type", "application/json")
					_, _ = io.WriteString(w, answer)
				})
				return func() {
					ctx, after := core.WithAfter(t.Context())
					w := httptest.NewRecorder()
					h.ServeHTTP(w, request(ctx, config, "/v1/chat/completions", chat))
					after.Run(t.Context(), nil) // as on Lambda, before the process is frozen
					if got := w.Header().Get("X-Portkey-Last-Used-Option-Index"); got != "config.targets[1]" || w.Code != http.StatusOK {
						t.Errorf("%s: answered by %q: %s", name, got, w.Body)
					}
				}
			}
			for range 3 {
				process()()
			}
			last := process()
			for range 5 { // it learns when its first response has gone out
				last()
			}
			if n := len(seen.of("a.example.com")); n != tt.calls {
				t.Errorf("%s the target that is down was called %d times, want %d", name, n, tt.calls)
			}
		})
	}
}
