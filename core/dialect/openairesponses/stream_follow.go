package openairesponses

import (
	"bytes"
	"cmp"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Forwarded notes a provider's event that went to the client, so that an error
// is of the same response and has the next number. Events of every kind are
// counted, also those that only say that the provider is still there.
func (s *streamEncoder) Forwarded(f frame.Frame) {
	if len(f.Data) == 0 {
		return
	}
	s.number = max(s.number, sequenceNumber(f.Data)+1)
	if s.answer != nil {
		return
	}
	r := json.Lookup(f.Data, "response")
	ms, err := json.Pick(r, "id", "model", "created_at")
	if err != nil {
		ms = make([]json.Value, 3)
	}
	own := llm.Native{Dialect: llm.OpenAIResponses}
	s.answer = newAnswer(json.Unquote(ms[0]), cmp.Or(json.Unquote(ms[1]), s.o.Model), openaiwire.WholeNumber(ms[2]), own, s.o)
}

// sequenceNumber finds the number of an event without parsing it; −1 if it
// has none. Inside of a text the name would be escaped.
func sequenceNumber(data []byte) int64 {
	name := []byte(`"sequence_number":`)
	i := bytes.LastIndex(data, name)
	if i < 0 {
		return -1
	}
	rest := bytes.TrimLeft(data[i+len(name):], " ")
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 {
		return -1
	}
	return openaiwire.WholeNumber(json.Value(rest[:n]))
}
