package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// TestResponsesAreAnsweredByAnyProvider asks a provider of chat completions in
// the words of the Responses API, streamed and not.
func TestResponsesAreAnsweredByAnyProvider(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/chat/completions" || !strings.Contains(string(body), `"messages"`) || strings.Contains(string(body), `"input"`) {
			t.Errorf("upstream was sent %s %s", r.URL, body)
		}
		if strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}`+"\n\n"+
				`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, wholeChat)
	})
	headers := map[string]string{"X-Portkey-Provider": "groq", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	for name, tt := range map[string]struct {
		body   string
		status int
		want   []string
	}{
		"whole":    {`{"model":"m","instructions":"Be brief.","input":"Hi"}`, http.StatusOK, []string{`"object":"response"`, `"status":"completed"`, `"type":"output_text"`}},
		"streamed": {`{"model":"m","input":[{"role":"user","content":"Hi"}],"stream":true}`, http.StatusOK, []string{"event: response.created", `"delta":"Hello"`, "event: response.completed"}},
		"stored":   {`{"model":"m","input":"Hi","previous_response_id":"resp_1"}`, http.StatusBadRequest, []string{"previous_response_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := post(t, front, "/v1/responses", tt.body, headers)
			if status != tt.status {
				t.Fatalf("%d %s", status, body)
			}
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("no %s in\n%s", want, body)
				}
			}
		})
	}
}

// TestAWebSocketIsRefusedSoThatTheClientUsesHTTP: Codex tries one first, and
// takes every other status for the end.
func TestAWebSocketIsRefusedSoThatTheClientUsesHTTP(t *testing.T) {
	t.Parallel()
	front, _ := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) { t.Error("sent on") })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/v1/responses", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	res, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUpgradeRequired {
		t.Error(res.Status)
	}
}
