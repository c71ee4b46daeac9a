package image

import (
	"net/http"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/llm"
)

// A Form is a provider's form of image generation. It is a [dialect.Task].
type Form struct {
	Encode func(r *Request, t dialect.Target) (Call, error)
	// Decode reads an answer; of several, each: their images are joined in
	// the order of the requests.
	Decode func(r *Request, a dialect.Answered) (*Response, error)
	// Error reads an error. Nil reads it as one of OpenAI and its relatives.
	Error func(status int, h http.Header, body []byte) *llm.Error
	// Gives is [URL] or [Base64] if the provider has images only so: a client
	// that wants them otherwise is told. Empty means that Encode says it.
	Gives string
}

// A Call is a request in the provider's form. Model, prompt and
// response_format need not be named as said.
type Call = dialect.TaskCall

var _ dialect.Task = Form{}

// Prepare implements [dialect.Task].
func (f Form) Prepare(in core.Incoming, t dialect.Target) (dialect.TaskExchange, error) {
	return dialect.TaskForm[*Request, *Response]{Read: f.read, Encode: f.Encode, Decode: f.Decode, Write: write, Error: f.Error}.Prepare(in, t)
}

func (f Form) read(in core.Incoming, t dialect.Target) (*Request, error) {
	r, err := DecodeRequest(in.Body)
	if err != nil {
		return nil, err
	}
	r.Model, r.gives = t.Model, f.Gives
	return r, nil
}

func write(_ *Request, all []*Response) (dialect.TaskAnswer, error) {
	joined := &Response{}
	for _, r := range all {
		joined.Created, joined.Model = r.Created, r.Model
		joined.Images = append(joined.Images, r.Images...)
		joined.Usage = joined.Usage.Plus(r.Usage)
	}
	if len(joined.Images) == 0 {
		return dialect.TaskAnswer{}, llm.Errorf(llm.Upstream, "its answer has no image")
	}
	return dialect.TaskAnswer{Body: joined.Encode(), Model: joined.Model, Usage: joined.Usage}, nil
}
