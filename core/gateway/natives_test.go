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
		{
			name: "triton, a prompt", provider: "triton", path: "/v1/completions", body: `{"model":"ensemble","prompt":"Hello","stop":["x"],"bad_words":["y"]}`,
			toPath: "/generate", toBody: `{"text_input":"Hello","max_tokens":100,"temperature":0.7,"top_p":0.7,"top_k":50,"stop_words":["x"],"bad_words":["y"]}`,
			contentType: "application/json", status: 200, answer: `{"model_name":"ensemble","model_version":"1","text_output":" Hi"}`,
			want: []string{`"text":" Hi"`, `"object":"text_completion"`, `"model":"ensemble"`},
		},
		{
			name: "triton, streamed", provider: "triton", path: "/v1/completions", body: `{"model":"m","prompt":"Hello","stream":true}`,
			toPath: "/generate_stream", contentType: "text/event-stream", status: 200, answer: "data: {\"model_name\":\"m\",\"text_output\":\" Hi\"}\n\ndata: {\"text_output\":\" there\"}\n\n",
			want: []string{`"text":" Hi"`, `"text":" there"`, `"finish_reason":"stop"`, "data: [DONE]"},
		},
		{
			name: "triton, an error", provider: "triton", path: "/v1/completions", body: `{"model":"m","prompt":"Hello"}`,
			toPath: "/generate", contentType: "application/json", status: 400, answer: `{"error":"in ensemble, bad request"}`,
			want: []string{`"message":"triton error: in ensemble, bad request"`},
		},
		{
			name: "workers ai, a prompt", provider: "workers-ai", path: "/v1/completions", body: `{"model":"@cf/m","prompt":"Hello","max_tokens":10}`,
			toPath: "/@cf/m", toBody: `{"prompt":"Hello","max_tokens":10}`, contentType: "application/json", status: 200, answer: `{"result":{"response":" Hi"},"success":true}`,
			want: []string{`"text":" Hi"`, `"finish_reason":"stop"`},
		},
		{
			name: "hugging face, a prompt", provider: "huggingface", path: "/v1/completions", body: `{"model":"m/x","prompt":"Hello"}`,
			toPath: "/models/m/x/v1/completions", toBody: `{"model":"m/x","prompt":"Hello"}`, contentType: "application/json", status: 200,
			answer: `{"id":"c","object":"text_completion","created":1,"model":"m/x","choices":[{"text":" Hi","index":0,"finish_reason":"length"}]}`,
			want:   []string{`"text":" Hi"`, `"finish_reason":"length"`},
		},
		{
			name: "predibase without an adapter", provider: "predibase", path: "/v1/chat/completions", body: `{"model":"llama-3-8b","user":"t1","messages":[{"role":"user","content":"Hi"}]}`,
			toPath: "/t1/deployments/v2/llms/llama-3-8b/v1/chat/completions", toBody: `{"model":"","messages":[{"role":"user","content":"Hi"}]}`,
			contentType: "application/json", status: 422, answer: `{"error":"bad","error_type":"validation"}`, want: []string{`"message":"predibase error: bad"`},
		},
		{
			name: "stability, an image", provider: "stability-ai", path: "/v1/images/generations", body: `{"model":"core","prompt":"a cat","size":"1024x1024"}`,
			toPath: "/v2beta/stable-image/generate/core", contentType: "application/json", status: 200, answer: `{"image":"AAAA","finish_reason":"SUCCESS","seed":1}`,
			want: []string{`"b64_json":"AAAA"`},
		},
		{
			name: "segmind, an image", provider: "segmind", path: "/v1/images/generations", body: `{"model":"sdxl","prompt":"a cat"}`,
			toPath: "/sdxl", contentType: "image/png", status: 200, answer: "hi", want: []string{`"b64_json":"aGk="`},
		},
		{
			name: "workers ai, an image", provider: "workers-ai", path: "/v1/images/generations", body: `{"model":"@cf/x/sdxl","prompt":"a cat"}`,
			toPath: "/@cf/x/sdxl", toBody: `{"prompt":"a cat"}`, contentType: "image/png", status: 200, answer: "hi", want: []string{`"b64_json":"aGk="`},
		},
		{
			name: "workers ai, vectors", provider: "workers-ai", path: "/v1/embeddings", body: `{"model":"@cf/baai/bge","input":"a"}`,
			toPath: "/@cf/baai/bge", toBody: `{"text":["a"]}`, contentType: "application/json", status: 200, answer: `{"result":{"data":[[1,2]]},"success":true}`,
			want: []string{`"embedding":[1,2]`},
		},
		{
			name: "ollama, vectors", provider: "ollama-native", path: "/v1/embeddings", body: `{"model":"m","input":["a","b"]}`,
			toPath: "/api/embed", toBody: `{"model":"m","input":["a","b"]}`, contentType: "application/json", status: 200, answer: `{"model":"m","embeddings":[[1],[2]],"prompt_eval_count":3}`,
			want: []string{`"embedding":[2]`, `"prompt_tokens":3`},
		},
	} {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			n.run(t)
		})
	}
}
