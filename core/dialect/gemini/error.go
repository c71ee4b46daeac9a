package gemini

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// statuses is what Google's words for failures mean, and the HTTP status that
// goes with each. For a kind, the first line counts.
//
// https://cloud.google.com/apis/design/errors#handling_errors
var statuses = []struct {
	name   string
	kind   llm.ErrorKind
	status int
}{
	{"INVALID_ARGUMENT", llm.BadRequest, 400},
	{"FAILED_PRECONDITION", llm.BadRequest, 400},
	{"OUT_OF_RANGE", llm.BadRequest, 400},
	{"UNAUTHENTICATED", llm.Credential, 401},
	{"PERMISSION_DENIED", llm.Credential, 403},
	{"NOT_FOUND", llm.NotFound, 404},
	{"ABORTED", llm.Upstream, 409},
	{"ALREADY_EXISTS", llm.BadRequest, 409},
	{"RESOURCE_EXHAUSTED", llm.RateLimited, 429},
	{"CANCELLED", llm.Upstream, 499},
	{"INTERNAL", llm.Upstream, 500},
	{"UNKNOWN", llm.Upstream, 500},
	{"DATA_LOSS", llm.Upstream, 500},
	{"UNIMPLEMENTED", llm.Unsupported, 501},
	{"UNAVAILABLE", llm.Overloaded, 503},
	{"DEADLINE_EXCEEDED", llm.Timeout, 504},
}

// tooLong are words of messages about a prompt that does not fit.
var tooLong = []string{
	"input token count", "exceeds the maximum number of tokens", "number of input tokens", "prompt is too long", "input is too long",
	"context length", "context window", "too many tokens",
}

// status is the body of a failure.
type status struct {
	Code    json.Value `json:"code"`
	Message json.Value `json:"message"`
	Status  json.Value `json:"status"`
	Details json.Value `json:"details"`
}

// detail is one of the messages of google.rpc that go with a failure.
type detail struct {
	Reason     string `json:"reason"`     // ErrorInfo
	RetryDelay string `json:"retryDelay"` // RetryInfo
	Violations []struct {
		QuotaID string `json:"quotaId"` // QuotaFailure
	} `json:"violations"`
	Fields []struct {
		Field string `json:"field"` // BadRequest
	} `json:"fieldViolations"`
}

// DecodeError reads an answer that is not a success: an object with a member
// error, or an array of one, which streams have.
func (x *exchange) DecodeError(code int, h http.Header, body []byte) *llm.Error {
	e := x.failure(body)
	e.Status, e.RawType = code, cmp.Or(h.Get("Content-Type"), e.RawType)
	if e.Kind == llm.Internal {
		e.Kind = llm.KindOfStatus(code)
		heed(e)
	}
	if e.Message == "" && e.RawDialect == "" {
		e.Message = dialect.PlainError(code, h.Get("Content-Type"), body)
	}
	if e.RetryAfter == 0 {
		e.RetryAfter = dialect.RetryAfter(h)
	}
	return e
}

// inside reads a failure that came with status 200. Its code is the status
// that it would have had.
func (x *exchange) inside(body []byte) *llm.Error {
	e := x.failure(body)
	if n, err := strconv.Atoi(e.Code); err == nil && n >= 400 && n < 600 {
		e.Status = n
	}
	if e.Kind == llm.Internal {
		e.Kind = llm.Upstream
		if e.Status != 0 {
			e.Kind = llm.KindOfStatus(e.Status)
		}
	}
	e.Message = cmp.Or(e.Message, "the answer is an error")
	return e
}

// failure makes an error of a body. Its kind is Internal if nothing tells.
func (x *exchange) failure(body []byte) *llm.Error {
	e := &llm.Error{Provider: x.provider, Raw: bytes.Clone(body)}
	v := first(json.Value(bytes.TrimSpace(body)))
	var w struct {
		Error json.Value `json:"error"`
	}
	if v.Kind() != '{' || json.UnmarshalLoose(v, &w) != nil {
		return e
	}
	var s status
	switch w.Error.Kind() {
	case '{':
		if json.UnmarshalLoose(w.Error, &s) != nil {
			return e
		}
		e.RawDialect, e.RawType = llm.Gemini, "application/json"
	case '"':
		e.Message = json.Unquote(w.Error)
		return e
	default:
		e.Message = json.Unquote(json.Lookup(v, "message"))
		return e
	}
	e.Message, e.Type = json.Unquote(s.Message), json.Unquote(s.Status)
	if n, ok := integer(s.Code); ok {
		e.Code = strconv.FormatInt(n, 10)
	}
	for _, known := range statuses {
		if known.name == e.Type {
			e.Kind = known.kind
		}
	}
	var details []detail
	if json.UnmarshalLoose(orNone(s.Details), &details) != nil {
		details = nil
	}
	refine(e, details)
	return e
}

func orNone(v json.Value) json.Value {
	if absent(v) {
		return markArray
	}
	return v
}

// first unwraps the array that streams have around a failure.
func first(v json.Value) json.Value {
	if v.Kind() != '[' {
		return v
	}
	es, err := json.Elements(v)
	if err != nil || len(es) == 0 {
		return nil
	}
	return es[0]
}

// maxDelay bounds what a provider may ask for.
const maxDelay = 24 * time.Hour

// delay reads a duration of protobuf, such as 12s or 0.5s.
func delay(s string) time.Duration {
	seconds, ok := strings.CutSuffix(s, "s")
	f, err := strconv.ParseFloat(strings.TrimSpace(seconds), 64)
	if !ok || err != nil || !(f > 0) {
		return 0
	}
	return time.Duration(min(f*float64(time.Second), float64(maxDelay)))
}

// refine looks closer than the status does. A bad key is an invalid argument
// for the API, and what a day allows is exhausted for longer than a retry.
func refine(e *llm.Error, details []detail) {
	for _, d := range details {
		switch d.Reason {
		case "API_KEY_INVALID", "API_KEY_EXPIRED", "ACCESS_TOKEN_EXPIRED", "API_KEY_SERVICE_BLOCKED":
			e.Kind = llm.Credential
		}
		if e.RetryAfter == 0 {
			e.RetryAfter = delay(d.RetryDelay)
		}
		for _, v := range d.Violations {
			if strings.Contains(v.QuotaID, "PerDay") && e.Kind == llm.RateLimited {
				e.Kind = llm.Quota
			}
		}
		for _, f := range d.Fields {
			e.Param = cmp.Or(e.Param, f.Field)
		}
	}
	heed(e)
}

// heed takes the message's word for what a bad request is.
func heed(e *llm.Error) {
	message := strings.ToLower(e.Message)
	switch {
	case e.Kind != llm.BadRequest:
	case strings.Contains(message, "api key not valid"), strings.Contains(message, "api key expired"):
		e.Kind = llm.Credential
	case slices.ContainsFunc(tooLong, func(s string) bool { return strings.Contains(message, s) }):
		e.Kind = llm.ContextLength
	}
}
