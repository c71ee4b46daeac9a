// Package openaierror reads and writes errors in the envelope that OpenAI's
// APIs share:
//
//	{"error": {"message": …, "type": …, "param": …, "code": …}}
//
// Providers that follow OpenAI's API do not follow it here, so that reading
// takes many shapes; clients are always sent the one.
//
// https://platform.openai.com/docs/guides/error-codes
package openaierror

import (
	"bytes"
	"cmp"
	"strings"

	"sluice/core/internal/json"
)

// said is what a provider says about an error.
type said struct{ message, typ, code, param string }

// read finds what is said in a body: in the member error, beside it, or in a
// failed response. It reports false if the shape is one that nobody knows.
func read(body []byte) (said, bool) {
	ms := json.ObjectOf(FirstOf(body))
	if inner := ms.Get("response"); inner.Kind() == '{' && !ms.Has("error") {
		ms = json.ObjectOf(inner)
	}
	switch v := ms.Get("error"); v.Kind() {
	case '{':
		s, ok := readObject(json.ObjectOf(v))
		return s, ok || s.code != ""
	case '"':
		s, _ := readObject(ms)
		s.message = json.Unquote(v)
		s.typ = cmp.Or(s.typ, word(ms.Get("error_type")))
		return s, true
	}
	return readObject(ms)
}

// FirstOf unwraps the array that Google's endpoint puts around an error.
func FirstOf(body []byte) json.Value {
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

// messageNames are the members in which errors have their message.
var messageNames = []string{
	"message", "Message", "detail", "errors", "error", "msg", "error_message", "error_msg", "html-message", "fault",
}

func readObject(ms json.Object) (said, bool) {
	s := said{typ: cmp.Or(typeOf(ms), json.Unquote(ms.Get("status"))), code: word(ms.Get("code")), param: word(ms.Get("param"))}
	for _, name := range messageNames {
		switch v := ms.Get(name); v.Kind() {
		case '"':
			s.message = json.Unquote(v)
		case '{':
			inner, ok := readObject(json.ObjectOf(v))
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

// typeOf is the type of the error; that of an event says nothing about it.
func typeOf(ms json.Object) string {
	typ := word(ms.Get("type"))
	if strings.HasPrefix(typ, "response.") || typ == "error" && ms.Has("sequence_number") {
		return ""
	}
	return typ
}

// list joins the messages of several errors. FastAPI says where each is.
func (s *said) list(v json.Value) {
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
		one, ok := readObject(ms)
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
