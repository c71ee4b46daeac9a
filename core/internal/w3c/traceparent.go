// Package w3c reads and writes the headers in which programs tell each other
// which trace a request belongs to: traceparent, tracestate and baggage.
//
// https://www.w3.org/TR/trace-context/
// https://www.w3.org/TR/baggage/
package w3c

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
)

// A Parent is where a request stands in the trace of whoever sent it. The zero
// value stands in none.
type Parent struct {
	Trace string // 32 hexadecimal digits, lower case
	Span  string // of the sender, 16 digits
	flags byte
	state string
}

// The flags that are defined: sampled, and that the trace id is random.
const known = 0x03

// version00 is the length of a header of the only version that there is.
const version00 = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

// ParentOf reads traceparent and, if that is valid, tracestate.
func ParentOf(h http.Header) Parent {
	values := h["Traceparent"]
	if len(values) != 1 {
		return Parent{}
	}
	p, ok := parse(strings.TrimSpace(values[0]))
	if ok {
		p.state = state(h["Tracestate"])
	}
	return p
}

// parse reads a header of this version, or the beginning of a later one, which
// may go on behind a dash.
func parse(s string) (Parent, bool) {
	if len(s) < version00 || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return Parent{}, false
	}
	version, trace, span, flags := s[:2], s[3:35], s[36:52], s[53:55]
	if !isID(trace) || !isID(span) || !isHex(version) || version == "ff" || !isHex(flags) {
		return Parent{}, false
	}
	if len(s) > version00 && (version == "00" || s[version00] != '-') {
		return Parent{}, false
	}
	b, err := hex.DecodeString(flags)
	if err != nil {
		return Parent{}, false
	}
	return Parent{Trace: trace, Span: span, flags: b[0] & known}, true
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// isID takes no id of zeros: it means that there is none.
func isID(s string) bool { return isHex(s) && strings.Trim(s, "0") != "" }

// IsZero reports whether there is no trace.
func (p Parent) IsZero() bool { return p.Trace == "" }

// Sampled reports whether the sender keeps the trace.
func (p Parent) Sampled() bool { return p.flags&1 != 0 }

// Set writes the headers of a request that the span sends. Without a trace
// there are none.
func (p Parent) Set(h http.Header, span string) {
	if p.IsZero() || span == "" {
		return
	}
	h.Set("Traceparent", "00-"+p.Trace+"-"+span+"-"+hex.EncodeToString([]byte{p.flags}))
	if p.state != "" {
		h.Set("Tracestate", p.state)
	}
}

// NewSpan mints the id of a span.
func NewSpan() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
