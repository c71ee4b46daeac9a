package openairesponses

import (
	"bytes"
	"cmp"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// EncodeError writes an error for a client: OpenAI's envelope, in which a
// provider's error is named after the provider, and the gateway's own is
// repeated in the form that clients of the reference look for.
func (Codec) EncodeError(e *llm.Error, _ dialect.Options) []byte {
	w := writer{json.NewWriter("{")}
	s := told{message: words(e), typ: e.Type, code: e.Code, param: e.Param}
	if e.Provider != "" && !timedOut(e) {
		s.message = prefixed(e, e.Provider)
	}
	if len(e.Raw) == 0 {
		s.typ = cmp.Or(s.typ, e.Kind.OpenAIType())
	}
	w.Open("error", '{')
	w.Str("message", s.message)
	w.Nullable("type", s.typ)
	w.Nullable("param", s.param)
	w.Nullable("code", s.code)
	w.Close('}')
	switch {
	case timedOut(e): // the reference has the envelope only
	case e.Provider != "":
		w.Str("provider", e.Provider)
	default:
		w.Str("status", "failure")
		w.Str("message", words(e))
	}
	w.Close('}')
	return w.B
}

// timedOut reports whether the gateway stopped waiting: there is no answer of
// the provider that could be named after it.
func timedOut(e *llm.Error) bool { return e.Kind == llm.Timeout && len(e.Raw) == 0 }

func words(e *llm.Error) string { return cmp.Or(e.Message, e.Kind.String()) }

// prefixed names the provider, once. A body that nobody could read is shown
// as it came, on one line.
func prefixed(e *llm.Error, provider string) string {
	if e.Message == "" && json.Valid(e.Raw) {
		body := json.Value(bytes.Clone(e.Raw))
		if body.Compact() == nil {
			return "Invalid response received from " + provider + ": " + string(body)
		}
	}
	prefix := provider + " error: "
	if strings.HasPrefix(e.Message, prefix) {
		return e.Message
	}
	return prefix + words(e)
}

// failure writes the error of a response that has failed. Clients act on the
// code: Codex gives up a full context and tries again when it is told to
// slow down.
func (w *writer) failure(e *llm.Error) {
	message := words(e)
	if e.Provider != "" && !timedOut(e) {
		message = prefixed(e, e.Provider)
	}
	w.Open("error", '{')
	w.Str("code", codeOf(e))
	w.Str("message", message)
	w.Close('}')
}

// codes are the API's words for what clients act on.
//
// https://platform.openai.com/docs/api-reference/responses/object
var codes = map[llm.ErrorKind]string{
	llm.ContextLength: "context_length_exceeded",
	llm.Quota:         "insufficient_quota",
	llm.RateLimited:   "rate_limit_exceeded",
	llm.Overloaded:    "server_is_overloaded",
	llm.ContentFilter: "content_filter",
	llm.BadRequest:    "invalid_prompt",
	llm.Unsupported:   "invalid_prompt",
}

func codeOf(e *llm.Error) string {
	if e.RawDialect == llm.OpenAIResponses && e.Code != "" {
		return e.Code
	}
	return cmp.Or(codes[e.Kind], "server_error")
}
