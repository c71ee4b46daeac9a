package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

const cohereAnswer = `{"id":"c1","message":{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"ls_1","type":"function","function":{"name":"ls","arguments":"{\"p\":\".\"}"}}]},` +
	`"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":10,"output_tokens":5},"tokens":{"input_tokens":70,"output_tokens":8}}}`

const cohereStream = "event: message-start\n" + `data: {"id":"c1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}` + "\n\n" +
	"event: content-start\n" + `data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}` + "\n\n" +
	"event: content-delta\n" + `data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hello"}}}}` + "\n\n" +
	"event: content-end\n" + `data: {"type":"content-end","index":0}` + "\n\n" +
	"event: tool-call-start\n" + `data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"ls_1","type":"function","function":{"name":"ls","arguments":""}}}}}` + "\n\n" +
	"event: tool-call-delta\n" + `data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"p\":\".\"}"}}}}}` + "\n\n" +
	"event: tool-call-end\n" + `data: {"type":"tool-call-end","index":0}` + "\n\n" +
	"event: message-end\n" + `data: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"tokens":{"input_tokens":70,"output_tokens":8}}}}` + "\n\ndata: [DONE]\n\n"

// TestCohereAnswersEveryClient asks Cohere in its own words, from every
// dialect that has a route, streamed and not, with a tool and its result: fault
// 40 of the reference, which loses them.
func TestCohereAnswersEveryClient(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.RequestURI() != "/v2/chat" || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("upstream was asked at %s with %v", r.URL, r.Header)
		}
		for _, want := range []string{
			`"role":"system"`, `"tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{}"}}]`, `"role":"tool","tool_call_id":"t1"`,
		} {
			if !strings.Contains(string(body), want) {
				t.Errorf("upstream was sent no %s in\n%s", want, body)
			}
		}
		if strings.Contains(string(body), `"stream":true`) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, cohereStream)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, cohereAnswer)
	})
	headers := map[string]string{"X-Portkey-Provider": "cohere", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	const chatBody = `{"model":"command-a-03-2025","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},` +
		`{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t1","content":"a.txt"}],` +
		`"tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object"}}}]`
	const messagesBody = `{"model":"command-a-03-2025","max_tokens":99,"system":"Be brief.","messages":[{"role":"user","content":"Hi"},` +
		`{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"ls","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a.txt"}]}],` +
		`"tools":[{"name":"ls","input_schema":{"type":"object"}}]`
	const responsesBody = `{"model":"command-a-03-2025","store":false,"instructions":"Be brief.","input":[{"role":"user","content":"Hi"},` +
		`{"type":"function_call","call_id":"t1","name":"ls","arguments":"{}"},{"type":"function_call_output","call_id":"t1","output":"a.txt"}],` +
		`"tools":[{"type":"function","name":"ls","parameters":{"type":"object"}}]`
	const own = `{"model":"command-a-03-2025","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},` +
		`{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t1","content":"a.txt"}]`
	tests := []struct {
		name, path, body string
		want             []string
	}{
		{"chat", "/v1/chat/completions", chatBody + "}", []string{`"tool_calls":[{"id":"ls_1"`, `"finish_reason":"tool_calls"`, `"prompt_tokens":70`, `"completion_tokens":8`}},
		{"chat, streamed", "/v1/chat/completions", chatBody + `,"stream":true}`, []string{`"content":"Hello"`, `"id":"ls_1"`, `"finish_reason":"tool_calls"`, "data: [DONE]"}},
		{"messages", "/v1/messages", messagesBody + "}", []string{`"thinking":"I will look."`, `"id":"ls_1","name":"ls","input":{"p":"."}`, `"stop_reason":"tool_use"`, `"output_tokens":8`}},
		{"messages, streamed", "/v1/messages", messagesBody + `,"stream":true}`, []string{`"text":"Hello"`, `"id":"ls_1"`, `"stop_reason":"tool_use"`, "event: message_stop"}},
		{"responses", "/v1/responses", responsesBody + "}", []string{`"type":"function_call"`, `"call_id":"ls_1"`, `"status":"completed"`}},
		{"responses, streamed", "/v1/responses", responsesBody + `,"stream":true}`, []string{`"delta":"Hello"`, `"call_id":"ls_1"`, "event: response.completed"}},
		{"its own", "/v2/chat", own + "}", []string{cohereAnswer}},
		{"its own, streamed", "/v2/chat", own + `,"stream":true}`, []string{cohereStream}},
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

const cohereRequest = `{"model":"m","documents":[{"data":{"text":"Krill."},"id":"d1"}],"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},` +
	`{"role":"assistant","tool_plan":"Look.","tool_calls":[{"id":"t1","type":"function","function":{"name":"ls","arguments":"{}"}}]},` +
	`{"role":"tool","tool_call_id":"t1","content":[{"type":"document","document":{"data":{"files":1}}}]}],` +
	`"tools":[{"type":"function","function":{"name":"ls","description":"d","parameters":{"type":"object"}}}]`

// TestCohereClientsAreAnsweredByAnyProvider asks providers of other dialects
// in Cohere's words.
func TestCohereClientsAreAnsweredByAnyProvider(t *testing.T) {
	t.Parallel()
	const chatCall = `"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"ls","arguments":"{}"}}]`
	providers := map[string]struct{ path, sent, whole, stream string }{
		"openai": {
			"/chat/completions", `"role":"tool","tool_call_id":"t1","content":"{\"files\":1}"`,
			`{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello",` + chatCall + `},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`,
			`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}` + "\n\n" +
				`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{` + chatCall + `},"finish_reason":null}]}` + "\n\n" +
				`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}` + "\n\ndata: [DONE]\n\n",
		},
		"anthropic": {
			"/messages", `"type":"tool_result"`,
			`{"id":"c","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hello"},{"type":"tool_use","id":"call_1","name":"ls","input":{}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}}`,
			`event: message_start` + "\n" + `data: {"type":"message_start","message":{"id":"c","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}` + "\n\n" +
				`event: content_block_start` + "\n" + `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n" +
				`event: content_block_delta` + "\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}` + "\n\n" +
				`event: content_block_stop` + "\n" + `data: {"type":"content_block_stop","index":0}` + "\n\n" +
				`event: content_block_start` + "\n" + `data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"call_1","name":"ls","input":{}}}` + "\n\n" +
				`event: content_block_stop` + "\n" + `data: {"type":"content_block_stop","index":1}` + "\n\n" +
				`event: message_delta` + "\n" + `data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":2}}` + "\n\n" +
				`event: message_stop` + "\n" + `data: {"type":"message_stop"}` + "\n\n",
		},
	}
	for name, p := range providers {
		front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path != p.path || !strings.Contains(string(body), p.sent) || !strings.Contains(string(body), "Krill.") || strings.Contains(string(body), "tool_plan") {
				t.Errorf("%s was sent %s %s", name, r.URL, body)
			}
			w.Header().Set("Content-Type", "application/json")
			if strings.Contains(string(body), `"stream":true`) {
				w.Header().Set("Content-Type", "text/event-stream")
				write(w, p.stream)
				return
			}
			write(w, p.whole)
		})
		headers := map[string]string{"X-Portkey-Provider": name, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
		for how, tt := range map[string]struct {
			body string
			want []string
		}{
			"whole": {cohereRequest + `,"max_tokens":50}`, []string{`"content":[{"type":"text","text":"Hello"}]`, `"tool_calls":[{"id":"call_1","type":"function","function":{"name":"ls","arguments":"{}"}}]`,
				`"finish_reason":"TOOL_CALL"`, `"tokens":{"input_tokens":7,"output_tokens":2}`}},
			"streamed": {cohereRequest + `,"max_tokens":50,"stream":true}`, []string{"event: message-start\n", `"content":{"text":"Hello"}`, `"tool_calls":{"id":"call_1"`, `"finish_reason":"TOOL_CALL"`,
				`"tokens":{"input_tokens":7,"output_tokens":2}`, "data: [DONE]"}},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				status, body := post(t, front, "/v2/chat", tt.body, headers)
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
