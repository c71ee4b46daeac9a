// Package openairesponses is the dialect of OpenAI Responses, both sides:
// [Codec] reads what clients send and writes what upstreams expect, and back.
//
// A request is a list of items, not of messages. Items that the model has
// written in a row (a thought, words, calls) are one turn of the assistant;
// the first part of each message keeps what is left of the message, so that
// the items come out as they came in. Items for which there is no canonical
// word are foreign parts, whole.
//
// What has no meaning outside of the API (ids of items, stored responses,
// namespaces of tools) is sorted out by [Leave] before a request goes to
// another dialect.
//
// Encrypted reasoning of other dialects that goes out to a client is marked
// with its origin, and finds its way home; it never becomes words.
//
// https://platform.openai.com/docs/api-reference/responses
package openairesponses

import (
	"sluice/core/dialect"
	"sluice/core/llm"
)

// Codec is the dialect. It has no state.
type Codec struct{}

var (
	_ dialect.Inbound  = Codec{}
	_ dialect.Outbound = Codec{}
)

// Dialect returns [llm.OpenAIResponses].
func (Codec) Dialect() llm.Dialect { return llm.OpenAIResponses }
