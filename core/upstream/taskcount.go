package upstream

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"sluice/core/dialect"
	"sluice/core/internal/form"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// counted is what is paid for and not counted in tokens. answer is in the
// client's form, or nil if it was not read.
func (x *exchange) counted(answer []byte) []llm.Counted {
	c := x.beside(answer)
	if c.Count <= 0 {
		return nil
	}
	return []llm.Counted{c}
}

func (x *exchange) beside(answer []byte) llm.Counted {
	switch x.call.Operation {
	case llm.GenerateImage, llm.EditImage, llm.VaryImage:
		return x.images(answer)
	case llm.Speak:
		text := json.Unquote(json.Lookup(x.call.Body, "input"))
		return llm.Counted{What: llm.Characters, Count: int64(utf8.RuneCountInString(text))}
	case llm.Transcribe, llm.TranslateSound:
		return llm.Counted{What: llm.Milliseconds, Count: duration(answer)}
	case llm.Rerank:
		return llm.Counted{What: llm.Searches, Count: dialect.TokenCount(json.Lookup(answer, "meta", "billed_units", "search_units"))}
	}
	return llm.Counted{}
}

// images counts those of an answer, or the one of an event. What they are,
// the answer says or the request.
func (x *exchange) images(answer []byte) llm.Counted {
	c := llm.Counted{What: llm.Images, Count: 1, Quality: x.said(answer, "quality"), Size: x.said(answer, "size")}
	if !strings.HasSuffix(json.Unquote(json.Lookup(answer, "type")), ".completed") {
		all, _ := json.Elements(json.Lookup(answer, "data"))
		c.Count = int64(len(all))
	}
	return c
}

// said is a member of the answer, else of the request. What is left to the
// model is said by nobody.
func (x *exchange) said(answer []byte, name string) string {
	asked := json.Unquote(json.Lookup(x.call.Body, name))
	if t := x.call.Header.Get("Content-Type"); form.Is(t) {
		asked, _ = form.Value(t, x.call.Body, name)
	}
	if text := cmp.Or(json.Unquote(json.Lookup(answer, name)), asked); text != "auto" {
		return text
	}
	return ""
}

// duration is how long the sound was, in milliseconds: in the usage, or in
// what a verbose transcript tells.
func duration(answer []byte) int64 {
	v := json.Lookup(answer, "usage", "seconds")
	if v == nil {
		v = json.Lookup(answer, "duration")
	}
	text := string(v)
	if v.Kind() == '"' {
		text = json.Unquote(v)
	}
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || s < 0 || s > 1e9 {
		return 0
	}
	return int64(s * 1000)
}
