package logs

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"sluice/core/guard"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/internal/redact"
	"sluice/core/llm"
	"sluice/core/usage"
)

// kept is what is stored of an exchange. Whoever captured it has left out
// credentials already; here they are looked for once more, since what is
// stored stays.
func kept(r *usage.Record, keep usage.Keep, limit int) stored {
	x := r.Exchange
	k := &keeper{secrets: secretsOf(x), limit: limit, embeds: r.Operation == llm.Embed}
	if keep != usage.KeepFull {
		keep, k.redactor = usage.KeepRedacted, guard.NewRedactor()
	}
	return stored{
		Keep: keep, Method: x.Method, URL: k.url(x.URL),
		Header: k.header(x.Header, x.Header), Body: k.body(x.Body, false),
		Answered: k.header(x.ResponseHeader, x.Header), Answer: k.body(x.Response, k.embeds),
	}
}

// A keeper takes out what is not stored.
type keeper struct {
	secrets  redact.Secrets
	redactor *guard.Redactor // nil: bodies are kept as they are
	limit    int             // bytes of a body
	embeds   bool            // the answer is vectors
}

// configHeader may hold credentials inside of its value.
const configHeader = "X-Portkey-Config"

// sensitiveHeader names more headers that are not to be logged.
const sensitiveHeader = "X-Portkey-Sensitive-Headers"

func secretsOf(x *usage.Exchange) redact.Secrets {
	list := redact.OfHeader(x.Header)
	for _, v := range x.Header.Values(configHeader) {
		list = append(list, redact.OfJSON(json.Value(v))...)
	}
	if _, query, ok := strings.Cut(x.URL, "?"); ok {
		list = append(list, redact.OfQuery(query)...)
	}
	return redact.New(list...)
}

// header leaves out headers with credentials and those that the request asks
// to leave out.
func (k *keeper) header(h, request http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if redact.Named(name) || redact.Lists(request.Values(sensitiveHeader), name) {
			continue
		}
		for _, v := range values {
			out[name] = append(out[name], k.text(v))
		}
	}
	return out
}

// url is a URL without what is secret in its query.
func (k *keeper) url(u string) string {
	if path, query, ok := strings.Cut(u, "?"); ok {
		u = path + "?" + redact.Query(query)
	}
	return k.text(u)
}

// text is a text without secrets, and without personal data if it is redacted.
func (k *keeper) text(s string) string {
	s = k.secrets.Text(s)
	if k.redactor != nil {
		s = k.redactor.Clean("", s)
	}
	return s
}

// body is what is kept of one.
func (k *keeper) body(b usage.Body, vectors bool) text {
	t := text{Type: b.Type, Size: b.Size}
	kind, _, _ := mime.ParseMediaType(b.Type)
	data := b.Bytes
	if kind == frame.EventStreamFormat.ContentType() {
		data, kind = readable(data), frame.SSEFormat.ContentType()
	}
	if data = whole(data, b.Cut()); !utf8.Valid(data) {
		return t // sounds, images, forms with files
	}
	data = k.secrets.JSON(data)
	if isJSON(data) {
		data = withoutVectors(data, vectors)
	}
	if k.redactor != nil {
		data = k.redacted(kind, data)
		if b.Cut() {
			data = withoutEnd(data)
		}
	}
	t.Text = string(whole(data[:min(len(data), k.limit)], true))
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
