package dialect

import (
	"net/http"

	"sluice/core"
	"sluice/core/llm"
)

// A Task is the codec of an operation that is one request and one answer,
// such as [llm.Embed] or [llm.GenerateImage], for providers that have a form
// of their own. Clients speak OpenAI's form (of [llm.Rerank], Cohere's), so
// a provider that speaks it too needs no Task: its bodies are spliced.
//
// Like all codecs it is pure.
type Task interface {
	// Prepare writes the client's request in the provider's form. What it
	// cannot say it refuses with an *llm.Error or names in
	// [TaskExchange.Dropped].
	Prepare(in core.Incoming, t Target) (TaskExchange, error)
}

// A TaskExchange is one request and the reading of its answer.
type TaskExchange interface {
	Body() []byte
	ContentType() string // of Body
	Dropped() []string
	// Answer writes the provider's answer in the client's form.
	Answer(h http.Header, body []byte) (TaskAnswer, error)
	DecodeError(status int, h http.Header, body []byte) *llm.Error
}

// A TaskAnswer is an answer in the client's form.
type TaskAnswer struct {
	Body        []byte
	ContentType string     // empty means JSON
	Model       string     // that answered, if the provider says so
	Usage       *llm.Usage // nil: nobody reported any
}
