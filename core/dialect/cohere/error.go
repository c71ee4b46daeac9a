package cohere

import (
	"net/http"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// errors reads what Cohere says when it fails: an object whose message stands
// at the top.
//
// https://docs.cohere.com/reference/errors
func (x *exchange) errors() openaierror.Reader {
	return openaierror.Reader{Dialect: llm.Cohere, Provider: x.provider}
}

// DecodeError reads the body of a failed request.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	e := x.errors().Decode(status, h, body)
	switch status {
	case http.StatusUnprocessableEntity: // the arguments are well formed, and wrong
		e.Kind = llm.BadRequest
	case statusBlocked:
		e.Kind = llm.ContentFilter
	}
	return e
}

// statusBlocked is Cohere's own: a token in the request or in the answer is on
// a list.
const statusBlocked = 498

// EncodeError writes an error for a client. A provider's own error of this
// dialect is sent as it came.
func (Codec) EncodeError(e *llm.Error, o dialect.Options) []byte {
	if e.RawDialect == llm.Cohere && json.Lookup(e.Raw, "message").Kind() == '"' {
		return e.Raw
	}
	w := json.NewWriter("{")
	w.StrIf("id", o.RequestID)
	w.Str("message", errorText(e))
	w.Close('}')
	return w.B
}

// errorText is the message for a client. It names the provider unless that
// speaks the client's dialect.
func errorText(e *llm.Error) string {
	if e.RawDialect == llm.Cohere && e.Message != "" {
		return e.Message
	}
	return openaierror.Message(e, e.Provider)
}
