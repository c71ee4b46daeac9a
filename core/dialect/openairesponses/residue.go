package openairesponses

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// writer appends the JSON of this dialect.
type writer struct{ json.Writer }

// own returns the residue of n that is this dialect's.
func own(n llm.Native) json.Object { return json.ObjectOf(n.For(llm.OpenAIResponses)) }

// residue makes the Native of what was decoded: the members in extra that
// have a value, and those of the object rest.
func residue(rest json.Value, extra ...json.Member) llm.Native {
	return llm.Residue(llm.OpenAIResponses, rest, extra...)
}

// Marks say in which of several forms something came. They are empty, so that
// other dialects do not report them as lost.
var (
	markObject = json.Value("{}")
	markArray  = json.Value("[]")
	markString = json.Value(`""`)
	markNull   = json.Value("null")
)

// orObject is v, or a mark if there is nothing.
func orObject(v json.Value) json.Value {
	if len(v) == 0 {
		return markObject
	}
	return v
}

// unsaid keeps a member that says nothing (null or "") as it was written.
func unsaid(name string, v json.Value) json.Member {
	if v.Kind() == 'n' || string(v) == `""` {
		return json.Named(name, v)
	}
	return json.Member{}
}
