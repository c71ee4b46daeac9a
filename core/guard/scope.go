package guard

import "slices"

// A Scope says which texts the checks of a hook judge.
type Scope string

// Scopes. Of an answer all of it is judged, in every scope but [Tools].
const (
	// Last is what was added since the model last spoke: all messages behind
	// its last one, with the results of tools.
	Last Scope = "last"
	// All is every text.
	All Scope = "all"
	// Instructions are the messages of system and developer.
	Instructions Scope = "system"
	// Tools are the calls of tools and their results, in all messages.
	Tools Scope = "tools"
)

var scopes = []string{string(Last), string(All), string(Instructions), string(Tools)}

// of picks the texts that are in a scope.
func (s Scope) of(texts []Text, e Event) []int {
	from := 0
	if s == Last && e == Before {
		from = lastSpoken(texts)
	}
	var in []int
	for i := range texts {
		if t := &texts[i]; (i >= from || t.Turn < 0) && s.has(t, e) {
			in = append(in, i)
		}
	}
	return in
}

// lastSpoken is the place behind the last text that the model has said. What
// belongs to no message, which has no turn, may stand anywhere.
func lastSpoken(texts []Text) int {
	said := func(t Text) bool { return t.Turn >= 0 && (t.Role == "assistant" || t.Role == "model") }
	last := len(texts) - 1
	for last > 0 && texts[last].Turn < 0 {
		last--
	}
	for i := last; i >= 0; i-- {
		if said(texts[i]) {
			if i == last { // an answer that the request begins: it is new, too
				return slices.IndexFunc(texts, func(t Text) bool { return t.Turn == texts[i].Turn && said(t) })
			}
			return i + 1
		}
	}
	return 0
}

func (s Scope) has(t *Text, e Event) bool {
	instruction := t.Role == "system" || t.Role == "developer"
	switch s {
	case Instructions:
		return instruction || e == After
	case Tools:
		return t.Place == ToolCall || t.Place == ToolResult
	case Last:
		return !instruction || e == After
	}
	return true
}
