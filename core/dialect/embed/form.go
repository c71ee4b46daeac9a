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

// A Call is a request in the provider's form. Model, input and
// encoding_format need not be named as said.
type Call = dialect.TaskCall

var _ dialect.Task = Form{}

// Prepare implements [dialect.Task].
func (f Form) Prepare(in core.Incoming, t dialect.Target) (dialect.TaskExchange, error) {
	return dialect.TaskForm[*Request, *Response]{Read: read, Encode: f.Encode, Decode: f.Decode, Write: write, Error: f.Error}.Prepare(in, t)
}

func read(in core.Incoming, t dialect.Target) (*Request, error) {
	r, err := DecodeRequest(in.Body)
	if err != nil {
		return nil, err
	}
	r.Model = t.Model
	return r, nil
}

func write(q *Request, all []*Response) (dialect.TaskAnswer, error) {
	joined := &Response{}
	for _, r := range all {
		joined.Model = r.Model
		joined.Vectors = append(joined.Vectors, r.Vectors...)
		joined.Usage = joined.Usage.Plus(r.Usage)
	}
	if len(joined.Vectors) < len(q.Inputs) {
		return dialect.TaskAnswer{}, llm.Errorf(llm.Upstream, "it answered with %d vectors for %d inputs", len(joined.Vectors), len(q.Inputs))
	}
	body, err := joined.Encode(q)
	return dialect.TaskAnswer{Body: body, Model: joined.Model, Usage: joined.Usage}, err
}
