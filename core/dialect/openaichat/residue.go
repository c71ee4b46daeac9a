package openaichat

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// writer appends the JSON of this dialect.
type writer struct{ json.Writer }

// own returns the residue of n that is chat's.
func own(n llm.Native) json.Object { return json.ObjectOf(n.For(llm.OpenAIChat)) }

// residue makes the Native of what was decoded: the members in extra that
// have a value, and those of the object rest.
func residue(rest json.Value, extra ...json.Member) llm.Native {
	return llm.Residue(llm.OpenAIChat, rest, extra...)
}

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markObject = json.Value("{}")
	markString = json.Value(`""`)
	markNull   = json.Value("null")
)
