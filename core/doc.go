// Package core has the vocabulary of the gateway: a [Call] comes in, a
// [Handler] answers it with a [Reply].
//
// The map of what stands below and above:
//
//	internal/*                      JSON, forms, stream framing, HTTP that is guarded
//	llm                             canonical requests, responses, events, errors
//	secret, store/driver            references to secrets; what a store must do
//	core                            Handler, Call, Reply, Commit, After
//	dialect, dialect/*              wire formats, to and from llm
//	provider, retry, price          who can be called; trying again; what it costs
//	store, upstream                 records; one call to one target
//	route, usage                    config → Handler; the books
//	stored, compact, uploads, jobs  kept responses, summaries, large files, batches
//	losses                          what each pair of dialects carries, measured
//	api                             the public HTTP surface
//	admin                           logs, feedback, analytics: the control plane's HTTP surface
//	gateway                         puts the parts together
//
// A package imports only what stands above it in this list; a test holds the
// order. DESIGN.md says why things are as they are.
package core
