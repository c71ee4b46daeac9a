package openairesponses

import (
	"net/http"
	"testing"
	"time"

	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		e    llm.Error
		want string
	}{
		{"a provider's", llm.Error{Kind: llm.BadRequest, Provider: "openai", Message: "m", Type: "t", Code: "c", Raw: []byte(`{}`)},
			`{"error":{"message":"openai error: m","type":"t","param":null,"code":"c"},"provider":"openai"}`},
		{"nobody can read", llm.Error{Kind: llm.Upstream, Provider: "openai", Raw: []byte("{\n\"a\": 1}")},
			`{"error":{"message":"Invalid response received from openai: {\"a\":1}","type":null,"param":null,"code":null},"provider":"openai"}`},
		{"the gateway's", llm.Error{Kind: llm.BadRequest, Message: "input: is missing", Param: "input"},
			`{"error":{"message":"input: is missing","type":"invalid_request_error","param":"input","code":null},"status":"failure","message":"input: is missing"}`},
		{"no answer in time", llm.Error{Kind: llm.Timeout, Provider: "openai", Message: "m"},
			`{"error":{"message":"m","type":"timeout_error","param":null,"code":null}}`},
	}
	for _, tt := range tests {
		if got := string(Codec{}.EncodeError(&tt.e, dialect.Options{})); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestErrorsAreClassed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		body   string
		want   llm.ErrorKind
	}{
		{429, `{"error":{"code":"rate_limit_exceeded","message":"x"}}`, llm.RateLimited},
		{429, `{"error":{"code":"insufficient_quota","message":"x"}}`, llm.Quota},
		{500, `{"error":{"code":"server_is_overloaded","message":"x"}}`, llm.Overloaded},
		{400, `{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens."}}`, llm.ContextLength},
		{400, `{"error":{"code":"content_filter","message":"x"}}`, llm.ContentFilter},
		{401, `{"error":{"code":"invalid_api_key","message":"x"}}`, llm.Credential},
		{404, `{"error":{"code":"model_not_found","message":"x"}}`, llm.NotFound},
		{500, `{"error":{"code":"server_error","message":"The content policy service failed"}}`, llm.Upstream},
		{503, `<html>`, llm.Overloaded},
		{400, `{"detail":"Unsupported parameter: x"}`, llm.BadRequest},
	}
	for _, tt := range tests {
		e := Codec{}.Raw(nil).DecodeError(tt.status, http.Header{"Retry-After-Ms": {"1500"}}, []byte(tt.body))
		if e.Kind != tt.want || e.Message == "" || e.RetryAfter != 1500*time.Millisecond {
			t.Errorf("%d %s: got %+v, want kind %s", tt.status, tt.body, e, tt.want)
		}
	}
}
