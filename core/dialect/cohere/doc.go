// Package cohere is the dialect of Cohere's Chat API, version 2, both sides:
// [Codec] reads what clients send to /v2/chat and writes what Cohere expects,
// and back.
//
// It is near to chat completions, and differs where it matters:
//
//   - a plan that stands before tool calls (tool_plan) is reasoning here,
//     as are thinking parts;
//   - documents stand beside the messages. Canonically they are the first
//     parts of the last user turn, where other dialects have them;
//   - citations point into the text by character, and are events of a stream;
//   - a tool cannot be named as the one to call: only it is sent, and calls
//     are required;
//   - an answer that ends with ERROR or TIMEOUT is an error.
//
// A signature of reasoning has no word in Cohere's API. In answers to clients
// it stands in the member signature of a thinking part, which their SDKs hand
// back, so that a conversation with Claude or Gemini can go on.
//
// https://docs.cohere.com/reference/chat
package cohere

import (
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Codec is the dialect. It has no state.
type Codec struct{}

var (
	_ dialect.Inbound  = Codec{}
	_ dialect.Outbound = Codec{}
)

// Dialect returns [llm.Cohere].
func (Codec) Dialect() llm.Dialect { return llm.Cohere }

// own returns the residue of n that is this dialect's.
func own(n llm.Native) json.Object { return json.ObjectOf(n.For(llm.Cohere)) }

// residue makes the Native of what was decoded: the members in extra that
// have a value, and those of the object rest.
func residue(rest json.Value, extra ...json.Member) llm.Native {
	return llm.Residue(llm.Cohere, rest, extra...)
}

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markObject = json.Value("{}")
	markString = json.Value(`""`)
	markNull   = json.Value("null")
)
