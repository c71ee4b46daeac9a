package api

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"sluice/core/internal/frame"
	"sluice/core/internal/header"
	"sluice/core/usage"
)

// Bodies says which bodies of requests and answers records bring along.
type Bodies struct {
	Keep usage.Keep // empty means none; whoever stores them takes out what is to be redacted
	Max  int        // bytes of a body that are kept; 0 means DefaultMaxKept
}

// DefaultMaxKept is how much of a body is kept, in bytes.
const DefaultMaxKept = 64 << 10

// wantsPrivacy reports whether a client asks that nothing of its request be
// kept: x-portkey-debug is false. No other value of the header says anything,
// and one "false" among several counts.
func wantsPrivacy(h http.Header) bool {
	for _, values := range h["X-Portkey-Debug"] {
		for v := range strings.SplitSeq(values, ",") {
			if strings.EqualFold(strings.TrimSpace(v), "false") {
				return true
			}
		}
	}
	return false
}

// capture begins to keep what goes over the line, if it is to be kept. The
// stricter wins: what the settings leave out, no client turns on.
func (q *request) capture() {
	if len(q.Sinks) == 0 || cmp.Or(q.Bodies.Keep, usage.KeepNone) == usage.KeepNone || wantsPrivacy(q.r.Header) {
		return
	}
	q.seen = &capture{
		ResponseWriter: q.w, max: cmp.Or(q.Bodies.Max, DefaultMaxKept), head: q.r.Method == http.MethodHead,
		sent: usage.Body{Type: header.Get(q.r.Header, "Content-Type"), Size: max(q.r.ContentLength, 0)},
	}
	q.w = q.seen
}

// A capture is a request and its answer, as far as they are kept. It stands in
// front of the client, and sees the answer as the client gets it.
type capture struct {
	http.ResponseWriter
	max  int
	head bool // an answer to HEAD, whose body nobody gets

	mu       sync.Mutex // frames, pings and uploads come from several goroutines
	sent     usage.Body
	noted    bool
	keeps    bool // the answer is text
	header   http.Header
	received usage.Body
}

// Unwrap is for [http.ResponseController].
func (c *capture) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader notes what the answer's header is.
func (c *capture) WriteHeader(status int) {
	c.mu.Lock()
	c.note()
	c.mu.Unlock()
	c.ResponseWriter.WriteHeader(status)
}

// Write keeps the beginning of what it writes.
func (c *capture) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note()
	if c.head {
		return n, err
	}
	c.received.Size += int64(n)
	if room := c.max - len(c.received.Bytes); c.keeps && room > 0 {
		c.received.Bytes = append(c.received.Bytes, p[:min(n, room)]...)
	}
	return n, err
}

// note keeps the header as it goes out: nobody sets a field after that. mu is
// held.
func (c *capture) note() {
	if c.noted {
		return
	}
	c.noted, c.header = true, c.Header()
	c.received.Type = header.Get(c.header, "Content-Type")
	c.keeps = isText(c.received.Type)
}

// upload counts a body that is not held.
func (c *capture) upload(r io.Reader) io.Reader {
	if c == nil {
		return r
	}
	c.mu.Lock()
	c.sent.Size = 0
	c.mu.Unlock()
	return countedBody{r, c}
}

// countedBody is a body that is read while it is sent on.
type countedBody struct {
	io.Reader
	c *capture
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.c.mu.Lock()
	b.c.sent.Size += int64(n)
	b.c.mu.Unlock()
	return n, err
}

// line is what has gone over it so far.
func (c *capture) line() (sent usage.Body, header http.Header, received usage.Body) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent, c.header, c.received
}

// request keeps the beginning of the client's body, as it is without packing.
// anyType says that JSON comes under other types as well.
func (c *capture) request(body []byte, anyType bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent.Size = int64(len(body))
	if n := min(len(body), c.max); n > 0 && (anyType || isText(c.sent.Type)) {
		c.sent.Bytes = body[:n:n]
	}
}

// isText reports whether a media type is one of texts. Of others, such as
// sounds and forms with files, type and size are kept. A type that is missing
// says nothing.
func isText(contentType string) bool {
	if contentType == "application/json" { // as most are
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return contentType == ""
	}
	main, sub, _ := strings.Cut(t, "/")
	switch {
	case main == "text", t == frame.EventStreamFormat.ContentType(), t == frame.NDJSONFormat.ContentType():
		return true
	}
	for _, form := range []string{"json", "xml", "yaml", "x-www-form-urlencoded", "jsonl", "jsonlines", "x-ndjson"} {
		if sub == form || strings.HasSuffix(sub, "+"+form) {
			return true
		}
	}
	return false
}
