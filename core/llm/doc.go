// Package llm has the canonical types that every dialect is translated to and
// from: a request, its turns and parts, tools, a response, the events of a
// stream, usage and errors.
//
// It is a superset of the dialects, not one of them: ordered parts in ordered
// turns, because the poorest dialect would lose blocks, signatures, citations
// and cache marks. What only one dialect knows stays in [Native].
//
// Numbers that a client may write in several ways (a temperature of 0.70)
// are kept as the literal, so that translation cannot change them.
package llm
