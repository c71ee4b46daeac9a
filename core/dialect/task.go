package dialect

import (
	"net/http"
	"slices"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Task is the codec of an operation that is one request and one answer,
// such as [llm.Embed] or [llm.GenerateImage], for providers that have a form
// of their own. Clients speak OpenAI's form (of [llm.Rerank], Cohere's), so
// a provider that speaks it too needs no Task: its bodies are spliced.
//
// Like all codecs it is pure.
type Task interface {
	// Prepare writes the client's request in the provider's form. The body
	// is JSON, or a form as its content type says. What it cannot say it
	// refuses with an *llm.Error or names in [TaskExchange.Dropped].
	Prepare(in core.Incoming, t Target) (TaskExchange, error)
}

// A TaskExchange is one request and the reading of its answer.
type TaskExchange interface {
	Body() []byte
	ContentType() string // of Body; empty means JSON
	Dropped() []string
	// Answer writes the provider's answer in the client's form. An error that
	// came with a good status is an *llm.Error.
	Answer(h http.Header, body []byte) (TaskAnswer, error)
	// DecodeError reads an error answer. Nil has it read as one of OpenAI
	// and its relatives.
	DecodeError(status int, h http.Header, body []byte) *llm.Error
}

// Elsewhere is a [TaskExchange] whose path depends on the request.
type Elsewhere interface {
	TaskExchange
	Path() string // in place of the endpoint's; empty: that
}

// Several is a [TaskExchange] of several requests, such as one for each text
// to embed. They are sent a few at a time, all to the same endpoint; the
// first failure is the failure of all. Body and Answer are not called.
type Several interface {
	TaskExchange
	Bodies() [][]byte
	// Answers is given one answer for each body, in their order.
	Answers(all []Answered) (TaskAnswer, error)
}

// Answered is one of the answers to [Several].
type Answered struct {
	Header http.Header
	Body   []byte
}

// A TaskAnswer is an answer in the client's form.
type TaskAnswer struct {
	Body        []byte
	ContentType string     // empty means JSON
	Model       string     // that answered, if the provider says so
	Usage       *llm.Usage // nil: nobody reported any
}

// Left names the members of a request that a codec has no word for, in their
// order: all that are neither null nor said.
func Left(body []byte, said ...string) []string {
	members, err := json.Members(body)
	if err != nil {
		return nil
	}
	var left []string
	for _, m := range members {
		if m.Value.Kind() != 'n' && !slices.Contains(said, m.Name) {
			left = append(left, m.Name)
		}
	}
	return left
}

// MemberOf is a member of a request; nil if it is absent or null.
func MemberOf(body json.Value, name string) json.Value {
	if v := json.Lookup(body, name); json.Present(v) {
		return v
	}
	return nil
}
