package openaichat

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeError reads the body of a failed request, in any of the shapes that
// providers of the dialect have. The message is empty if the body is JSON of
// a shape that nobody knows: then the body is the message.
func decodeError(status int, h http.Header, body []byte, provider string) *llm.Error {
	e := &llm.Error{
		Status: status, Provider: provider, RetryAfter: dialect.RetryAfter(h),
		Raw: bytes.Clone(body), RawDialect: llm.OpenAIChat, RawType: h.Get("Content-Type"),
	}
	said, ok := readError(body)
	switch {
	case ok:
		e.Message, e.Type, e.Code, e.Param = said.message, said.typ, said.code, said.param
	case json.Valid(body):
	default:
		e.Message = plainError(status, h.Get("Content-Type"), body)
	}
	e.Kind = classify(status, said)
	return e
}

// errorInside reads an error that came with status 200; nil if there is none.
func errorInside(body []byte, provider string) *llm.Error {
	ms := json.ObjectOf(firstOf(body))
	if notNull(ms.Get("error")) == nil && !bytes.Equal(ms.Get("object"), []byte(`"error"`)) {
		return nil
	}
	return streamError(body, provider)
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
		Raw: bytes.Clone(data), RawDialect: llm.OpenAIChat, RawType: "application/json",
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

// spoken is what a provider says about an error.
type spoken struct{ message, typ, code, param string }

// firstOf unwraps the array that Google's endpoint puts around an error.
func firstOf(body []byte) json.Value {
	v := json.Value(bytes.TrimSpace(body))
	if v.Kind() != '[' {
		return v
	}
	all, err := json.Elements(v)
	if err != nil || len(all) == 0 {
		return nil
	}
	return all[0]
}

func readError(body []byte) (spoken, bool) {
	ms := json.ObjectOf(firstOf(body))
	if ms == nil {
		return spoken{}, false
	}
	switch v := notNull(ms.Get("error")); v.Kind() {
	case '{':
		return spokenIn(json.ObjectOf(v))
	case '"':
		s, _ := spokenIn(ms)
		s.message = json.Unquote(v)
		s.typ = cmp.Or(s.typ, word(ms.Get("error_type")))
		return s, true
	}
	return spokenIn(ms)
}

// spokenIn reads the members in which an error object has its message, and
// those beside.
func spokenIn(ms json.Object) (spoken, bool) {
	s := spoken{typ: cmp.Or(word(ms.Get("type")), json.Unquote(ms.Get("status"))), code: word(ms.Get("code")), param: word(ms.Get("param"))}
	for _, name := range []string{"message", "Message", "detail", "errors", "error", "msg", "error_message", "error_msg", "html-message", "fault"} {
		v := notNull(ms.Get(name))
		switch v.Kind() {
		case '"':
			s.message = json.Unquote(v)
		case '{':
			inner, ok := spokenIn(json.ObjectOf(v))
			if !ok {
				inner.message = string(v)
			}
			s.message, s.typ, s.code = inner.message, cmp.Or(s.typ, inner.typ), cmp.Or(s.code, inner.code)
		case '[':
			s.list(v)
		}
		if s.message != "" {
			return s, true
		}
	}
	s.message = json.Unquote(ms.Get("faultstring"))
	return s, s.message != ""
}

// list joins the messages of several errors. FastAPI says where each is.
func (s *spoken) list(v json.Value) {
	all, err := json.Elements(v)
	if err != nil {
		return
	}
	var texts []string
	for _, v := range all {
		if v.Kind() == '"' {
			texts = append(texts, json.Unquote(v))
			continue
		}
		ms := json.ObjectOf(v)
		one, ok := spokenIn(ms)
		if !ok {
			continue
		}
		if at := location(ms.Get("loc")); at != "" {
			one.message = at + ": " + one.message
		}
		texts = append(texts, one.message)
		s.typ, s.code = cmp.Or(s.typ, one.typ), cmp.Or(s.code, one.code)
	}
	s.message = strings.Join(texts, ", ")
}

func location(loc json.Value) string {
	steps, err := json.Elements(loc)
	if err != nil {
		return ""
	}
	var out []string
	for _, v := range steps {
		out = append(out, word(v))
	}
	return strings.Join(out, ".")
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
