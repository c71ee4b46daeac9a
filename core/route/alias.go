package route

import (
	"strings"

	"sluice/core/internal/json"
)

// An Alias gives the models that clients ask for by one pattern another name
// at a target. A star in the pattern stands for any text. Clients ask for
// models of their own accord that a target does not have, such as Claude Code
// for a small one in the background.
type Alias struct{ Pattern, Model string }

// An aliased model, with all that is overridden for it.
type aliased struct {
	Alias
	overrides json.Value
}

// withAliases builds what a target overrides for each alias. A model that is
// overridden anyway leaves them nothing to do.
func withAliases(all []Alias, overrides json.Value) []aliased {
	if modelIn(overrides) != "" {
		return nil
	}
	out := make([]aliased, len(all))
	for i, a := range all {
		out[i] = aliased{a, json.Join(overrides, json.Named("model", json.Quote(a.Model)))}
	}
	return out
}

// matches reports whether the pattern fits the whole name.
func (a Alias) matches(name string) bool {
	parts := strings.Split(a.Pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, last)
}
