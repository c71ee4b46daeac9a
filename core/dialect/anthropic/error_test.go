package anthropic

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func TestErrorsForClients(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  *llm.Error
		want string
	}{
		{"our own", llm.Errorf(llm.BadRequest, "messages: <required>"), `{"type":"error","error":{"type":"invalid_request_error","message":"messages: <required>"},"request_id":"req_1"}`},
		{"the gateway's key", llm.Errorf(llm.Unauthenticated, "no key"), `{"type":"error","error":{"type":"authentication_error","message":"no key"},"request_id":"req_1"}`},
		{"forbidden", llm.Errorf(llm.Forbidden, "no"), `{"type":"error","error":{"type":"permission_error","message":"no"},"request_id":"req_1"}`},
		{"quota", llm.Errorf(llm.Quota, "no"), `{"type":"error","error":{"type":"billing_error","message":"no"},"request_id":"req_1"}`},
		{"limit", llm.Errorf(llm.RateLimited, "no"), `{"type":"error","error":{"type":"rate_limit_error","message":"no"},"request_id":"req_1"}`},
		{"overload", &llm.Error{Kind: llm.Overloaded}, `{"type":"error","error":{"type":"overloaded_error","message":"overloaded"},"request_id":"req_1"}`},
		{"timeout", &llm.Error{Kind: llm.Timeout}, `{"type":"error","error":{"type":"timeout_error","message":"timeout"},"request_id":"req_1"}`},
		{"truncated", &llm.Error{Kind: llm.Truncated}, `{"type":"error","error":{"type":"api_error","message":"truncated answer"},"request_id":"req_1"}`},
		{"a cause that clients must not see", &llm.Error{Kind: llm.Unreachable, Message: "no connection", Err: http.ErrNoLocation}, `{"type":"error","error":{"type":"api_error","message":"no connection"},"request_id":"req_1"}`},
		{"Anthropic's own", &llm.Error{Kind: llm.Overloaded, Raw: []byte(`{"type":"error", "error":{"type":"x"}}`), RawDialect: llm.Anthropic}, `{"type":"error", "error":{"type":"x"}}`},
		{"another provider's", &llm.Error{Kind: llm.RateLimited, Type: "tokens", Message: "slow down", Raw: []byte(`{"error":{}}`), RawDialect: llm.OpenAIChat}, `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"},"request_id":"req_1"}`},
		{"raw bytes that are no error", &llm.Error{Kind: llm.Upstream, Message: "x", Raw: []byte(`<html>`), RawDialect: llm.Anthropic}, `{"type":"error","error":{"type":"api_error","message":"x"},"request_id":"req_1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(Codec{}.EncodeError(tt.err, dialect.Options{RequestID: "req_1"})); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestEveryKindHasAType(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, e := range errorTypes {
		known[e.name] = true
	}
	for k := range llm.ErrorKind(64) {
		if typ := typeOf(&llm.Error{Kind: k}); !known[typ] {
			t.Errorf("%s has the type %q, which is none of the API's", k, typ)
		}
	}
}

func TestFullContextIsToldInTheWordsThatClientsWaitFor(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"OpenAI", "This model's maximum context length is 128000 tokens. However, your messages resulted in 130512 tokens. Please reduce the length of the messages.", "130512 tokens > 128000 maximum"},
		{"OpenAI, with the answer", "This model's maximum context length is 8191 tokens, however you requested 10346 tokens (10341 in your prompt; 5 for the completion).", "10346 tokens > 8191 maximum"},
		{"OpenRouter", "This endpoint's maximum context length is 1048576 tokens. However, you requested about 1293741 tokens (1227853 of text input)", "1293741 tokens > 1048576 maximum"},
		{"vLLM", "This model's maximum context length is 4096 tokens and your request has 5104 input tokens", "5104 tokens > 4096 maximum"},
		{"vLLM, newer", "You passed a lot. This model's maximum context length is 32768 tokens. However, your prompt contains at least 40000 input tokens", "40000 tokens > 32768 maximum"},
		{"vLLM, older", "The decoder prompt (length 9000) is longer than the maximum model length of 8192.", "9000 tokens > 8192 maximum"},
		{"OpenAI Responses", "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300,000 tokens.", "300000 tokens > 272000 maximum"},
		{"Gemini", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "1200000 tokens > 1048576 maximum"},
		{"Gemini, older", "The input token count is 40000 but model only supports up to 32768.", "40000 tokens > 32768 maximum"},
		{"Bedrock", "ValidationException: Too many input tokens. Max input tokens: 8192, request input token count: 9279", "9279 tokens > 8192 maximum"},
		{"Mistral", "Prompt contains 33000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", "33000 tokens > 32768 maximum"},
		{"xAI", "This model's maximum prompt length is 131072 but the request contains 537812 tokens.", "537812 tokens > 131072 maximum"},
		{"Cohere", "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.", "5000 tokens > 4081 maximum"},
		{"llama.cpp", "the request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it", "9000 tokens > 8192 maximum"},
		{"Together", "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens", "9000 tokens > 8193 maximum"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !overflows(strings.ToLower(tt.text)) && tt.name != "Together" {
				t.Error("is not recognised as a full context")
			}
			b := Codec{}.EncodeError(&llm.Error{Kind: llm.ContextLength, Message: tt.text}, dialect.Options{})
			want := "prompt is too long: " + tt.want + " (" + tt.text + ")"
			if got := json.Unquote(json.Lookup(b, "error", "message")); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	for _, same := range []string{"prompt is too long: 205182 tokens > 200000 maximum", "input length and `max_tokens` exceed context limit: 1 + 2 > 3"} {
		if got := overflowText(same); got != same {
			t.Errorf("got %q, want it as it was", got)
		}
	}
	if got, want := overflowText("Input is too long for requested model."), "prompt is too long: Input is too long for requested model."; got != want {
		t.Errorf("without numbers: got %q, want %q", got, want)
	}
}

func TestErrorsOfProviders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		status  int
		header  http.Header
		body    string
		kind    llm.ErrorKind
		message string
		raw     llm.Dialect
	}{
		{"Anthropic's", 429, nil, `{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}`, llm.RateLimited, "slow", llm.Anthropic},
		{"a page", 502, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, `<!DOCTYPE html><h1>Bad gateway at 10.0.0.1</h1>`, llm.Upstream, "Bad Gateway", ""},
		{"a page without a type", 503, nil, `<html>`, llm.Overloaded, "Service Unavailable", ""},
		{"words", 500, http.Header{"Content-Type": {"text/plain"}}, "upstream connect error\nstack", llm.Upstream, "upstream connect error", ""},
		{"nothing", 504, nil, ``, llm.Timeout, "Gateway Timeout", ""},
		{"a text for an error", 400, nil, `{"error":"no such thing"}`, llm.BadRequest, "no such thing", ""},
		{"a detail", 422, nil, `{"detail":"bad"}`, llm.BadRequest, "bad", ""},
		{"null", 500, nil, `null`, llm.Upstream, "null", ""},
		{"a message of another type", 500, nil, `{"error":{"message":5}}`, llm.Upstream, "Internal Server Error", ""},
		{"an empty array", 500, nil, `[]`, llm.Upstream, "Internal Server Error", ""},
		{"a full context in OpenAI's words", 400, nil, `{"error":{"message":"too big","type":"invalid_request_error","code":"context_length_exceeded"}}`, llm.ContextLength, "too big", ""},
		{"a full context by size", 413, nil, `{"type":"error","error":{"type":"request_too_large","message":"prompt is too long"}}`, llm.ContextLength, "prompt is too long", llm.Anthropic},
		{"an answer that was filtered", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`, llm.ContentFilter, "Output blocked by content filtering policy", llm.Anthropic},
		{"an empty account in OpenAI's words", 429, nil, `{"error":{"message":"no","code":"insufficient_quota"}}`, llm.Quota, "no", ""},
		{"max_tokens above the model's", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens"}}`, llm.BadRequest, "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens", llm.Anthropic},
		{"a large body", 413, nil, `{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}`, llm.TooLarge, "Request exceeds the maximum size", llm.Anthropic},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Codec{}.Raw(nil).DecodeError(tt.status, tt.header, []byte(tt.body))
			if e.Kind != tt.kind || e.Message != tt.message || e.Status != tt.status || e.RawDialect != tt.raw || string(e.Raw) != tt.body {
				t.Errorf("got %+v (kind %q), want kind %q and message %q", e, e.Kind, tt.kind, tt.message)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		want  time.Duration
	}{
		{"", 0}, {"12", 12 * time.Second}, {"0.5", 500 * time.Millisecond}, {"-1", 0}, {"soon", 0},
		{"Sun, 22 Nov 2026 16:00:30 GMT", 30 * time.Second},
		{"Sun, 22 Nov 2026 15:00:00 GMT", 0},
	}
	for _, tt := range tests {
		h := http.Header{"Retry-After": {tt.value}, "Date": {"Sun, 22 Nov 2026 16:00:00 GMT"}}
		if got := (&exchange{}).DecodeError(429, h, nil).RetryAfter; got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.value, got, tt.want)
		}
	}
}
