package openaierror

import (
	"net/http"
	"testing"

	"sluice/core/llm"
)

func TestKindOfErrors(t *testing.T) {
	t.Parallel()
	in := func(message, typ, code string) string {
		return `{"error":{"message":"` + message + `","type":"` + typ + `","code":"` + code + `"}}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		want   llm.ErrorKind
	}{
		{"context by code", 400, in("x", "invalid_request_error", "context_length_exceeded"), llm.ContextLength},
		{"context by words", 400, in("prompt is too long: 140000 tokens > 131072 maximum", "", ""), llm.ContextLength},
		{"context and too large", 413, in("Please reduce the length of the messages", "", ""), llm.ContextLength},
		{"context in a failure of the server", 500, in("maximum context length is 5", "", ""), llm.Upstream},
		{"too many tokens a minute", 413, in("Request too large for model on tokens per minute (TPM)", "tokens", "rate_limit_exceeded"), llm.RateLimited},
		{"quota", 429, in("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), llm.Quota},
		{"balance", 402, in("Insufficient Balance", "unknown_error", "invalid_request_error"), llm.Quota},
		{"credit", 400, in("Your credit balance is too low to access the API", "invalid_request_error", ""), llm.Quota},
		{"rate", 429, in("Rate limit reached", "requests", "rate_limit_exceeded"), llm.RateLimited},
		{"rate by status", 429, `{"message":"no"}`, llm.RateLimited},
		{"overloaded", 429, in("The engine is currently overloaded", "engine_overloaded_error", ""), llm.Overloaded},
		{"overloaded by status", 503, in("x", "server_error", ""), llm.Overloaded},
		{"over capacity", 500, in("The model is over capacity", "", ""), llm.Overloaded},
		{"policy", 400, in("x", "", "content_policy_violation"), llm.ContentFilter},
		{"filter", 400, in("x", "", "content_filter"), llm.ContentFilter},
		{"inspection", 400, in("x", "data_inspection_failed", ""), llm.ContentFilter},
		{"key", 401, in("Incorrect API key provided", "invalid_request_error", "invalid_api_key"), llm.Credential},
		{"key with another status", 400, in("API key not valid. Please pass a valid API key.", "", "INVALID_ARGUMENT"), llm.Credential},
		{"forbidden", 403, in("x", "", ""), llm.Credential},
		{"model", 404, in("x", "", "model_not_found"), llm.NotFound},
		{"model with another status", 400, in("x", "", "model_not_found"), llm.NotFound},
		{"route", 404, `404 page not found`, llm.NotFound},
		{"bad request", 400, in("rate limit must be a number", "invalid_request_error", ""), llm.BadRequest},
		{"server", 500, in("x", "invalid_request_error", ""), llm.Upstream},
		{"timeout", 504, ``, llm.Timeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Reader{Dialect: llm.OpenAIChat}.Decode(tt.status, http.Header{}, []byte(tt.body))
			if e.Kind != tt.want || e.Status != tt.status {
				t.Errorf("got %s with status %d, want %s", e.Kind, e.Status, tt.want)
			}
		})
	}
}

func TestErrorsThatAreNotJSONGetAShortText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, contentType, body, want string }{
		{"page", "text/html", "<!DOCTYPE html><html>cloudflare ray 123</html>", "the provider answered with status 502 Bad Gateway"},
		{"page without a type", "", "\n<html>", "the provider answered with status 502 Bad Gateway"},
		{"nothing", "application/json", "", "the provider answered with status 502 Bad Gateway"},
		{"text", "text/plain", " upstream connect error \n", "upstream connect error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Reader{Dialect: llm.OpenAIChat}.Decode(502, http.Header{"Content-Type": {tt.contentType}}, []byte(tt.body))
			if e.Message != tt.want || string(e.Raw) != tt.body || e.RawType != tt.contentType || e.RawDialect != llm.OpenAIChat {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	t.Parallel()
	raw := []byte(`{}`)
	tests := []struct {
		name string
		e    llm.Error
		want string
	}{
		{"of a provider", llm.Error{Provider: "openai", Raw: raw, Message: "no such model", Type: "invalid_request_error", Code: "model_not_found"},
			`{"error":{"message":"openai error: no such model","type":"invalid_request_error","param":null,"code":"model_not_found"},"provider":"openai"}`},
		{"of a provider that says little", llm.Error{Kind: llm.Credential, Provider: "bedrock", Raw: raw, Message: "You don't"},
			`{"error":{"message":"bedrock error: You don't","type":null,"param":null,"code":null},"provider":"bedrock"}`},
		{"named before", llm.Error{Provider: "openai", Raw: raw, Message: "openai error: x", Param: "messages"},
			`{"error":{"message":"openai error: x","type":null,"param":"messages","code":null},"provider":"openai"}`},
		{"in a form that nobody knows", llm.Error{Provider: "zhipu", Raw: []byte("{\"oops\": \n[1.50]}")},
			`{"error":{"message":"Invalid response received from zhipu: {\"oops\":[1.50]}","type":null,"param":null,"code":null},"provider":"zhipu"}`},
		{"about a provider", llm.Error{Kind: llm.Unreachable, Provider: "groq", Message: "connection refused"},
			`{"error":{"message":"groq error: connection refused","type":"api_connection_error","param":null,"code":null},"provider":"groq"}`},
		{"the gateway stopped waiting", llm.Error{Kind: llm.Timeout, Provider: "groq", Message: "Request exceeded the timeout sent in the request: 500ms"},
			`{"error":{"message":"Request exceeded the timeout sent in the request: 500ms","type":"timeout_error","param":null,"code":null}}`},
		{"the gateway's own", llm.Error{Kind: llm.BadRequest, Message: "n: must be at least 1", Param: "n"},
			`{"error":{"message":"n: must be at least 1","type":"invalid_request_error","param":"n","code":null},"status":"failure","message":"n: must be at least 1"}`},
		{"the gateway's own without words", llm.Error{Kind: llm.Internal},
			`{"error":{"message":"internal error","type":"server_error","param":null,"code":null},"status":"failure","message":"internal error"}`},
		{"a habit", llm.Error{Status: 404, Provider: "huggingface", Raw: raw, Message: "Model m/x does not exist"},
			`{"error":{"message":"huggingface error: Model m/x does not exist","type":null,"param":null,"code":"404"},"provider":"huggingface"}`},
		{"a habit of no prefix", llm.Error{Provider: "x-ai", Raw: raw, Message: "Incorrect API key provided", Code: "c"},
			`{"error":{"message":"Incorrect API key provided","type":null,"param":null,"code":"c"},"provider":"x-ai"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(Encode(&tt.e)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestErrorsInStreamsHaveNoStatusOfTheirOwn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, data    string
		kind          llm.ErrorKind
		status        int
		message, code string
	}{
		{"code is a status", `{"error":{"message":"slow down","code":429}}`, llm.RateLimited, 429, "slow down", "429"},
		{"an event", `{"type":"error","sequence_number":3,"code":"server_error","message":"m"}`, llm.Upstream, 0, "m", "server_error"},
		{"a failed response", `{"type":"response.failed","response":{"error":{"code":"insufficient_quota","message":"m"}}}`, llm.Quota, 0, "m", "insufficient_quota"},
		{"inside an array", `[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]`, llm.Overloaded, 503, "m", "503"},
		{"no JSON", `upstream gone`, llm.Upstream, 0, "upstream gone", ""},
	}
	for _, tt := range tests {
		e := Reader{Provider: "p"}.Event([]byte(tt.data))
		if e.Kind != tt.kind || e.Status != tt.status || e.Message != tt.message || e.Code != tt.code || e.Provider != "p" {
			t.Errorf("%s: got %+v", tt.name, e)
		}
	}
}

func TestAnswersThatHoldAnError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"error":{"message":"m"}}`: true, `{"object":"error","message":"m"}`: true, `[{"error":"m"}]`: true,
		`{"error":null,"choices":[]}`: false, `{"choices":[]}`: false, `no`: false,
	} {
		if e := (Reader{}).Inside([]byte(body)); (e != nil) != want || want && e.Message != "m" {
			t.Errorf("%s: got %v", body, e)
		}
	}
}
