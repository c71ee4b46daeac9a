package openaierror

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"

	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Encode writes an error for a client: OpenAI's envelope, in which a
// provider's error is named after the provider, and the gateway's own is
// repeated in the form that clients of the reference look for.
func Encode(e *llm.Error) []byte {
	w := json.NewWriter("{")
	member(&w, e, e.Provider)
	switch {
	case timedOut(e), e.Kind == llm.Denied: // the reference has the envelope only
	case e.Provider != "":
		w.Str("provider", e.Provider)
	default:
		w.Str("status", "failure")
		w.Str("message", words(e))
	}
	w.Close('}')
	return w.B
}

// AppendEvent writes an error for the inside of a stream: the envelope alone.
// It is named after its provider, else after the one that answers, unless it
// is a fault of the gateway.
func AppendEvent(dst []byte, e *llm.Error, answers string) []byte {
	provider := cmp.Or(e.Provider, answers)
	if e.Kind == llm.Internal {
		provider = ""
	}
	w := json.NewWriter("{")
	member(&w, e, provider)
	w.Close('}')
	return frame.AppendSSE(dst, "", w.B)
}

// timedOut reports whether the gateway stopped waiting: there is no answer of
// the provider that could be named after it.
func timedOut(e *llm.Error) bool { return e.Kind == llm.Timeout && len(e.Raw) == 0 }

// Message is the text for a client. It names the provider, if that is given.
func Message(e *llm.Error, provider string) string {
	if provider == "" || timedOut(e) {
		return words(e)
	}
	return prefixed(e, provider)
}

// member writes the member error. Type and code of an error that a
// provider has sent are its own, even when it has none.
func member(w *json.Writer, e *llm.Error, provider string) {
	s := said{message: Message(e, provider), typ: e.Type, code: e.Code, param: e.Param}
	if len(e.Raw) == 0 {
		s.typ = cmp.Or(s.typ, e.Kind.OpenAIType())
	} else if habit, ok := habits[provider]; ok {
		habit(&s, e)
	}
	w.Open("error", '{')
	w.Str("message", s.message)
	w.Nullable("type", s.typ)
	w.Nullable("param", s.param)
	w.Nullable("code", s.code)
	w.Close('}')
}

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

// habits are what the reference does with the errors of single providers, as
// far as clients can see it in the envelope.
var habits = map[string]func(s *said, e *llm.Error){
	"anyscale":    func(s *said, _ *llm.Error) { s.param = "" },
	"bytez":       func(s *said, e *llm.Error) { s.typ = strconv.Itoa(e.HTTPStatus()) },
	"huggingface": func(s *said, e *llm.Error) { s.code = strconv.Itoa(e.HTTPStatus()) },
	"oracle":      func(s *said, e *llm.Error) { s.typ = e.Code },
	"krutrim":     func(s *said, e *llm.Error) { s.typ, s.code = "error", strconv.Itoa(e.HTTPStatus()) },
	"x-ai":        func(s *said, e *llm.Error) { s.message = cmp.Or(e.Message, s.message) },
}
