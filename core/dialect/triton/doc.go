// Package triton speaks the generate extension of NVIDIA's Triton Inference
// Server to upstreams: a prompt, and a text that goes on from it. A
// conversation has no word in it; a single message of a user is taken for a
// prompt.
//
// The address is that of a model, https://host:8000/v2/models/ensemble for
// example. Which parameters a model takes is up to whoever set it up: these
// are the names of the TensorRT-LLM backend.
//
// https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_generate.html
package triton

import (
	"bytes"
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use.
type Codec struct{}

var _ dialect.Outbound = Codec{}

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.Triton }

// Raw returns the exchange for a body that is Triton's already.
func (Codec) Raw(body []byte) dialect.Exchange {
	return &exchange{outbound.Exchange{Sent: body}, openaierror.Reader{Dialect: llm.Triton}}
}

type exchange struct {
	outbound.Exchange
	openaierror.Reader
}

// DecodeError reads {"error": "…"}.
func (x *exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// answer is a whole answer, and an event of a stream.
type answer struct {
	Model string     `json:"model_name"`
	Text  *string    `json:"text_output"`
	Error json.Value `json:"error"`
}

// whole is why every answer ends: the server does not say.
var whole = llm.Finish{Reason: llm.FinishStop}

// DecodeResponse reads an answer that is not streamed.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	if err := x.Inside(body); err != nil {
		return nil, err
	}
	var a answer
	if err := json.UnmarshalLoose(body, &a); err != nil || a.Text == nil {
		return nil, x.Unreadable(body, "Triton's", "it has no text_output")
	}
	c := llm.Choice{Finish: whole}
	if *a.Text != "" {
		c.Parts = []llm.Part{&llm.Text{Text: *a.Text}}
	}
	return &llm.Response{Model: a.Model, Choices: []llm.Choice{c}}, nil
}

// DecodeStream reads the events of generate_stream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

type streamDecoder struct {
	x       *exchange
	started bool
	done    bool
	parts   outbound.Parts
}

// Decode reads an event, which has the next piece of the text.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 || d.done {
		return dst, nil
	}
	var a answer
	if err := json.UnmarshalLoose(data, &a); err != nil {
		return dst, d.x.Malformed(data, err)
	}
	if k := a.Error.Kind(); k != 0 && k != 'n' {
		return dst, d.x.Event(data)
	}
	if a.Text == nil {
		return dst, nil
	}
	if !d.started {
		d.started = true
		dst = append(dst, llm.Event{Kind: llm.EventStart, Model: a.Model})
	}
	return d.parts.Text(dst, *a.Text), nil
}

// Flush ends the stream, which has no other end than that of the connection:
// one that breaks is told apart by HTTP.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	switch {
	case d.done:
		return dst, nil
	case !d.started:
		return dst, &llm.Error{Kind: llm.Truncated, Provider: d.x.Provider, Message: "the stream ended before the answer began"}
	}
	d.done = true
	dst = append(d.parts.Close(dst), llm.Event{Kind: llm.EventFinish, Finish: whole})
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
