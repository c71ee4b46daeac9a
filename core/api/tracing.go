package api

import (
	"cmp"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/core/internal/header"
	"sluice/core/internal/w3c"
	"sluice/core/usage"
)

// A tracing is the place of a request in its client's traces, as the headers
// of the reference and of the W3C say it.
type tracing struct {
	trace   string // id
	span    string // of the request, if the client traces
	above   string // the span that the request is part of
	name    string // of the span
	baggage map[string]string
	parent  w3c.Parent // is zero without a valid traceparent
}

// tracingOf reads the headers. What is not valid in them is passed over: no answer
// depends on it. Without an id of a trace the request's own serves.
func tracingOf(h http.Header, requestID string) tracing {
	t := tracing{parent: w3c.ParentOf(h), baggage: w3c.Baggage(h["Baggage"])}
	t.trace = cmp.Or(label(h, "X-Portkey-Trace-Id"), t.parent.Trace, requestID)
	t.span = label(h, "X-Portkey-Span-Id")
	t.above = cmp.Or(label(h, "X-Portkey-Parent-Span-Id"), t.parent.Span)
	t.name = label(h, "X-Portkey-Span-Name")
	if t.span == "" && !t.parent.IsZero() {
		t.span = w3c.NewSpan()
	}
	return t
}

// maxLabel is the longest name of a trace or span that is taken over, in bytes.
const maxLabel = 256

// label reads a header that names something; what is too long for a name or
// cannot be printed is none.
func label(h http.Header, name string) string {
	v := header.Get(h, name)
	if len(v) > maxLabel || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return ""
	}
	return v
}

// describe fills in what a record says of traces.
func (t *tracing) describe(r *usage.Record) {
	r.Trace, r.Span, r.Parent, r.SpanName, r.Baggage = t.trace, t.span, t.above, t.name, t.baggage
	r.Sender = t.parent
}
