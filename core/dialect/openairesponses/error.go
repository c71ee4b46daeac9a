package openairesponses

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeError reads the body of a failed request. The message is empty if the
// body is JSON of a shape that nobody knows: then the body is the message.
func decodeError(status int, h http.Header, body []byte, provider string) *llm.Error {
	e := &llm.Error{
		Status: status, Provider: provider, RetryAfter: retryAfter(h, time.Now()),
		Raw: bytes.Clone(body), RawDialect: llm.OpenAIResponses, RawType: h.Get("Content-Type"),
	}
	said, ok := readError(body)
	if !ok && !json.Valid(body) {
		said.message = plainError(status, h.Get("Content-Type"), body)
	}
	e.Message, e.Type, e.Code, e.Param = said.message, said.typ, said.code, said.param
	e.Kind = classify(status, said)
	return e
}

// streamError reads an error that came without a status of its own. The code
// may be one.
func streamError(data []byte, provider string) *llm.Error {
	said, ok := readError(data)
	if !ok && !json.Valid(data) {
		said.message = string(data)
	}
	status, err := strconv.Atoi(said.code)
	if err != nil || status < 400 || status > 599 {
		status = 0
	}
	return &llm.Error{
		Kind: classify(status, said), Status: status, Provider: provider,
		Message: said.message, Type: said.typ, Code: said.code, Param: said.param,
		Raw: bytes.Clone(data), RawDialect: llm.OpenAIResponses, RawType: "application/json",
	}
}

// plainError is a short text for a body that is not JSON. A page of HTML says
// nothing that a client of an API can use.
func plainError(status int, contentType string, body []byte) string {
	s := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
	if s == "" || strings.HasPrefix(s, "<") || strings.Contains(contentType, "html") {
		return fmt.Sprintf("the provider answered with status %d %s", status, cmp.Or(http.StatusText(status), "and no reason"))
	}
	const limit = 1000
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// told is what a provider says about an error.
type told struct{ message, typ, code, param string }

// readError reads the envelope {"error":{…}}, an error event of a stream, a
// failed response, and the shapes of servers that follow.
func readError(body []byte) (told, bool) {
	ms := json.ObjectOf(json.Value(bytes.TrimSpace(body)))
	if inner := ms.Get("response"); inner.Kind() == '{' {
		ms = json.ObjectOf(inner)
	}
	switch v := ms.Get("error"); v.Kind() {
	case '{':
		return toldIn(json.ObjectOf(v))
	case '"':
		t, _ := toldIn(ms)
		t.message = json.Unquote(v)
		return t, true
	}
	return toldIn(ms)
}

func toldIn(ms json.Object) (told, bool) {
	t := told{typ: word(ms.Get("type")), code: word(ms.Get("code")), param: word(ms.Get("param"))}
	if t.typ == "error" || strings.HasPrefix(t.typ, "response.") { // the type of the event
		t.typ = ""
	}
	for _, name := range []string{"message", "detail", "error_message", "msg"} {
		v := ms.Get(name)
		switch v.Kind() {
		case '"':
			t.message = json.Unquote(v)
		case '[':
			t.message = firstMessage(v)
		}
		if t.message != "" {
			return t, true
		}
	}
	return t, t.code != ""
}

// firstMessage is what FastAPI says first.
func firstMessage(v json.Value) string {
	all, err := json.Elements(v)
	if err != nil || len(all) == 0 {
		return ""
	}
	return json.Unquote(json.Lookup(all[0], "msg"))
}

// word reads a string or a number; several providers have numbers for codes.
func word(v json.Value) string {
	switch v.Kind() {
	case '"':
		return json.Unquote(v)
	case '0':
		return string(v)
	}
	return ""
}

// retryAfter reads how long to wait: OpenAI's and Azure's headers in
// milliseconds first, then the standard one in seconds or as a date.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if d := duration(h.Get(name), time.Millisecond); d > 0 {
			return d
		}
	}
	s := h.Get("Retry-After")
	if d := duration(s, time.Second); d > 0 {
		return d
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// maxRetryAfter bounds what a provider may ask for.
const maxRetryAfter = 24 * time.Hour

func duration(s string, unit time.Duration) time.Duration {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(f > 0) {
		return 0
	}
	return time.Duration(min(f*float64(unit), float64(maxRetryAfter)))
}
