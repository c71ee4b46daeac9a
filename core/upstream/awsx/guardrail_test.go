package awsx

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/guard"
	"sluice/core/llm"
)

func guardrail(u *upstream, options ...string) guard.GuardrailCall {
	return guard.GuardrailCall{ID: "gr-1", Version: "DRAFT", Options: u.keys(options...).Options, Body: []byte(`{"source":"OUTPUT","content":[{"text":{"text":"你好"}}]}`)}
}

func TestAGuardrailIsAskedWithOurBytes(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"action":"NONE","unheard_of":1}`) })
	call := guardrail(u, "aws_region", "eu-west-1")
	answer, err := New(Config{Endpoint: u.URL}).ApplyGuardrail(t.Context(), call)
	if err != nil || string(answer) != `{"action":"NONE","unheard_of":1}` {
		t.Fatalf("got %s, %v", answer, err)
	}
	r, body := u.last(t)
	if r.URL.Path != "/guardrail/gr-1/version/DRAFT/apply" || string(body) != string(call.Body) {
		t.Errorf("asked %s with %s", r.URL.Path, body)
	}
	sig := parseSignature(t, r.Header.Get("Authorization"))
	if err := sig.verify(r, body, testSecret); err != nil || sig.region != "eu-west-1" {
		t.Errorf("signed by %+v: %v", sig, err)
	}
}

func TestGuardrailsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   llm.ErrorKind
		text   string
	}{
		{"refused", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"message":"your text"}`, http.StatusForbidden)
		}, llm.Upstream, "status: 403"},
		{"long", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat(" ", guard.MaxAnswer+1))
		}, llm.Upstream, "longer than"},
		{"late", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, llm.Timeout, "in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := newUpstream(t, tt.answer)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := New(Config{Endpoint: u.URL}).ApplyGuardrail(ctx, guardrail(u))
			e, ok := err.(*llm.Error)
			if !ok || e.Kind != tt.kind || !strings.Contains(e.Message, tt.text) || strings.Contains(e.Error(), "your text") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAGuardrailWithoutCredentials(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{}).ApplyGuardrail(t.Context(), guard.GuardrailCall{ID: "g", Version: "1"}); err == nil {
		t.Error("asked with nobody's credentials")
	}
}
