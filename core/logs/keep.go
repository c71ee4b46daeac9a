package logs

import (
	"bytes"
	"net/http"
	"strings"
	"unicode/utf8"

	"sluice/core/guard"
	"sluice/core/internal/frame"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/usage"
)

// kept is what is stored of an exchange, which is without credentials then,
// whoever has made it.
func kept(r *usage.Record, keep usage.Keep, limit int) stored {
	x := r.Exchange.Clean(redact.Secrets{})
	k := &keeper{hide: x.Hide, limit: limit}
	if keep != usage.KeepFull {
		keep, k.redactor, k.said = usage.KeepRedacted, guard.NewRedactor(), map[saying]string{}
	}
	return stored{
		Keep: keep, Method: x.Method, URL: k.text(x.URL),
		Header: k.header(x.Header), Body: k.body(x.Body, false),
		Answered: k.header(x.ResponseHeader), Answer: k.body(x.Response, r.Operation == llm.Embed),
	}
}

// A keeper takes out what is not stored of an exchange that is clean.
type keeper struct {
	hide     func([]byte) []byte // takes credentials out of what was packed
	redactor *guard.Redactor     // nil: texts are kept as they are
	said     map[saying]string   // what has come of values, if they are redacted
	limit    int                 // bytes of a body
}

func (k *keeper) header(h http.Header) http.Header {
	if k.redactor == nil {
		return h
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out[name] = append(out[name], k.text(v))
		}
	}
	return out
}

// text is a text without personal data if it is redacted.
func (k *keeper) text(s string) string {
	if k.redactor == nil {
		return s
	}
	return k.redactor.Clean("", s)
}

// body is what is kept of one. vectors says that it is nothing else.
func (k *keeper) body(b usage.Body, vectors bool) text {
	t := text{Type: b.Type, Size: b.Size}
	kind, _, _ := strings.Cut(b.Type, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	data := b.Bytes
	if kind == frame.EventStreamFormat.ContentType() {
		data, kind = k.hide(readable(data)), frame.SSEFormat.ContentType()
	}
	if data = whole(data, b.Cut()); !utf8.Valid(data) {
		return t // sounds, images, forms with files
	}
	if isJSON(data) {
		data = withoutVectors(data, vectors)
	}
	if k.redactor != nil {
		data = k.redacted(kind, data)
		if b.Cut() {
			data = withoutEnd(data)
		}
	}
	t.Text = whole(data[:min(len(data), k.limit)], true)
	return t
}

// withoutEnd is the beginning of a text that was cut: what it ends with may be
// half of something that would have been found. Keys may be longer than other
// things, but have no spaces.
func withoutEnd(data []byte) []byte {
	data = data[:max(len(data)-guard.LongestFound, 0)]
	return data[:bytes.LastIndexAny(data, " \t\r\n\"")+1]
}

// whole is a text without the beginning of a character at its end.
func whole(data []byte, cut bool) []byte {
	if !cut {
		return data
	}
	for i := 1; i <= min(utf8.UTFMax, len(data)); i++ {
		if c := data[len(data)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(data[len(data)-i:]) {
				return data[:len(data)-i]
			}
			break
		}
	}
	return data
}

func isJSON(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && (data[0] == '{' || data[0] == '[')
}
