// Package claude knows Anthropic's models and what follows from that for a
// request, on whichever platform it is sent: how long an answer can be, how
// thinking is asked for and switched off, which efforts there are, what
// sampling goes with them.
//
// The rules are those of the Messages API, which the clouds pass on. How they
// are written is a dialect's business, and so is what one platform has and
// another has not.
package claude

import "slices"

// A Model is what one of the Claudes takes. The zero value is of no use; see
// [Find].
type Model struct {
	Known    bool  // its name says which one it is
	Version  int   // major*100+minor; 0 where the name has none, as in mythos-preview
	Output   int64 // most tokens it can write; 0 unless known
	Preset   int64 // max_tokens for a client that named none
	Thinking Form
	Off      OffForm
	Thinks   bool   // thinks unless it is told not to
	Effort   Effort // the highest; NoEffort: it knows none
	NoXhigh  bool   // "max" came before "xhigh" did
	Sampling bool   // takes temperature, top_p and top_k
	OneKnob  bool   // takes temperature or top_p, not both
	System   bool   // takes role "system" among the messages
	Unforced bool   // refuses tool_choice "any" and "tool" altogether
}

// Form says which kinds of thinking a model can be asked for.
type Form uint8

// Forms of thinking.
const (
	Either       Form = iota // a budget or adaptive
	NoThinking               // it cannot think
	OnlyBudget               // thinking.budget_tokens
	OnlyAdaptive             // thinking.type "adaptive"
)

// OffForm says how a model's thinking is switched off.
type OffForm uint8

// Ways to switch thinking off.
const (
	OffDisabled OffForm = iota // thinking.type "disabled"
	OffBetween                 // thinking.type "between_tools" is the least
	OffNever
)

// unknown is a model whose name says nothing, such as an alias or a
// deployment: the request is sent as the client meant it.
var unknown = Model{Preset: 8192, Effort: Max, Sampling: true, System: true}

// Find returns the model of an id, in any platform's spelling:
// claude-opus-4-5-20251101, claude-3-7-sonnet-20250219-v1:0,
// claude-sonnet-4@20250514, claude-3-5-haiku-latest. What stands before
// "claude-" does not matter. A model of tomorrow is taken for the newest of
// its family; an id that says nothing gives a model that is not Known and
// takes what there is.
func Find(id string) Model {
	family, version := parse(id)
	if family == "" {
		return unknown
	}
	for _, g := range generations {
		if version >= g.since && slices.Contains(g.families, family) {
			g.Known, g.Version = true, version
			return g.Model
		}
	}
	return unknown
}

// Prefill reports whether a model goes on from an answer that the request
// begins; models from 4.6 on refuse to.
//
// https://platform.claude.com/docs/en/about-claude/models/migration-guide
func (m Model) Prefill() bool {
	return !m.Known || m.Version > 0 && m.Version < 406
}

// Since reports whether a model is of a version or later, as far as its name
// says: models without a version are recent ones.
func (m Model) Since(version int) bool {
	return m.Version == 0 || m.Version >= version
}
