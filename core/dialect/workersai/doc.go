// Package workersai speaks the run API of Cloudflare Workers AI to upstreams:
// requests, answers, streams and errors of text generation.
//
// What is special about it:
//
//   - The model is in the path. Answers stand in an envelope with success,
//     errors and result.
//   - Most models answer with one text, without a reason why it ends; newer
//     ones answer, inside the envelope, as OpenAI's chat does. Both are read.
//   - A text that was asked for as JSON is an object, not a string.
//   - A schema for the answer stands by itself, without a name.
//   - Arguments of tool calls are objects, and calls have no ids.
//   - A stream is server-sent events with a piece of text each, ended by
//     [DONE].
//
// https://developers.cloudflare.com/workers-ai/models/ (the parameters of
// each text generation model),
// https://developers.cloudflare.com/workers-ai/features/json-mode/ and
// https://developers.cloudflare.com/workers-ai/features/function-calling/
package workersai

import (
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use.
type Codec struct{}

var _ dialect.Outbound = Codec{}

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.WorkersAI }

// Raw returns the exchange for a body that is Workers AI's already.
func (Codec) Raw(body []byte) dialect.Exchange {
	return &exchange{Exchange: outbound.Exchange{Sent: body}, Reader: openaierror.Reader{Dialect: llm.WorkersAI}}
}

type exchange struct {
	outbound.Exchange
	openaierror.Reader
	limit int64 // of tokens, as the request said; 0 if it did not
}

// DecodeError reads the errors of an envelope.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// failed finds an error in an envelope or an event that came with status 200.
func (x *exchange) failed(body []byte, errors json.Value) error {
	if list, err := json.Elements(errors); err == nil && len(list) > 0 {
		return x.Event(body)
	}
	if err := x.Inside(body); err != nil {
		return err
	}
	return nil
}

// DecodeStream reads the events of a stream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }
