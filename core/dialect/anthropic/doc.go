// Package anthropic is the Anthropic Messages dialect, facing clients and
// upstreams.
//
// The API of November 2026 is spoken whole: what has no canonical word
// (server tools, containers, context management, and whatever is added
// tomorrow) travels as residue and comes out as it came in.
//
//   - request.go, decode_parts.go, decode_tools.go read a client's request
//   - prepare.go and its neighbours write a request for an upstream
//   - core/internal/claude says what differs between the models
//   - response.go, usage.go, stream_decode.go, stream_encode.go: answers
//   - error.go, overflow.go: errors, and the wordings of a full context
//   - texts.go: where the texts of a request stand
//   - count.go: counting tokens
//
// A request that was decoded by this package carries the dialect's name in
// its Native, even if there is no residue: that is how [Codec.Prepare] knows
// that system messages in the middle and file ids are this dialect's own.
//
// Sources: https://platform.claude.com/docs/en/api/messages and the type
// definitions of the official TypeScript SDK of August 2026.
package anthropic

import (
	"sluice/core/dialect"
	"sluice/core/llm"
)

// Codec translates between the Messages API and canonical form. It has no
// state: one value serves all requests.
type Codec struct{}

var (
	_ dialect.Inbound       = Codec{}
	_ dialect.Outbound      = Codec{}
	_ dialect.Exchange      = (*exchange)(nil)
	_ dialect.StreamEncoder = (*streamEncoder)(nil)
)

// Dialect returns the name of the dialect.
func (Codec) Dialect() llm.Dialect { return llm.Anthropic }
