package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// TestServicesThatHaveMovedOnAnswerEveryClient asks hosts that still speak the
// older APIs of four services, and Cohere's for prompts: whole, and for a
// stream, which their whole answer becomes.
func TestServicesThatHaveMovedOnAnswerEveryClient(t *testing.T) {
	t.Parallel()
	services := []struct{ provider, model, path, key, sent, answer, promptPath, promptAnswer string }{
		{"ai21", "j2-ultra", "/j2-ultra/chat", "Authorization", `"text":"Hi"`, `{"id":"a","outputs":[{"text":"Hello","finishReason":{"reason":"stop"}}]}`,
			"/j2-ultra/complete", `{"id":"a","completions":[{"data":{"text":"Hello"},"finishReason":{"reason":"endoftext"}}]}`},
		{"palm", "chat-bison-001", "/models/chat-bison-001:generateMessage", "X-Goog-Api-Key", `"author":"user","content":"Hi"`, `{"candidates":[{"author":"1","content":"Hello"}]}`,
			"/models/chat-bison-001:generateText", `{"candidates":[{"output":"Hello"}]}`},
		{"reka-ai", "reka-core", "/chat", "X-Api-Key", `"text":"Hi"`, `{"type":"model","text":"Hello","finish_reason":"stop","metadata":{"input_tokens":5,"generated_tokens":2}}`, "", ""},
		{"bytez", "Qwen/Qwen3-4B", "/models/v2/Qwen/Qwen3-4B", "Authorization", `"content":"Hi"`, `{"error":null,"output":{"role":"assistant","content":"Hello"}}`, "", ""},
		{"cohere", "command", "/v2/chat", "Authorization", `"content":"Hi"`, `{"id":"c","message":{"role":"assistant","content":[{"type":"text","text":"Hello"}]},"finish_reason":"COMPLETE"}`,
			"/v1/generate", `{"id":"c","generations":[{"id":"g","text":"Hello"}]}`},
	}
	for _, s := range services {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "application/json")
			switch {
			case !strings.HasSuffix(r.Header.Get(s.key), "sk-1"):
				t.Errorf("%s: no key in %s: %v", s.provider, s.key, r.Header)
			case r.URL.Path == s.path && strings.Contains(string(body), s.sent):
				write(w, s.answer)
			case r.URL.Path == s.promptPath && strings.Contains(string(body), "Hi"):
				write(w, s.promptAnswer)
			default:
				t.Errorf("%s was sent %s %s", s.provider, r.URL, body)
			}
		})
		headers := map[string]string{"X-Portkey-Provider": s.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer sk-1"}
		model := `{"model":"` + s.model + `",`
		for how, tt := range map[string]struct {
			path, body string
			want       []string
		}{
			"chat":               {"/v1/chat/completions", `"messages":[{"role":"user","content":"Hi"}]}`, []string{`"content":"Hello"`, `"finish_reason":"stop"`}},
			"chat, streamed":     {"/v1/chat/completions", `"messages":[{"role":"user","content":"Hi"}],"stream":true}`, []string{`"content":"Hello"`, `"finish_reason":"stop"`, "data: [DONE]"}},
			"messages":           {"/v1/messages", `"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, []string{`"text":"Hello"`, `"stop_reason":"end_turn"`}},
			"messages, streamed": {"/v1/messages", `"max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"stream":true}`, []string{"Hello", "event: message_stop"}},
			"prompt":             {"/v1/completions", `"prompt":"Hi"}`, []string{`"text":"Hello"`, `"finish_reason":"stop"`}},
		} {
			if strings.Contains(how, "streamed") && s.provider == "cohere" {
				continue // it streams, as TestCohereAnswersEveryClient shows
			}
			t.Run(s.provider+", "+how, func(t *testing.T) {
				status, body := post(t, front, tt.path, model+tt.body, headers)
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
}
