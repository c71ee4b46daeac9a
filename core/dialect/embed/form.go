package embed

import (
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

// A Form is a provider's form of embeddings. It is a [dialect.Task].
type Form struct {
	Encode func(r *Request, t dialect.Target) (Call, error)
	// Decode reads an answer; of several, each: their vectors are joined in
	// the order of the requests, and their usage is added up.
	Decode func(r *Request, a dialect.Answered) (*Response, error)
	// Error reads an error. Nil reads it as one of OpenAI and its relatives.
	Error func(status int, h http.Header, body []byte) *llm.Error
}

// A Call is a request in the provider's form.
type Call struct {
	Bodies [][]byte // JSON, more than one where a model takes one input a request
	Path   string   // in place of the endpoint's; empty: that
	Said   []string // members that the provider is told, beside those that every form tells
}

var _ dialect.Task = Form{}

// Prepare implements [dialect.Task].
func (f Form) Prepare(in core.Incoming, t dialect.Target) (dialect.TaskExchange, error) {
	r, err := DecodeRequest(in.Body)
	if err != nil {
		return nil, err
	}
	r.Model = t.Model
	call, err := f.Encode(r, t)
	if err != nil {
		return nil, err
	}
	one := exchange{form: f, request: r, call: call}
	if len(call.Bodies) > 1 {
		return several{one}, nil
	}
	return one, nil
}

type exchange struct {
	form    Form
	request *Request
	call    Call
}

func (x exchange) Body() []byte        { return x.call.Bodies[0] }
func (x exchange) ContentType() string { return "application/json" }
func (x exchange) Path() string        { return x.call.Path }
func (x exchange) Dropped() []string   { return x.request.Left(x.call.Said...) }

func (x exchange) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	if x.form.Error == nil {
		return nil
	}
	return x.form.Error(status, h, body)
}

func (x exchange) Answer(h http.Header, body []byte) (dialect.TaskAnswer, error) {
	return x.answers([]dialect.Answered{{Header: h, Body: body}})
}

type several struct{ exchange }

var _ dialect.Several = several{}

func (x several) Bodies() [][]byte                                         { return x.call.Bodies }
func (x several) Answers(a []dialect.Answered) (dialect.TaskAnswer, error) { return x.answers(a) }

func (x exchange) answers(all []dialect.Answered) (dialect.TaskAnswer, error) {
	joined := &Response{}
	for _, a := range all {
		r, err := x.form.Decode(x.request, a)
		if err != nil {
			return dialect.TaskAnswer{}, err
		}
		joined.add(r)
	}
	if len(joined.Vectors) != len(x.request.Inputs) {
		return dialect.TaskAnswer{}, llm.Errorf(llm.Upstream, "it answered with %d vectors for %d inputs", len(joined.Vectors), len(x.request.Inputs))
	}
	body, err := joined.Encode(x.request)
	return dialect.TaskAnswer{Body: body, Model: joined.Model, Usage: joined.Usage}, err
}

func (r *Response) add(o *Response) {
	r.Model = o.Model
	r.Vectors = append(r.Vectors, o.Vectors...)
	switch {
	case o.Usage == nil:
	case r.Usage == nil:
		r.Usage = o.Usage
	default:
		sum := llm.Usage{Input: r.Usage.Input + o.Usage.Input, Output: r.Usage.Output + o.Usage.Output}
		r.Usage = &sum
	}
}
