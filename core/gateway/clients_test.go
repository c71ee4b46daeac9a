package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/internal/httpx"
)

// listener notes the headers of what goes out, and answers.
type listener struct{ sent http.Header }

func (l *listener) Do(r *http.Request) (*http.Response, error) {
	l.sent = r.Header
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.WriteString(`{"id":"resp_1","object":"response","status":"completed","model":"gpt-5","output":[],"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)
	return w.Result(), nil
}

// TestHeadersOfCodexReachTheFirstPartyOnly: OpenAI keeps sessions and caches
// apart by them; they are nobody else's business.
func TestHeadersOfCodexReachTheFirstPartyOnly(t *testing.T) {
	t.Parallel()
	guard, err := httpx.NewGuard(httpx.Policy{AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	up := &listener{}
	h, err := assemble(Config{}, guard, up)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		provider, host string
		reaches        bool
	}{{"openai", "", true}, {"openai", "http://127.0.0.1:1/v1", false}, {"groq", "", false}, {"anthropic", "", false}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/responses", strings.NewReader(`{"model":"gpt-5","input":"Hi"}`))
		codex := map[string]string{"originator": "codex_cli_rs", "session_id": "0199", "conversation_id": "0199", "x-codex-turn-state": "s"}
		for k, v := range codex {
			r.Header.Set(k, v)
		}
		for k, v := range map[string]string{"Authorization": "Bearer k", "Content-Type": "application/json", "X-Portkey-Provider": tt.provider, "X-Secret-Of-The-Client": "s"} {
			r.Header.Set(k, v)
		}
		if tt.host != "" {
			r.Header.Set("X-Portkey-Custom-Host", tt.host)
		}
		up.sent = nil
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); up.sent == nil {
			t.Fatalf("%v: nothing was sent: %d %s", tt, w.Code, w.Body)
		}
		for k, v := range codex {
			if got := up.sent.Get(k); (got == v) != tt.reaches {
				t.Errorf("%v: %s is %q", tt, k, got)
			}
		}
		if up.sent.Get("X-Secret-Of-The-Client") != "" {
			t.Errorf("%v: an unknown header went along", tt)
		}
	}
}
