// Package bedrock speaks the Amazon Bedrock Converse API, to upstreams and to
// clients: requests, answers, the events of ConverseStream, and errors. It
// also builds the bodies of CountTokens.
//
// What is special about Converse:
//
//   - The model is in the URL, and so is whether the answer streams.
//   - Roles alternate. Turns of one role that follow one another are merged,
//     and tool results stand first in the turn that answers a call.
//   - A cache mark is a block of its own behind what is to be cached.
//   - There is a small common set of parameters. What only one family of
//     models knows goes to additionalModelRequestFields; family.go says who
//     knows what.
//   - A stream announces a block only if it is a tool call. It says why it
//     stopped (messageStop) before it says what it cost (metadata).
//   - Nothing in a cut stream shows that it was cut, so a stream without
//     messageStop is a failure.
//
// Facts are from the API reference and from the types of the AWS SDK:
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
package bedrock

import (
	"sluice/core/dialect"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use.
type Codec struct{}

var (
	_ dialect.Inbound  = Codec{}
	_ dialect.Outbound = Codec{}
)

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.Converse }
