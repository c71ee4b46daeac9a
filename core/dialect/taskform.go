package dialect

import (
	"net/http"

	"sluice/core"
	"sluice/core/llm"
)

// A TaskForm makes a [Task] of two pure functions: a provider's form of a
// request, and of an answer. Q is the canonical request of the operation, A
// its answer.
type TaskForm[Q TaskRequest, A any] struct {
	Read   func(in core.Incoming, t Target) (Q, error)
	Encode func(q Q, t Target) (TaskCall, error)
	// Decode reads an answer; of several, each.
	Decode func(q Q, a Answered) (A, error)
	// Write puts the answers together and writes the client's form.
	Write func(q Q, all []A) (TaskAnswer, error)
	// Error reads an error. Nil reads it as one of OpenAI and its relatives.
	Error func(status int, h http.Header, body []byte) *llm.Error
}

// A TaskRequest is a canonical request of any operation.
type TaskRequest interface {
	// Left names the members that have been neither said nor taken care of.
	Left(said ...string) []string
}

// A TaskCall is a request in a provider's form.
type TaskCall struct {
	Bodies [][]byte // more than one where a model takes one thing a request
	Type   string   // content type of each body; empty means JSON
	Path   string   // in place of the endpoint's, escaped; empty: that
	Said   []string // members of the request that the provider is told
}

// Prepare implements [Task].
func (f TaskForm[Q, A]) Prepare(in core.Incoming, t Target) (TaskExchange, error) {
	q, err := f.Read(in, t)
	if err != nil {
		return nil, err
	}
	call, err := f.Encode(q, t)
	if err != nil {
		return nil, err
	}
	one := taskExchange[Q, A]{form: f, request: q, call: call}
	if len(call.Bodies) > 1 {
		return severalTasks[Q, A]{one}, nil
	}
	return one, nil
}

type taskExchange[Q TaskRequest, A any] struct {
	form    TaskForm[Q, A]
	request Q
	call    TaskCall
}

func (x taskExchange[Q, A]) Body() []byte        { return x.call.Bodies[0] }
func (x taskExchange[Q, A]) ContentType() string { return x.call.Type }
func (x taskExchange[Q, A]) Path() string        { return x.call.Path }
func (x taskExchange[Q, A]) Dropped() []string   { return x.request.Left(x.call.Said...) }

func (x taskExchange[Q, A]) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	if x.form.Error == nil {
		return nil
	}
	return x.form.Error(status, h, body)
}

func (x taskExchange[Q, A]) Answer(h http.Header, body []byte) (TaskAnswer, error) {
	return x.answers([]Answered{{Header: h, Body: body}})
}

func (x taskExchange[Q, A]) answers(all []Answered) (TaskAnswer, error) {
	read := make([]A, len(all))
	for i, a := range all {
		var err error
		if read[i], err = x.form.Decode(x.request, a); err != nil {
			return TaskAnswer{}, err
		}
	}
	return x.form.Write(x.request, read)
}

type severalTasks[Q TaskRequest, A any] struct{ taskExchange[Q, A] }

func (x severalTasks[Q, A]) Bodies() [][]byte                           { return x.call.Bodies }
func (x severalTasks[Q, A]) Answers(all []Answered) (TaskAnswer, error) { return x.answers(all) }
