package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
)

func TestEndpointsOfSageMaker(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		auth := r.Header.Get("Authorization")
		if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/sagemaker/aws4_request") || !strings.Contains(auth, "x-amzn-sagemaker-target-variant") {
			t.Errorf("signed as %q", auth)
		}
		if r.Header.Get("X-Amzn-Sagemaker-Target-Variant") != "blue" || strings.Contains(string(body), `"model"`) {
			t.Errorf("sent %v %s", r.Header, body)
		}
		switch r.URL.Path {
		case "/endpoints/raw/invocations":
			w.Header().Set("Content-Type", "text/csv")
			write(w, "1,2\n"+string(body))
		case "/endpoints/llama/invocations":
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`)
		case "/endpoints/llama/invocations-response-stream":
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			half := len(chatWeather) / 2 // in the middle of an event
			write(w, string(frame.AppendEvent(nil, "PayloadPart", []byte(chatWeather[:half]))))
			write(w, string(frame.AppendEvent(nil, "PayloadPart", []byte(chatWeather[half:]))))
		default:
			t.Errorf("asked at %s", r.URL.Path)
		}
	})
	headers := map[string]string{
		"X-Portkey-Provider": "sagemaker", "X-Portkey-Custom-Host": up.URL, "X-Portkey-Aws-Region": "eu-west-1", "X-Portkey-Amzn-Sagemaker-Target-Variant": "blue",
		"X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "theirs", "Authorization": "Bearer of somebody",
	}
	const chat = `{"model":"llama","messages":[{"role":"user","content":"Hi"}]`
	for _, tt := range []struct{ name, path, body, want string }{
		{"any path", "/v1/endpoints/raw/invocations", "a,b", "1,2\na,b"},
		{"any path, as of old", "/v1/proxy/endpoints/raw/invocations", "a,b", "1,2\na,b"},
		{"chat", "/v1/chat/completions", chat + "}", `"content":"Hi"`},
		{"chat, streamed", "/v1/chat/completions", chat + `,"stream":true}`, "data: [DONE]"},
		{"messages, streamed", "/v1/messages", `{"max_tokens":9,"stream":true,` + chat[1:] + "}", "event: message_stop"},
	} {
		status, got := post(t, front, tt.path, tt.body, headers)
		if status != http.StatusOK || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, got)
		}
	}
	delete(headers, "X-Portkey-Aws-Access-Key-Id")
	delete(headers, "X-Portkey-Aws-Secret-Access-Key")
	if status, got := post(t, front, "/v1/endpoints/raw/invocations", "a", headers); status != http.StatusUnauthorized || strings.Contains(got, "somebody") {
		t.Errorf("without keys: %d %s", status, got)
	}
}

// TestMantleHasThreeRoots asks for the models of each in two dialects, with a
// key and with a signature.
func TestMantleHasThreeRoots(t *testing.T) {
	t.Parallel()
	var path, auth string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		path, auth = r.URL.Path, r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(path, "/messages"):
			if r.Header.Get("Anthropic-Version") == "" || r.Header.Get("X-Api-Key") != "" {
				t.Errorf("Claude was sent %v", r.Header)
			}
			write(w, messagesAnswer)
		case strings.HasSuffix(path, "/responses"):
			write(w, `{"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[{"type":"message","id":"o","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}`)
		default:
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)
		}
	})
	key := map[string]string{"X-Portkey-Provider": "bedrock-mantle", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer bedrock-key"}
	signed := upstreams(up.URL)["bedrock"]
	signed["X-Portkey-Provider"] = "bedrock-mantle"
	delete(signed, "X-Api-Key")
	for _, tt := range []struct{ path, model, want string }{
		{"/v1/chat/completions", "openai.gpt-oss-120b", "/v1/chat/completions"},
		{"/v1/responses", "openai.gpt-oss-120b", "/v1/responses"},
		{"/v1/messages", "qwen.qwen3-32b", "/v1/chat/completions"},
		{"/v1/responses", "openai.gpt-5.5", "/openai/v1/responses"},
		{"/v1/chat/completions", "openai.gpt-5.5", "/openai/v1/responses"},
		{"/v1/messages", "anthropic.claude-opus-4-8", "/anthropic/v1/messages"},
		{"/v1/chat/completions", "anthropic.claude-opus-4-8", "/anthropic/v1/messages"},
	} {
		body := `{"model":"` + tt.model + `","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
		if tt.path == "/v1/responses" {
			body = `{"model":"` + tt.model + `","input":"Hi"}`
		}
		if status, got := post(t, front, tt.path, body, key); status != http.StatusOK || path != tt.want || auth != "Bearer bedrock-key" {
			t.Errorf("%s for %s: %d %s, asked at %s by %q", tt.path, tt.model, status, got, path, auth)
		}
		if status, got := post(t, front, tt.path, body, signed); status != http.StatusOK || path != tt.want || !strings.Contains(auth, "/us-east-1/bedrock-mantle/aws4_request") {
			t.Errorf("%s for %s, signed: %d %s, asked at %s by %q", tt.path, tt.model, status, got, path, auth)
		}
	}
}
