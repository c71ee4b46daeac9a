package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// TestFieldsOfOursInTheHistoryAreNoFault: RC-08. SDKs send the messages of
// earlier answers back with whatever was in them, and what only gateways know
// goes to no provider that has another dialect. One that has the client's own
// is sent the bytes as they came.
func TestFieldsOfOursInTheHistoryAreNoFault(t *testing.T) {
	t.Parallel()
	const turn = `{"role":"assistant","content":"Hello","content_blocks":[{"type":"text","text":"Hello"}],"provider_specific_fields":{"citations":null},"hook_results":{"before_request_hooks":[]},"refusal":null,"annotations":[]}`
	body := `{"model":"%","max_tokens":9,"messages":[{"role":"user","content":"Hi"},` + turn + `,{"role":"user","content":"And?"}]}`
	for _, up := range sides()[1:] {
		var sent string
		front, scripted := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			sent = string(b)
			w.WriteHeader(http.StatusTeapot)
		})
		headers := map[string]string{"X-Portkey-Provider": up.provider, "X-Portkey-Custom-Host": scripted.URL}
		if up.headers == nil {
			headers["Authorization"] = "Bearer k"
		}
		for k, v := range up.headers {
			headers[k] = v
		}
		status, got := post(t, front, "/v1/chat/completions", strings.Replace(body, "%", up.model, 1), headers)
		if status != http.StatusTeapot || !strings.Contains(sent, "Hello") || strings.Contains(sent, "provider_specific_fields") || strings.Contains(sent, "hook_results") {
			t.Errorf("%s: %d %s\nsent %s", up.Name, status, got, sent)
		}
	}
}
