// Package core has the vocabulary of the gateway: a [Call] comes in, a
// [Handler] answers it with a [Reply].
//
// The map of what stands below and above:
//
//	internal/json, internal/frame   JSON and stream framing
//	llm                             canonical requests, responses, events, errors
//	core                            Handler, Call, Reply, Commit, After
//	dialect, dialect/*              wire formats, to and from llm
//	provider, retry                 who can be called; trying again
//	upstream                        one call to one target
//	route                           config → Handler
//	api                             the public HTTP surface
//	gateway                         puts the parts together
//
// A package imports only what stands above it in this list; a test holds the
// order. DESIGN.md says why things are as they are.
package core
