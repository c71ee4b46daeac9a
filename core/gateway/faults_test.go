package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core/gateway"
	"sluice/core/internal/json"
)

// openaiLike are the providers of OpenAI's dialect that the reference sends
// less than its clients say.
var openaiLike = strings.Fields(`302ai anyscale azure-openai cerebras deepbricks deepinfra deepseek fireworks-ai github groq huggingface hyperbolic
	inference-net lemonfox-ai lepton lingyi matterai mistral-ai monsterapi moonshot ncompass nebius nextbit novita-ai nscale ollama openai openrouter
	ovhcloud perplexity-ai sambanova siliconflow together-ai x-ai z-ai zhipu`)

// fullChat has a member for each that the reference is known to lose
// somewhere, and one that nobody has heard of.
const fullChat = `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"image_url","image_url":{"url":"https://images.example/a.png"}}]},` +
	`{"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"x"}],` +
	`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto","parallel_tool_calls":false,"response_format":{"type":"json_object"},` +
	`"stop":["a"],"n":2,"seed":7,"logprobs":true,"top_logprobs":2,"user":"u","presence_penalty":0.5,"frequency_penalty":0.5,"temperature":1.5,"top_p":0.9,"max_tokens":50,"reasoning_effort":"low","brand_new":{"a":1}}`

const fullAnswer = `{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":{"content":[]},"finish_reason":"tool_calls"},{"index":1,"message":{"role":"assistant","content":"b"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}},"search_results":[{"url":"u"}]}`

// fullStream has two choices, reasoning, a call, a comment, and usage beside
// the last delta.
const fullStream = `data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","reasoning":"r"},"logprobs":{"content":[]},"finish_reason":null}]}

data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null},{"index":1,"delta":{"content":"b"},"finish_reason":null}]}

data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"},{"index":1,"delta":{"content":"c"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}

data: [DONE]

`

// changed are the members that a provider is documented to refuse, or to call
// by another name: the text that must be sent in their place, "" for nothing.
var changed = map[string]map[string]string{
	"mistral-ai": {"messages": strings.Replace(string(json.Lookup([]byte(fullChat), "messages")), `"reasoning_content":"r",`, "", 1), "seed": "", "logprobs": "", "top_logprobs": "", "user": ""},
	"monsterapi": {"temperature": "1"},
	"groq":       {"logprobs": "", "top_logprobs": ""},
	"cerebras":   {"presence_penalty": "", "frequency_penalty": ""},
}

func TestProvidersOfOneDialectGetAndGiveEverything(t *testing.T) {
	t.Parallel()
	for _, id := range openaiLike {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var sent []byte
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				sent = body
				mu.Unlock()
				if json.Lookup(body, "stream").Kind() == 't' {
					w.Header().Set("Content-Type", "text/event-stream")
					write(w, fullStream)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				write(w, fullAnswer)
			})
			headers := map[string]string{
				"X-Portkey-Provider": id, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k", "X-Portkey-Strict-Open-Ai-Compliance": "false",
				"X-Portkey-Azure-Resource-Name": "r", "X-Portkey-Azure-Deployment-Id": "d", "X-Portkey-Azure-Api-Version": "2024-10-21",
			}
			status, got := post(t, front, "/v1/chat/completions", fullChat, headers)
			if status != http.StatusOK || got != fullAnswer {
				t.Errorf("%d %s", status, got)
			}
			checkMembers(t, id, sent)
			stream := strings.Replace(fullChat, `"model"`, `"stream":true,"stream_options":{"include_usage":true},"model"`, 1)
			if status, got = post(t, front, "/v1/chat/completions", stream, headers); status != http.StatusOK || got != fullStream {
				t.Errorf("streamed: %d %s", status, got)
			}
			checkMembers(t, id, sent)
		})
	}
}

func checkMembers(t *testing.T, id string, sent []byte) {
	t.Helper()
	members, err := json.Members([]byte(fullChat))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if other, ok := changed[id][m.Name]; ok {
			m.Value = json.Value(other)
		}
		if got := json.Lookup(sent, m.Name); string(got) != string(m.Value) {
			t.Errorf("%s: %s is sent as %s", id, m.Name, got)
		}
	}
}

// No stream is held back on purpose: the reference sleeps 25 ms before each,
// and 1 ms before every chunk of Azure's. The fastest of several is measured,
// since a busy machine makes all but that slow.
func TestStreamsAreNotHeldBack(t *testing.T) {
	const chunks = 60
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		write(w, strings.Repeat(`data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}`+"\n\n", chunks)+
			`data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	})
	for _, id := range []string{"openai", "azure-openai", "groq"} {
		fastest := time.Hour
		for range 20 {
			began := time.Now()
			status, body := post(t, front, "/v1/chat/completions", strings.Replace(hello, "{", `{"stream":true,`, 1), map[string]string{
				"X-Portkey-Provider": id, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
				"X-Portkey-Azure-Resource-Name": "r", "X-Portkey-Azure-Deployment-Id": "d", "X-Portkey-Azure-Api-Version": "2024-10-21",
			})
			if status != http.StatusOK || strings.Count(body, "data: {") != chunks+1 {
				t.Fatalf("%s: %d %s", id, status, body)
			}
			fastest = min(fastest, time.Since(began))
		}
		if fastest > 20*time.Millisecond {
			t.Errorf("%s: the fastest stream took %v", id, fastest)
		}
	}
}
