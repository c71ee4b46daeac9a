package bedrock

import (
	"net/http"
	"testing"
	"time"

	"sluice/core/dialect"
	"sluice/core/llm"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		status     int
		typ, body  string
		kind       llm.ErrorKind
		message    string
		clientType string
	}{
		{"the type is in a header", 429, "ThrottlingException:http://internal.amazon.com/coral/", `{"message":"Too many requests"}`, llm.RateLimited, "Too many requests", "ThrottlingException"},
		{"the type is in the body", 400, "", `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}`, llm.Credential, "no", "AccessDeniedException"},
		{"validation", 400, "ValidationException", `{"message":"Malformed input request"}`, llm.BadRequest, "Malformed input request", "ValidationException"},
		{"a prompt that is too long", 400, "ValidationException", `{"message":"The model returned the following errors: input length and ` + "`max_tokens`" + ` exceed context limit: 1 + 2 > 2"}`, llm.ContextLength, "The model returned the following errors: input length and `max_tokens` exceed context limit: 1 + 2 > 2", "ValidationException"},
		{"too many tokens a minute is no long prompt", 429, "ThrottlingException", `{"message":"Too many tokens, please wait before trying again."}`, llm.RateLimited, "Too many tokens, please wait before trying again.", "ThrottlingException"},
		{"expired", 403, "ExpiredTokenException", `{"message":"The security token included in the request is expired"}`, llm.Credential, "The security token included in the request is expired", "ExpiredTokenException"},
		{"an unknown client", 403, "UnrecognizedClientException", `{"message":"x"}`, llm.Credential, "x", "UnrecognizedClientException"},
		{"no such model", 404, "ResourceNotFoundException", `{"message":"x"}`, llm.NotFound, "x", "ResourceNotFoundException"},
		{"not ready", 429, "ModelNotReadyException", `{"message":"x"}`, llm.Overloaded, "x", "ModelNotReadyException"},
		{"unavailable", 503, "ServiceUnavailableException", `{"message":"x"}`, llm.Overloaded, "x", "ServiceUnavailableException"},
		{"timeout", 408, "ModelTimeoutException", `{"message":"x"}`, llm.Timeout, "x", "ModelTimeoutException"},
		{"quota", 400, "ServiceQuotaExceededException", `{"message":"x"}`, llm.Quota, "x", "ServiceQuotaExceededException"},
		{"a type of tomorrow", 500, "TomorrowException", `{"message":"x"}`, llm.Upstream, "x", "ModelErrorException"},
		{"no type", 403, "", `{"message":"x"}`, llm.Credential, "x", "AccessDeniedException"},
		{"no JSON", 502, "", `<html>`, llm.Upstream, "Bad Gateway", "ModelErrorException"},
		{"nothing", 429, "", ``, llm.RateLimited, "Too Many Requests", "ThrottlingException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if tt.typ != "" {
				h.Set("X-Amzn-ErrorType", tt.typ)
			}
			h.Set("Retry-After", "7")
			e := Codec{}.Raw(nil).DecodeError(tt.status, h, []byte(tt.body))
			if e.Kind != tt.kind || e.HTTPStatus() != tt.status || e.Message != tt.message || e.RetryAfter != 7*time.Second {
				t.Errorf("got %+v", e)
			}
			if e.Type != "" || e.Code != "" {
				t.Errorf("chat clients would be told type %q and code %q", e.Type, e.Code)
			}
			if got := ErrorType(e); got != tt.clientType {
				t.Errorf("the client is told %s, want %s", got, tt.clientType)
			}
		})
	}
	if e := (Codec{}).Raw(nil).DecodeError(500, nil, nil); e.Kind != llm.Upstream {
		t.Errorf("without anything: %+v", e)
	}
}

func TestErrorsForClients(t *testing.T) {
	t.Parallel()
	own := Codec{}.Raw(nil).DecodeError(400, nil, []byte(`{"message":"m","reason":"r"}`))
	tests := []struct {
		name      string
		e         *llm.Error
		body, typ string
	}{
		{"of Bedrock as they came", own, `{"message":"m","reason":"r"}`, "ValidationException"},
		{"of others", &llm.Error{Kind: llm.Overloaded, Message: "a \"b\"", Raw: []byte(`{"error":{}}`), RawDialect: llm.Anthropic}, `{"message":"a \"b\"","__type":"ServiceUnavailableException"}`, "ServiceUnavailableException"},
		{"without words", &llm.Error{Kind: llm.Unauthenticated}, `{"message":"unauthenticated","__type":"UnrecognizedClientException"}`, "UnrecognizedClientException"},
		{"of our own", &llm.Error{Kind: llm.Internal, Message: "x"}, `{"message":"x","__type":"InternalServerException"}`, "InternalServerException"},
		{"of limits", &llm.Error{Kind: llm.Quota, Message: "x"}, `{"message":"x","__type":"ServiceQuotaExceededException"}`, "ServiceQuotaExceededException"},
	}
	for _, tt := range tests {
		if got := string(Codec{}.EncodeError(tt.e, dialect.Options{})); got != tt.body {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.body)
		}
		if got := ErrorType(tt.e); got != tt.typ {
			t.Errorf("%s: got type %s, want %s", tt.name, got, tt.typ)
		}
		if got := streamException(tt.e); got[0] < 'a' {
			t.Errorf("%s: %s is not an exception of a stream", tt.name, got)
		}
	}
}
