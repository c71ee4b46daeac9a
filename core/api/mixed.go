package api

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

// mixed reads requests of the Responses API and answers as Chat Completions
// do. Cursor sends such bodies to the path of chat. No upstream speaks it, so
// that each of these requests is translated.
type mixed struct{ openaichat.Codec }

var _ dialect.Inbound = mixed{}

func (mixed) Dialect() llm.Dialect { return llm.OpenAIMixed }

func (mixed) DecodeRequest(in core.Incoming) (*llm.Request, error) {
	return responses.DecodeRequest(in)
}

func (mixed) Texts(in core.Incoming) iter.Seq[dialect.Span] { return responses.Texts(in) }
