// Package oracle speaks the chat API of OCI Generative AI to upstreams:
// requests, answers, streams and errors of actions/chat, in its two formats.
//
// What is special about it:
//
//   - GENERIC is chat in camelCase, with its words in capitals. COHERE, for
//     Cohere's models, is that company's first version: one message, a
//     history, a preamble, and tools without schemas.
//   - A request stands in an envelope that names compartment and serving mode.
//     Those are settings of a target, so [Envelope] is written apart.
//   - A stream is server-sent events with a choice each. It is over when one
//     has said why; the usage comes after that.
//
// https://docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/20231130/ChatResult/Chat
package oracle

import (
	"net/http"
	"strings"

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
func (Codec) Dialect() llm.Dialect { return llm.Oracle }

// Prepare writes a chatRequest in the format of the model. [Envelope] makes
// it a body.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := &preparation{outbound.Prepare(llm.Oracle, r, t)}
	write := p.generic
	if strings.HasPrefix(p.Model(), "cohere.") {
		write = p.cohere
	}
	p.B = append(p.B, '{')
	if err := write(); err != nil {
		return nil, err
	}
	p.DropAccounting()
	p.Close('}')
	return &exchange{p.Exchange(), openaierror.Reader{Dialect: llm.Oracle, Provider: t.Provider}}, nil
}

// Raw returns the exchange for a body that is Oracle's already.
func (Codec) Raw(body []byte) dialect.Exchange {
	return &exchange{outbound.Exchange{Sent: body}, openaierror.Reader{Dialect: llm.Oracle}}
}

// Envelope puts a chatRequest into the body of actions/chat. A dedicated
// model is named by the id of its endpoint.
func Envelope(chatRequest []byte, compartment, model string, dedicated bool) []byte {
	w := json.NewWriter("{")
	w.Str("compartmentId", compartment)
	w.Open("servingMode", '{')
	if dedicated {
		w.Str("servingType", "DEDICATED")
		w.Str("endpointId", model)
	} else {
		w.Str("servingType", "ON_DEMAND")
		w.Str("modelId", model)
	}
	w.Close('}')
	w.Raw("chatRequest", chatRequest)
	w.Close('}')
	return w.B
}

type exchange struct {
	outbound.Exchange
	openaierror.Reader
}

// DecodeError reads {"code": …, "message": …}.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// DecodeStream reads the events of a stream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }
