package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/frame"
)

const textStream = `data: {"id":"cmpl-7","object":"text_completion","created":1726000000,"model":"m","choices":[{"text":"A test","index":0,"logprobs":null,"finish_reason":null}],"x_unheard_of":1}` + "\n\n" +
	`data: {"id":"cmpl-7","object":"text_completion","created":1726000000,"model":"m","choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]}` + "\n\n"

const textUsage = `data: {"id":"cmpl-7","object":"text_completion","created":1726000000,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}` + "\n\n"

const wholeText = `{"id":"cmpl-7","object":"text_completion","created":1726000000,"model":"m","choices":[{"text":"A test","index":0,"logprobs":null,"finish_reason":"length"}],"x_unheard_of":1,"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}`

// TestCompletionsTravelAsTheyAre asks a provider that completes texts: the
// body is the client's but for the wish for usage, which stays between the
// gateway and the provider.
func TestCompletionsTravelAsTheyAre(t *testing.T) {
	t.Parallel()
	var sent string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if sent = r.URL.Path + " " + string(body); strings.Contains(sent, `"stream"`) {
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, textStream+textUsage+"data: [DONE]\n\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		write(w, wholeText)
	})
	tests := []struct{ name, provider, body, path, sent, answer string }{
		{"whole", "openai", `{"model":"m", "prompt":["a","b"],"suffix":"c","echo":true,"x_new":1.50}`, "/completions", `{"model":"m", "prompt":["a","b"],"suffix":"c","echo":true,"x_new":1.50}`, wholeText},
		{"of a provider with versions in its paths", "together-ai", `{"model":"m","prompt":[1,2]}`, "/v1/completions", `{"model":"m","prompt":[1,2]}`, wholeText},
		{"streamed", "openai", `{"model":"m","prompt":"a","stream":true}`, "/completions", `{"model":"m","prompt":"a","stream":true,"stream_options":{"include_usage":true}}`, textStream + "data: [DONE]\n\n"},
		{"streamed with usage", "openai", `{"model":"m","prompt":"a","stream":true,"stream_options":{"include_usage":true}}`, "/completions",
			`{"model":"m","prompt":"a","stream":true,"stream_options":{"include_usage":true}}`, textStream + textUsage + "data: [DONE]\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := post(t, front, "/v1/completions", tt.body, map[string]string{"X-Portkey-Provider": tt.provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"})
			if status != http.StatusOK || body != tt.answer {
				t.Errorf("%d\n%s\nwant\n%s", status, body, tt.answer)
			}
			if want := tt.path + " " + tt.sent; sent != want {
				t.Errorf("sent %s\nwant %s", sent, want)
			}
		})
	}
}

// conversations answers a question in the words of four dialects.
func conversations(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if text := string(body); !strings.Contains(text, "Say hello") || !strings.Contains(text, "user") || strings.Contains(text, `"prompt"`) {
			t.Errorf("upstream was sent %s %s", r.URL.Path, body)
		}
		w.Header().Set("Content-Type", "application/json")
		path := r.URL.Path
		switch {
		case strings.HasSuffix(path, "/messages") && strings.Contains(string(body), `"stream":true`):
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n"+
				"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"+
				"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"+
				"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"+
				"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":4}}\n\n"+
				"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
		case strings.HasSuffix(path, "/messages"):
			write(w, `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hello"}],"stop_reason":"max_tokens","usage":{"input_tokens":5,"output_tokens":4}}`)
		case strings.HasSuffix(path, ":streamGenerateContent"):
			w.Header().Set("Content-Type", "text/event-stream")
			write(w, "data: "+geminiHello+"\r\n\r\n")
		case strings.HasSuffix(path, ":generateContent"):
			write(w, geminiHello)
		case strings.HasSuffix(path, "/converse-stream"):
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			var b []byte
			for _, e := range [][2]string{
				{"messageStart", `{"role":"assistant"}`}, {"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hello"}}`}, {"contentBlockStop", `{"contentBlockIndex":0}`},
				{"messageStop", `{"stopReason":"max_tokens"}`}, {"metadata", `{"usage":{"inputTokens":5,"outputTokens":4,"totalTokens":9}}`},
			} {
				b = frame.AppendEvent(b, e[0], []byte(e[1]))
			}
			write(w, string(b))
		case strings.HasSuffix(path, "/converse"):
			write(w, `{"output":{"message":{"role":"assistant","content":[{"text":"Hello"}]}},"stopReason":"max_tokens","usage":{"inputTokens":5,"outputTokens":4,"totalTokens":9}}`)
		default:
			write(w, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}`)
		}
	}
}

const geminiHello = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":4,"totalTokenCount":9},"modelVersion":"m"}`

// TestCompletionsAreAnsweredByModelsThatConverse asks providers without the
// API, whole and streamed: the prompt is a question, the answer a text.
func TestCompletionsAreAnsweredByModelsThatConverse(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, conversations(t))
	for provider, streams := range map[string]bool{"anthropic": true, "google": true, "bedrock": true, "groq": false} {
		headers := map[string]string{
			"X-Portkey-Provider": provider, "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k",
			"X-Portkey-Aws-Access-Key-Id": "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key": "s", "X-Portkey-Aws-Region": "us-east-1",
		}
		const ask = `{"model":"anthropic.claude-3","prompt":["Say hello"],"max_tokens":9,"echo":false,"stop":"x"`
		status, body := post(t, front, "/v1/completions", ask+"}", headers)
		for _, want := range []string{`"object":"text_completion"`, `"choices":[{"text":"Hello","index":0,"logprobs":null,"finish_reason":"length"}]`, `"prompt_tokens":5,"completion_tokens":4,"total_tokens":9`} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d, no %s in\n%s", provider, status, want, body)
			}
		}
		if !streams {
			continue
		}
		status, body = post(t, front, "/v1/completions", ask+`,"stream":true,"stream_options":{"include_usage":true}}`, headers)
		for _, want := range []string{`"choices":[{"text":"Hello","index":0,"logprobs":null,"finish_reason":null}]`, `"finish_reason":"length"`, `"choices":[],"usage":{"prompt_tokens":5`, "data: [DONE]\n\n"} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s, streamed: %d, no %s in\n%s", provider, status, want, body)
			}
		}
	}
}

// TestWhatNoConversationCanSayIsRefused names the member, and nothing is sent.
func TestWhatNoConversationCanSayIsRefused(t *testing.T) {
	t.Parallel()
	front, up := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) { t.Error("sent on") })
	for body, param := range map[string]string{
		`{"model":"m","max_tokens":9,"prompt":["a","b"]}`:          "prompt",
		`{"model":"m","max_tokens":9,"prompt":[[1,2]]}`:            "prompt",
		`{"model":"m","max_tokens":9}`:                             "prompt",
		`{"model":"m","max_tokens":9,"prompt":"a","suffix":"b"}`:   "suffix",
		`{"model":"m","max_tokens":9,"prompt":"a","echo":true}`:    "echo",
		`{"model":"m","max_tokens":9,"prompt":"a","top_p":"high"}`: "top_p",
	} {
		status, got := post(t, front, "/v1/completions", body, map[string]string{"X-Portkey-Provider": "anthropic", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"})
		if status != http.StatusBadRequest || !strings.Contains(got, `"message":"`+param+": ") {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
}

// TestModelsThatOnlyCompleteAnswerChat asks OpenAI's last model without chat
// as a client of chat, and one with chat as a client of completions.
func TestModelsThatOnlyCompleteAnswerChat(t *testing.T) {
	t.Parallel()
	var sent string
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.URL.Path + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/completions" {
			write(w, wholeText)
			return
		}
		write(w, wholeChat)
	})
	headers := map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": up.URL, "Authorization": "Bearer k"}
	const two = `"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]`
	tests := []struct {
		name, path, body string
		status           int
		sent, answer     string
	}{
		{"a conversation", "/v1/chat/completions", `{"model":"gpt-3.5-turbo-instruct",` + two + `}`, 200,
			`/completions {"model":"gpt-3.5-turbo-instruct","prompt":"system: Be brief.\nuser: Hi\nAssistant:"}`, `"message":{"role":"assistant","content":"A test"`},
		{"with tools", "/v1/chat/completions", `{"model":"davinci-002",` + two + `,"tools":[{"type":"function","function":{"name":"f"}}]}`, 400, "", `"message":"tools: `},
		{"a prompt", "/v1/completions", `{"model":"gpt-4o","prompt":"Hi"}`, 200,
			`/chat/completions {"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`, `"object":"text_completion"`},
	}
	for _, tt := range tests {
		sent = ""
		status, body := post(t, front, tt.path, tt.body, headers)
		if status != tt.status || sent != tt.sent || !strings.Contains(body, tt.answer) {
			t.Errorf("%s: %d %s\nsent %s", tt.name, status, body, sent)
		}
	}
}
