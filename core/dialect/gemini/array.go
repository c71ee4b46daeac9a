package gemini

import (
	"bytes"
	"net/url"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
)

// Choose returns the codec for a request: a client that asks for server-sent
// events says so in the query, any other reads one array.
func (Codec) Choose(in core.Incoming) dialect.Inbound {
	query, err := url.ParseQuery(in.Query)
	sse := err == nil && (query.Get("alt") == "sse" || query.Get("$alt") == "sse")
	return Codec{Array: !sse}
}

// An arrayEncoder writes a stream as one JSON array that grows.
type arrayEncoder struct{ streamEncoder }

// Reframe appends the chunk of an event, byte for byte, as an element.
func (s *arrayEncoder) Reframe(dst []byte, f frame.Frame) []byte {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 { // an error outside of any event, as Google's servers have it
		data = bytes.TrimSpace(f.Raw)
	}
	if s.ended || len(data) == 0 || data[0] != '{' && data[0] != '[' {
		return dst
	}
	if data[0] == '{' {
		return s.send(dst, data)
	}
	chunks, _ := json.Elements(data) // decoded before
	for _, c := range chunks {
		dst = s.send(dst, c)
	}
	return dst
}

// Close ends the array.
func (s *arrayEncoder) Close(dst []byte) []byte {
	if s.ended {
		return dst
	}
	if s.ended = true; !s.begun {
		dst = append(dst, '[')
	}
	return append(dst, ']')
}
