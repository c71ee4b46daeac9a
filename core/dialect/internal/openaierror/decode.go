package openaierror

import (
	"bytes"
	"net/http"
	"strconv"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Reader reads the errors of one target.
type Reader struct {
	Dialect  llm.Dialect // whose form the bodies have
	Provider string      // id
}

// Decode reads the body of a failed request. The message is empty if the body
// is JSON of a shape that nobody knows: then the body is the message.
func (r Reader) Decode(status int, h http.Header, body []byte) *llm.Error {
	e := &llm.Error{
		Status: status, Provider: r.Provider, RetryAfter: dialect.RetryAfter(h),
		Raw: bytes.Clone(body), RawDialect: r.Dialect, RawType: h.Get("Content-Type"),
	}
	s, ok := read(body)
	switch {
	case ok:
		e.Message, e.Type, e.Code, e.Param = s.message, s.typ, s.code, s.param
	case json.Valid(body):
	default:
		e.Message = dialect.PlainError(status, h.Get("Content-Type"), body)
	}
	e.Kind = classify(status, s)
	return e
}

// Event reads an error that came without a status of its own, such as one in
// a stream. The code may be one.
func (r Reader) Event(data []byte) *llm.Error {
	s, ok := read(data)
	if !ok && !json.Valid(data) {
		s.message = string(data)
	}
	status, err := strconv.Atoi(s.code)
	if err != nil || status < 400 || status > 599 {
		status = 0
	}
	return &llm.Error{
		Kind: classify(status, s), Status: status, Provider: r.Provider,
		Message: s.message, Type: s.typ, Code: s.code, Param: s.param,
		Raw: bytes.Clone(data), RawDialect: r.Dialect, RawType: "application/json",
	}
}

// Inside reads an error that came with status 200; nil if there is none.
func (r Reader) Inside(body []byte) *llm.Error {
	ms := json.ObjectOf(FirstOf(body))
	if (!ms.Has("error") || ms.IsNull("error")) && string(ms.Get("object")) != `"error"` {
		return nil
	}
	return r.Event(body)
}

// Unreadable is the error about an answer that is no what, such as "a chat
// completion".
func (r Reader) Unreadable(body []byte, what, why string) *llm.Error {
	return &llm.Error{
		Kind: llm.Upstream, Provider: r.Provider, Message: "the answer is not " + what + ": " + why,
		Raw: bytes.Clone(body), RawDialect: r.Dialect, RawType: "application/json",
	}
}

// Malformed is the error about an event of a stream that cannot be decoded.
func (r Reader) Malformed(data []byte, err error) *llm.Error {
	_, what := json.Problem(err)
	return &llm.Error{
		Kind: llm.Upstream, Provider: r.Provider, Message: "an event of the stream cannot be read: " + what,
		Raw: bytes.Clone(data), RawDialect: r.Dialect,
	}
}
