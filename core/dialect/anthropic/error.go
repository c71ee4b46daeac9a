package anthropic

import (
	"bytes"
	"cmp"
	"mime"
	"net/http"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// errorTypes is the table of the API's error types: what they mean, and the
// status that the API sends them with. For a kind, the first line counts.
//
// https://platform.claude.com/docs/en/api/errors
var errorTypes = []struct {
	name   string
	kind   llm.ErrorKind
	status int
}{
	{"invalid_request_error", llm.BadRequest, 400},
	{"authentication_error", llm.Credential, 401},
	{"billing_error", llm.Quota, 402},
	{"permission_error", llm.Credential, 403},
	{"not_found_error", llm.NotFound, 404},
	{"request_too_large", llm.TooLarge, 413},
	{"rate_limit_error", llm.RateLimited, 429},
	{"api_error", llm.Upstream, 500},
	{"timeout_error", llm.Timeout, 504},
	{"overloaded_error", llm.Overloaded, 529},
}

// typeOf is the type that tells a client of an error. Other providers have
// some of the names, too, and mean more by them: OpenAI's invalid_request_error
// may be a model that does not exist. So the kind decides.
func typeOf(e *llm.Error) string {
	for _, t := range errorTypes {
		if t.name == e.Type && t.kind == e.Kind {
			return t.name
		}
	}
	if e.Kind == llm.Unsupported && e.Status == http.StatusNotFound {
		return "not_found_error"
	}
	switch e.Kind {
	case llm.Unauthenticated:
		return "authentication_error"
	case llm.Forbidden:
		return "permission_error"
	case llm.BadRequest, llm.Invalid, llm.ContextLength, llm.ContentFilter, llm.UnsupportedMedia, llm.Unsupported, llm.Denied:
		return "invalid_request_error"
	}
	for _, t := range errorTypes {
		if t.kind == e.Kind {
			return t.name
		}
	}
	return "api_error"
}

type errorBody struct {
	Type      string     `json:"type"`
	Error     errorInner `json:"error"`
	RequestID string     `json:"request_id,omitzero"`
}

type errorInner struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// EncodeError writes an error. A provider's own error of this dialect is sent
// as it came. A full context is told in the words that clients wait for: see
// overflow.go.
func (Codec) EncodeError(e *llm.Error, o dialect.Options) []byte {
	if e.RawDialect == llm.Anthropic && json.Unquote(json.Lookup(e.Raw, "type")) == "error" {
		return e.Raw
	}
	return marshal(errorBody{
		Type:      "error",
		Error:     errorInner{Type: typeOf(e), Message: messageOf(e)},
		RequestID: o.RequestID,
	})
}

// messageOf is the text for the client. The cause stays inside: it may name
// hosts and keys.
func messageOf(e *llm.Error) string {
	text := e.Told()
	if e.Kind == llm.ContextLength {
		return overflowText(text)
	}
	return text
}

// DecodeError reads an error answer: Anthropic's own form, OpenAI's, those of
// the clouds that serve Claude, or none at all. A status below 400 stands for
// an error inside a good answer; the type then tells the status.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	e := &llm.Error{Status: status, Raw: bytes.Clone(body), RawType: h.Get("Content-Type"), RetryAfter: dialect.RetryAfter(h)}
	v := json.Value(bytes.TrimSpace(body))
	if v.Kind() == '[' { // Vertex wraps the errors of streams
		v = json.Lookup(v, "0")
	}
	if v.Kind() == '{' {
		readError(e, v)
	} else if text := string(v); !isMarkup(h, text) {
		e.Message = firstLine(text)
	}
	classify(e)
	return e
}

// readError takes type, message, code and param from wherever the common
// forms of errors have them.
func readError(e *llm.Error, v json.Value) {
	inner := json.Lookup(v, "error")
	if inner.Kind() == '{' && json.Unquote(json.Lookup(v, "type")) == "error" {
		e.RawDialect = llm.Anthropic
	}
	text := func(names ...string) string {
		for _, o := range []json.Value{inner, v} {
			for _, name := range names {
				if s := json.Lookup(o, name); s.Kind() == '"' {
					return json.Unquote(s)
				}
			}
		}
		return ""
	}
	e.Message = cmp.Or(text("message", "Message", "detail"), json.Unquote(inner))
	e.Type = json.Unquote(json.Lookup(inner, "type"))
	if e.Type == "" {
		e.Type = text("status", "__type")
	}
	e.Code = text("code")
	e.Param = text("param")
}

// classify decides the kind, by the type if it is one of the API's, else by
// the status, and looks into the text for what the API has no type for.
func classify(e *llm.Error) {
	e.Kind = llm.KindOfStatus(e.Status)
	for _, t := range errorTypes {
		if t.name == e.Type {
			e.Kind = t.kind
			if e.Status < 400 {
				e.Status = t.status
			}
		}
	}
	switch text := strings.ToLower(e.Message); {
	case e.Kind == llm.BadRequest && (e.Code == "context_length_exceeded" || overflows(text)),
		e.Kind == llm.TooLarge && overflows(text):
		e.Kind = llm.ContextLength
	case e.Kind == llm.BadRequest && strings.Contains(text, "content filtering policy"):
		e.Kind = llm.ContentFilter
	case strings.Contains(text, "credit balance is too low"), e.Code == "insufficient_quota":
		e.Kind = llm.Quota
	}
	if e.Status < 400 {
		e.Status = 0
	}
	if e.Message == "" {
		e.Message = cmp.Or(http.StatusText(e.Status), e.Kind.String())
	}
}

// isMarkup reports whether a body is a page that a proxy made for people.
func isMarkup(h http.Header, text string) bool {
	typ, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return typ == "text/html" || strings.HasPrefix(text, "<")
}

// firstLine cuts a text to what an error message can bear.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	const most = 300
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return strings.TrimSpace(line)
}
