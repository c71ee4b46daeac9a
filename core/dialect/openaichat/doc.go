// Package openaichat is the dialect of OpenAI Chat Completions, both sides:
// [Codec] reads what clients send and writes what providers expect, and back.
// Most providers speak it, each with an accent, so reading is tolerant:
//
//   - content is a string, null or an array in every place;
//   - reasoning comes as reasoning_content, reasoning, reasoning_details, a
//     thinking part or content_blocks;
//   - usage may stand in any chunk, in x_groq or in a choice, and its cached
//     tokens under any of five names;
//   - an error may come with status 200, in a stream, and in a dozen shapes.
//
// Writing is narrow: the plainest form that says the same. What came from
// chat itself goes back as it came, because its residue ([llm.Native]) keeps
// the form: which of max_tokens and max_completion_tokens was sent, whether
// a tool call was a legacy function_call, where a cache mark stood.
//
// Reasoning of other dialects never becomes content. Clients that are not
// strict get it in content_blocks, an extension of the gateway that this one
// is compatible with, and may send it back there; strict ones do not see it.
//
// https://platform.openai.com/docs/api-reference/chat
package openaichat

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

// Dialect returns [llm.OpenAIChat].
func (Codec) Dialect() llm.Dialect { return llm.OpenAIChat }
