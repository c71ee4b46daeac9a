// Package ollama speaks Ollama's own chat API to upstreams: requests, answers,
// streams and errors of /api/chat.
//
// What is special about it:
//
//   - Sampling parameters and limits stand in options, and a client may add
//     more of them there.
//   - Images are base64 beside the text; addresses are not fetched.
//   - Arguments of tool calls are objects, calls come whole, and older servers
//     give them no ids.
//   - A stream is one JSON object a line. The last one has done.
//   - A tool cannot be forced; the model is told about all of them or none.
//
// https://docs.ollama.com/api/chat
package ollama

import (
	"net/http"
	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use.
type Codec struct{}

var _ dialect.Outbound = Codec{}

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.Ollama }

// Raw returns the exchange for a body that is Ollama's already.
func (Codec) Raw(body []byte) dialect.Exchange {
	return &exchange{Exchange: outbound.Exchange{Sent: body}, Reader: openaierror.Reader{Dialect: llm.Ollama}}
}

type exchange struct {
	outbound.Exchange
	openaierror.Reader
}

// DecodeError reads {"error": "…"}.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// DecodeStream reads the lines of a stream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }
