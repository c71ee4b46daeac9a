package llm

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// An ErrorKind is what went wrong, as far as anybody acts on it.
type ErrorKind uint8

// Kinds of errors.
const (
	Internal         ErrorKind = iota
	BadRequest                 // the client's fault
	Invalid                    // the same, found by the validator of control headers and configs
	Unauthenticated            // no valid gateway key
	Forbidden                  // a gateway key that may not
	NotFound                   // no such route, model or thing
	TooLarge                   // the body is over the limit
	UnsupportedMedia           // content type or encoding
	ContextLength              // more tokens than the model takes
	ContentFilter              // refused by a provider's policy
	Credential                 // the provider refused our credential
	Quota                      // the provider's account has nothing left
	RateLimited                // too many requests
	Overloaded                 // the provider has no capacity now
	Timeout                    // no answer in time
	Unreachable                // no connection
	Upstream                   // the provider failed, or its answer cannot be read
	Truncated                  // the answer broke off
	Canceled                   // the client has gone
	Unsupported                // the target cannot do this
	Denied                     // a guardrail does not let it pass
)

// An Error is the only error with a meaning across packages.
type Error struct {
	Kind       ErrorKind
	Status     int    // the provider's HTTP status, or one that must be sent; 0: by kind
	Provider   string // id of the provider that failed; empty: the gateway's own error
	Message    string
	Type       string // the provider's own words, where it has them
	Code       string
	Param      string
	Details    []string      // one line for each fault, of Invalid
	RetryAfter time.Duration // how long to wait, if the provider said so

	Header     http.Header // the provider's headers that may reach the client
	Raw        []byte      // the provider's body as it came
	RawDialect Dialect     // whose error form Raw has
	RawType    string      // content type of Raw

	Hooks *Hooks // what guardrails have found; nil: none has run

	Err error // cause
}

type kindRule struct {
	status int
	retry  bool // trying again may help
	name   string
	typ    string // OpenAI's word
}

// kinds is the one table that says what a kind means.
var kinds = [...]kindRule{
	Internal:         {500, false, "internal error", "server_error"},
	BadRequest:       {400, false, "bad request", "invalid_request_error"},
	Invalid:          {400, false, "invalid request", "invalid_request_error"},
	Unauthenticated:  {401, false, "unauthenticated", "authentication_error"},
	Forbidden:        {403, false, "forbidden", "permission_error"},
	NotFound:         {404, false, "not found", "not_found_error"},
	TooLarge:         {413, false, "too large", "request_too_large"},
	UnsupportedMedia: {415, false, "unsupported media type", "invalid_request_error"},
	ContextLength:    {400, false, "context too long", "invalid_request_error"},
	ContentFilter:    {400, false, "refused by content policy", "invalid_request_error"},
	Credential:       {401, false, "credential refused", "authentication_error"},
	Quota:            {429, false, "quota exhausted", "insufficient_quota"},
	RateLimited:      {429, true, "rate limited", "rate_limit_error"},
	Overloaded:       {503, true, "overloaded", "overloaded_error"},
	Timeout:          {408, true, "timeout", "timeout_error"},
	Unreachable:      {502, true, "unreachable", "api_connection_error"},
	Upstream:         {502, true, "upstream failure", "upstream_error"},
	Truncated:        {502, true, "truncated answer", "upstream_error"},
	Canceled:         {499, false, "canceled", "request_canceled"},
	Unsupported:      {400, false, "unsupported", "invalid_request_error"},
	Denied:           {StatusDenied, false, "denied by a guardrail", "hooks_failed"},
}

func (k ErrorKind) rule() kindRule {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return kinds[Internal]
}

func (k ErrorKind) String() string { return k.rule().name }

// OpenAIType is the word that OpenAI's error envelope has for the kind.
func (k ErrorKind) OpenAIType() string { return k.rule().typ }

// HTTPStatus is the status that a client is sent: the provider's own, else
// the one that the kind means.
func (e *Error) HTTPStatus() int {
	if e.Status >= 400 {
		return e.Status
	}
	return e.Kind.rule().status
}

// Retryable reports whether the same request may succeed if it is sent again.
func (e *Error) Retryable() bool { return e.Kind.rule().retry }

func (e *Error) Error() string {
	msg := e.Kind.String()
	if e.Message != "" {
		msg = e.Message
	}
	if e.Provider != "" {
		msg = e.Provider + ": " + msg
	}
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Told is the message for clients whose form of errors has no place for who
// failed. What we say about a provider, and it did not, begins with its name.
func (e *Error) Told() string {
	text := e.Message
	if text == "" {
		text = e.Kind.String()
	}
	if e.Provider != "" && len(e.Raw) == 0 {
		return e.Provider + ": " + text
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of any error. What has none is a fault of ours.
func KindOf(err error) ErrorKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Errorf makes an error of the gateway's own.
func Errorf(k ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// KindOfStatus classes a provider's HTTP status when its body says no more.
func KindOfStatus(status int) ErrorKind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Credential
	case http.StatusPaymentRequired:
		return Quota
	case http.StatusNotFound:
		return NotFound
	case http.StatusRequestEntityTooLarge:
		return TooLarge
	case http.StatusRequestTimeout, http.StatusGatewayTimeout, 524:
		return Timeout
	case http.StatusTooManyRequests:
		return RateLimited
	case http.StatusServiceUnavailable, 529:
		return Overloaded
	}
	if status >= 500 || status < 400 {
		return Upstream
	}
	return BadRequest
}
