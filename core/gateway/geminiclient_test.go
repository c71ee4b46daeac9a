package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/secret"
)

const geminiBody = `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"x_unheard_of":{"kept":1.50}}`

// geminiChunks are those of a stream, with a member that nobody knows.
var geminiChunks = []string{
	`{"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]},"index":0}],"modelVersion":"gemini-2.5-pro","responseId":"r1","x_unheard_of":{"kept":1.50}}`,
	`{"candidates":[{"content":{"role":"model","parts":[{"text":"lo"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-2.5-pro","responseId":"r1"}`,
}

// TestGeminiClientsReachGoogleWithTheirOwnBytes: the same dialect, from either
// of its roofs, whole and in both framings, with no word about the target but
// a key.
func TestGeminiClientsReachGoogleWithTheirOwnBytes(t *testing.T) {
	t.Parallel()
	var at, got string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, got = r.URL.RequestURI()+" "+r.Header.Get("X-Goog-Api-Key")+r.Header.Get("Authorization"), string(body)
		if strings.Contains(r.URL.Path, ":stream") {
			w.Header().Set("Content-Type", "text/event-stream")
			for _, c := range geminiChunks {
				write(w, "data: "+c+"\r\n\r\n")
			}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, geminiChunks[1])
	})
	host := map[string]string{"X-Portkey-Custom-Host": up.URL}
	sse := "data: " + geminiChunks[0] + "\r\n\r\ndata: " + geminiChunks[1] + "\r\n\r\n"
	array := "[" + geminiChunks[0] + ",\r\n" + geminiChunks[1] + "]"
	const vertex = "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro"
	tests := []struct {
		name, path, header, value string
		at, want                  string
	}{
		{"whole", "/v1beta/models/gemini-2.5-pro:generateContent", "X-Goog-Api-Key", "AIzaKey", "/v1beta/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
		{"key in the query", "/v1beta/models/gemini-2.5-pro:generateContent?key=AIzaKey", "", "", "/v1beta/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
		{"an older version", "/v1/models/gemini-2.5-pro:generateContent", "X-Goog-Api-Key", "AIzaKey", "/v1beta/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
		{"a newer one", "/v1alpha/models/gemini-2.5-pro:generateContent", "X-Goog-Api-Key", "AIzaKey", "/v1alpha/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
		{"a base URL with /v1", "/v1/v1beta/models/gemini-2.5-pro:generateContent", "X-Goog-Api-Key", "AIzaKey", "/v1beta/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
		{"a tuned model", "/v1beta/models/tunedModels%2Ft-1:generateContent", "X-Goog-Api-Key", "AIzaKey", "/v1beta/tunedModels/t-1:generateContent AIzaKey", geminiChunks[1]},
		{"events", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "X-Goog-Api-Key", "AIzaKey", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse AIzaKey", sse},
		{"an array", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?key=AIzaKey", "", "", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse AIzaKey", array},
		{"Vertex AI", vertex + ":generateContent", "Authorization", "Bearer ya29.t", vertex + ":generateContent Bearer ya29.t", geminiChunks[1]},
		{"Vertex AI, events", vertex + ":streamGenerateContent?alt=sse", "Authorization", "Bearer ya29.t", vertex + ":streamGenerateContent?alt=sse Bearer ya29.t", sse},
		{"Vertex AI, express mode", "/v1beta1/publishers/google/models/gemini-2.5-pro:generateContent", "X-Goog-Api-Key", "AIzaKey",
			"/v1/publishers/google/models/gemini-2.5-pro:generateContent AIzaKey", geminiChunks[1]},
	}
	for _, tt := range tests {
		headers := map[string]string{"X-Portkey-Custom-Host": host["X-Portkey-Custom-Host"]}
		if tt.header != "" {
			headers[tt.header] = tt.value
		}
		status, body := post(t, front, tt.path, geminiBody, headers)
		if status != http.StatusOK || body != tt.want {
			t.Errorf("%s: %d\n%s\nwant\n%s", tt.name, status, body, tt.want)
		}
		if at != tt.at || got != geminiBody {
			t.Errorf("%s: sent to %s\nwant %s\n%s", tt.name, at, tt.at, got)
		}
	}
}

// GM-05: whatever the upstream's framing, the array is one JSON document, also
// when the answer breaks off.
func TestGeminiClientsReadOtherProviders(t *testing.T) {
	t.Parallel()
	cut := false
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), `"stream":true`):
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, chunk("Hel"))
			if write(w, chunk("lo")); !cut {
				write(w, chatEnd)
			}
		default:
			w.Header().Set("Content-Type", "application/json")
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`)
		}
	})
	headers := map[string]string{"X-Portkey-Custom-Host": up.URL, "X-Portkey-Provider": "openai", "X-Goog-Api-Key": "sk-openai"}
	const path = "/v1beta/models/gpt-5:"
	status, whole := post(t, front, path+"generateContent", geminiBody, headers)
	if status != http.StatusOK || !strings.Contains(whole, `"parts":[{"text":"Hello"}]`) || !strings.Contains(whole, `"totalTokenCount":5`) {
		t.Errorf("whole: %d %s", status, whole)
	}
	_, events := post(t, front, path+"streamGenerateContent?alt=sse", geminiBody, headers)
	if !strings.HasPrefix(events, `data: {"candidates":`) || !strings.Contains(events, `"finishReason":"STOP"`) {
		t.Errorf("events:\n%s", events)
	}
	for _, cut = range []bool{false, true} {
		_, body := post(t, front, path+"streamGenerateContent", geminiBody, headers)
		elements, err := json.Elements([]byte(body))
		if err != nil || len(elements) < 2 {
			t.Fatalf("cut %v: %v\n%s", cut, err, body)
		}
		if last := elements[len(elements)-1]; cut != (json.Lookup(last, "error", "status") != nil) || cut == strings.Contains(body, `"finishReason"`) {
			t.Errorf("cut %v:\n%s", cut, body)
		}
	}
}

func TestGeminiArraysCloseWhenGoogleBreaksOff(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{
		"cut":                  "",
		"an error event":       "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
		"an error line":        "{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
		"an error of one line": "[{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}]",
	} {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, "data: "+geminiChunks[0]+"\r\n\r\n"+end)
		})
		_, body := post(t, front, "/v1beta/models/gemini-2.5-pro:streamGenerateContent", geminiBody,
			map[string]string{"X-Portkey-Custom-Host": up.URL, "X-Goog-Api-Key": "AIzaKey"})
		elements, err := json.Elements([]byte(body))
		if err != nil || len(elements) != 2 || json.Lookup(elements[1], "error", "status") == nil {
			t.Errorf("%s: %v\n%s", name, err, body)
		}
	}
}

func TestGeminiClientsGetGooglesErrors(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{Keys: gateway.StaticKeys(secret.New("gateway-key-1"))}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		write(w, `{"error":{"message":"slow down","type":"rate_limit_error"}}`)
	})
	const path = "/v1beta/models/gpt-5:generateContent"
	host := map[string]string{"X-Portkey-Custom-Host": up.URL, "X-Portkey-Provider": "openai", "X-Goog-Api-Key": "gateway-key-1", "Authorization": "Bearer sk-1"}
	tests := []struct {
		name, path, body string
		headers          map[string]string
		status           int
		want             string
	}{
		{"no key", path, geminiBody, map[string]string{"X-Portkey-Provider": "openai"}, 401, `"status":"UNAUTHENTICATED"`},
		{"no JSON", path, `{`, host, 400, `"status":"INVALID_ARGUMENT"`},
		{"no target", path, geminiBody, map[string]string{"X-Goog-Api-Key": "gateway-key-1"}, 400, `"status":"INVALID_ARGUMENT"`},
		{"another provider's error", path, geminiBody, host, 429, `"status":"RESOURCE_EXHAUSTED"`},
		{"nobody counts", "/v1beta/models/gpt-5:countTokens", geminiBody, host, 404, `"code":404`},
	}
	for _, tt := range tests {
		status, body := post(t, front, tt.path, tt.body, tt.headers)
		if status != tt.status || !strings.HasPrefix(body, `{"error":{"code":`) || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
}

func TestTokensAreCountedAcrossDialects(t *testing.T) {
	t.Parallel()
	var at, got string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, got = r.URL.Path, string(body)
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.Path, ":countTokens") {
			write(w, `{"totalTokens":42,"promptTokensDetails":[{"modality":"TEXT","tokenCount":42}]}`)
			return
		}
		write(w, `{"input_tokens":42}`)
	})
	const plain = `{"contents":[{"parts":[{"text":"Hi"}]}]}`
	const messages = `{"model":"gemini-2.5-pro","system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}`
	tests := []struct{ name, provider, path, body, at, sent, want string }{
		{"gemini, as it is", "google", "/v1beta/models/gemini-2.5-pro:countTokens", plain, "/v1beta/models/gemini-2.5-pro:countTokens", plain, `"promptTokensDetails"`},
		{"gemini, with instructions", "google", "/v1beta/models/gemini-2.5-pro:countTokens", `{"contents":[],"systemInstruction":{"parts":[]}}`, "/v1beta/models/gemini-2.5-pro:countTokens",
			`{"generateContentRequest":{"model":"models/gemini-2.5-pro","contents":[],"systemInstruction":{"parts":[]}}}`, `"totalTokens":42`},
		{"gemini on Vertex AI", "vertex-ai", "/v1beta/models/gemini-2.5-pro:countTokens", `{"generateContentRequest":{"model":"models/gemini-2.5-pro","contents":[]}}`,
			"/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:countTokens", `{"contents":[]}`, `"totalTokens":42`},
		{"messages on gemini", "google", "/v1/messages/count_tokens", messages, "/v1beta/models/gemini-2.5-pro:countTokens",
			`{"generateContentRequest":{"model":"models/gemini-2.5-pro","contents":[{"parts":[{"text":"Hi"}],"role":"user"}],"systemInstruction":{"parts":[{"text":"Be brief."}]}}}`, `{"input_tokens":42}`},
		{"gemini on anthropic", "anthropic", "/v1beta/models/claude-opus-4-5:countTokens", plain, "/messages/count_tokens",
			`{"model":"claude-opus-4-5","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`, `{"totalTokens":42}`},
	}
	for _, tt := range tests {
		status, body := post(t, front, tt.path, tt.body, map[string]string{
			"X-Portkey-Custom-Host": up.URL, "X-Portkey-Provider": tt.provider, "Authorization": "Bearer k-1",
			"X-Portkey-Vertex-Project-Id": "p", "X-Portkey-Vertex-Region": "global",
		})
		if status != http.StatusOK || !strings.Contains(body, tt.want) || at != tt.at || got != tt.sent {
			t.Errorf("%s: %d %s\nsent to %s\n%s\nwant %s\n%s", tt.name, status, body, at, got, tt.at, tt.sent)
		}
	}
}

// GM-07: keys in the query go no further than the header that they belong in.
func TestKeysInTheQueryOfGeminiClientsAreNotTold(t *testing.T) {
	e := listen(t)
	front := e.front(t, gateway.Config{})
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.String(), "CANARY") {
			t.Errorf("asked at %s", r.URL)
		}
		w.WriteHeader(http.StatusForbidden)
		_ = r.Header.Write(w) // quotes the key
	}))
	defer up.Close()
	query := "?key=" + url.QueryEscape(canary("provider"))
	gate := "?key=" + url.QueryEscape(canary(gatewayKey))
	for _, provider := range []string{"google", "openai"} {
		for _, action := range []string{"generateContent", "streamGenerateContent", "countTokens"} {
			headers := map[string]string{"X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL}
			path := "/v1beta/models/gemini-2.5-pro:" + action
			for name, answer := range map[string][]byte{
				"the provider's key": e.ask(t, front, path+query, geminiBody, headers),
				"the gateway's key": e.ask(t, front, path+gate, geminiBody, map[string]string{
					"X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL, "X-Portkey-Api-Key": "", "Authorization": "Bearer " + canary("bearer"),
				}),
			} {
				if want := " 403 "; !strings.Contains(string(answer), want) && (provider == "google" || action != "countTokens") {
					t.Errorf("%s, %s %s: %s", name, provider, action, answer)
				}
				noCanary(t, name+" in the answer", answer)
			}
			noCanary(t, "log or record", e.take())
		}
	}
}
