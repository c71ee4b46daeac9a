package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// TestGeminiAnswersBothClients asks Google's API in its own words, from either
// dialect, streamed and not, with a tool.
func TestGeminiAnswersBothClients(t *testing.T) {
	t.Parallel()
	const answer = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Let me look."},{"functionCall":{"name":"ls","args":{"p":"."}}}]},"finishReason":"STOP","index":0}],` +
		`"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":18},"modelVersion":"gemini-2.5-pro"}`
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Goog-Api-Key") != "k" || r.URL.Query().Has("key") || !strings.Contains(string(body), `"functionDeclarations"`) || !strings.Contains(string(body), `"systemInstruction"`) {
			t.Errorf("upstream was sent %s %v\n%s", r.URL, r.Header, body)
		}
		if r.URL.RequestURI() == "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse" {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, "data: "+answer+"\r\n\r\n")
			return
		}
		if r.URL.RequestURI() != "/v1beta/models/gemini-2.5-pro:generateContent" {
			t.Errorf("upstream was asked at %s", r.URL.RequestURI())
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, answer)
	})
	headers := map[string]string{"X-Portkey-Provider": "google", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	const chatBody = `{"model":"gemini-2.5-pro","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object","properties":{"p":{"type":"string"}}}}}]`
	const messagesBody = `{"model":"gemini-2.5-pro","max_tokens":99,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}],"tools":[{"name":"ls","input_schema":{"type":"object","properties":{"p":{"type":"string"}}}}]`
	tests := []struct {
		name, path, body string
		want             []string
	}{
		{"chat", "/v1/chat/completions", chatBody + "}", []string{`"content":"Let me look."`, `"name":"ls"`, `"finish_reason":"tool_calls"`, `"completion_tokens":8`}},
		{"chat, streamed", "/v1/chat/completions", chatBody + `,"stream":true}`, []string{"Let me look.", `"name":"ls"`, `"finish_reason":"tool_calls"`, "data: [DONE]"}},
		{"messages", "/v1/messages", messagesBody + "}", []string{`"text":"Let me look."`, `"input":{"p":"."}`, `"stop_reason":"tool_use"`, `"output_tokens":8`}},
		{"messages, streamed", "/v1/messages", messagesBody + `,"stream":true}`, []string{"Let me look.", `"stop_reason":"tool_use"`, "event: message_stop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := post(t, front, tt.path, tt.body, headers)
			if status != http.StatusOK {
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
