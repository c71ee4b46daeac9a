// Package gemini speaks generateContent, to upstreams and to clients: the
// Gemini API and Vertex AI's Gemini models. It has requests, answers, streams
// and errors, and the bodies of countTokens.
//
// What is special about generateContent:
//
//   - The model is in the URL, and so is whether the answer streams. A stream
//     is server-sent events with alt=sse, else one JSON array that grows.
//   - It is protobuf as JSON: members may be written in camelCase or in
//     snake_case, a list of one element without its brackets, a whole number
//     as a string. See spelling.go.
//   - Tool results are matched with calls by name and order; ids are new and
//     not everywhere.
//   - Schemas are a subset of OpenAPI 3.0. Newer models also take JSON
//     Schema, in members of another name. See schema.go and openapi.go.
//   - A part may bear a signature of the thought that led to it. Gemini 3
//     refuses calls in a history without one. Where a client has lost it, the
//     documented placeholder is sent; see signature.go.
//   - Nothing in a stream says that it is over: it is, when it ends and a
//     finish reason was seen.
//
// Facts are from the API references and from the types of Google's SDKs:
// https://ai.google.dev/api/generate-content
// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
package gemini

import (
	"sluice/core/dialect"
	"sluice/core/llm"
)

// Codec is the dialect. The zero value is ready to use.
type Codec struct {
	// Array makes [Codec.EncodeStream] write a stream as one JSON array, as
	// the API does for a client that does not ask for alt=sse.
	Array bool
}

var (
	_ dialect.Inbound  = Codec{}
	_ dialect.Outbound = Codec{}
	_ dialect.Chooser  = Codec{}
	_ dialect.Counter  = Codec{}
)

// Dialect names it.
func (Codec) Dialect() llm.Dialect { return llm.Gemini }
