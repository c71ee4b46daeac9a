package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// native is one exchange with a provider that has a dialect of its own.
type native struct {
	name, provider string
	headers        map[string]string
	path, body     string // the client's
	toPath, toBody string // what the provider was sent; nothing: not looked at
	contentType    string
	status         int
	answer         string
	want           []string // in what the client gets
}

func (n *native) run(t *testing.T) {
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.RequestURI() != n.toPath {
			t.Errorf("asked for %s, want %s", r.URL.RequestURI(), n.toPath)
		}
		if n.toBody != "" && string(body) != n.toBody {
			t.Errorf("sent %s\nwant %s", body, n.toBody)
		}
		w.Header().Set("Content-Type", n.contentType)
		w.WriteHeader(n.status)
		write(w, n.answer)
	})
	headers := map[string]string{"X-Portkey-Provider": n.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	for k, v := range n.headers {
		headers[k] = v
	}
	status, body := post(t, front, n.path, n.body, headers)
	if status != n.status {
		t.Errorf("status %d, want %d: %s", status, n.status, body)
	}
	for _, want := range n.want {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

const hiChat = `{"model":"m","messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}],"max_tokens":9`

// TestProvidersWithDialectsOfTheirOwn asks each of them in the words of chat,
// and of Messages where that says more.
func TestProvidersWithDialectsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, n := range []native{
		{
			name: "ollama, whole", provider: "ollama-native", path: "/v1/chat/completions", body: hiChat + `,"keep_alive":"5m"}`,
			toPath: "/api/chat", toBody: `{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"options":{"num_predict":9},"stream":false,"keep_alive":"5m"}`,
			contentType: "application/json", status: 200,
			answer: `{"model":"m","created_at":"2025-08-01T10:00:00Z","message":{"role":"assistant","content":"Hello"},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2}`,
			want:   []string{`"content":"Hello"`, `"finish_reason":"stop"`, `"prompt_tokens":5`, `"completion_tokens":2`, `"object":"chat.completion"`},
		},
		{
			name: "ollama, streamed to messages", provider: "ollama-native", path: "/v1/messages", body: `{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`,
			toPath: "/api/chat", contentType: "application/x-ndjson", status: 200,
			answer: `{"model":"m","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}` + "\n" + `{"model":"m","message":{"role":"assistant","content":"Hello"},"done":false}` + "\n" +
				`{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","prompt_eval_count":5,"eval_count":2}` + "\n",
			want: []string{"event: message_start", `"thinking":"Hm"`, `"text":"Hello"`, `"stop_reason":"max_tokens"`, "event: message_stop"},
		},
		{
			name: "ollama, a model that is not there", provider: "ollama-native", path: "/v1/chat/completions", body: hiChat + `}`,
			toPath: "/api/chat", contentType: "application/json", status: 404, answer: `{"error":"model 'm' not found"}`,
			want: []string{`"message":"ollama-native error: model 'm' not found"`, `"provider":"ollama-native"`},
		},
		{
			name: "workers ai, whole", provider: "workers-ai", path: "/v1/chat/completions", body: strings.Replace(hiChat, `"m"`, `"@cf/meta/llama-3.1-8b-instruct"`, 1) + `,"raw":false}`,
			toPath: "/@cf/meta/llama-3.1-8b-instruct", toBody: `{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"max_tokens":9,"raw":false}`,
			contentType: "application/json", status: 200, answer: `{"result":{"response":"Hello"},"success":true,"errors":[],"messages":[]}`,
			want: []string{`"content":"Hello"`, `"finish_reason":"stop"`, `"model":"@cf/meta/llama-3.1-8b-instruct"`},
		},
		{
			name: "workers ai, streamed to responses", provider: "workers-ai", path: "/v1/responses", body: `{"model":"@cf/m","input":"Hi","stream":true}`,
			toPath: "/@cf/m", contentType: "text/event-stream", status: 200,
			answer: "data: {\"response\":\"Hel\"}\n\ndata: {\"response\":\"lo\"}\n\ndata: {\"response\":\"\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
			want:   []string{`"delta":"Hel"`, "event: response.completed", `"input_tokens":5`},
		},
		{
			name: "workers ai, an error with a good status", provider: "workers-ai", path: "/v1/chat/completions", body: strings.Replace(hiChat, `"m"`, `"@cf/m"`, 1) + `}`,
			toPath: "/@cf/m", contentType: "application/json", status: 400, answer: `{"result":null,"success":false,"errors":[{"code":7009,"message":"one"},{"code":1,"message":"two"}]}`,
			want: []string{`"message":"workers-ai error: one, two"`, `"code":"7009"`},
		},
		{
			name: "oracle, whole", provider: "oracle", headers: map[string]string{"X-Portkey-Oracle-Compartment-Id": "ocid1.c"}, path: "/v1/chat/completions", body: hiChat + `}`,
			toPath: "/20231130/actions/chat", toBody: `{"compartmentId":"ocid1.c","servingMode":{"servingType":"ON_DEMAND","modelId":"m"},"chatRequest":{"apiFormat":"GENERIC","messages":[{"role":"SYSTEM","content":[{"type":"TEXT","text":"Be brief."}]},{"role":"USER","content":[{"type":"TEXT","text":"Hi"}]}],"maxTokens":9}}`,
			contentType: "application/json", status: 200,
			answer: `{"modelId":"m","chatResponse":{"apiFormat":"GENERIC","timeCreated":"2024-09-10T20:26:40.000Z","choices":[{"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"Hello"}]},"finishReason":"stop"}],"usage":{"completionTokens":2,"promptTokens":5}}}`,
			want:   []string{`"content":"Hello"`, `"finish_reason":"stop"`, `"created":1726000000`, `"prompt_tokens":5`},
		},
		{
			name: "oracle, streamed", provider: "oracle", headers: map[string]string{"X-Portkey-Oracle-Compartment-Id": "ocid1.c"}, path: "/v1/chat/completions",
			body:   `{"model":"cohere.command-r","stream":true,"messages":[{"role":"user","content":"Hi"}]}`,
			toPath: "/20231130/actions/chat", contentType: "text/event-stream", status: 200,
			answer: `data: {"apiFormat":"COHERE","text":"Hello"}` + "\n\n" + `data: {"apiFormat":"COHERE","text":"Hello","finishReason":"COMPLETE"}` + "\n\n",
			want:   []string{`"content":"Hello"`, `"finish_reason":"stop"`, "data: [DONE]"},
		},
		{
			name: "oracle, an error", provider: "oracle", headers: map[string]string{"X-Portkey-Oracle-Compartment-Id": "ocid1.c"}, path: "/v1/chat/completions", body: hiChat + `}`,
			toPath: "/20231130/actions/chat", contentType: "application/json", status: 404, answer: `{"code":"404","message":"Entity with key m not found"}`,
			want: []string{`"message":"oracle error: Entity with key m not found"`, `"code":"404"`},
		},
	} {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			n.run(t)
		})
	}
}
