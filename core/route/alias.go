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

// over is what a target overrides for a request whose model has the alias.
// There are too many pairs of aliases and targets to keep that for each.
func (a Alias) over(overrides json.Value) json.Value {
	return json.Join(overrides, json.Named("model", json.Quote(a.Model)))
}

// matches reports whether the pattern fits the whole name.
func (a Alias) matches(name string) bool {
	part, pattern, star := strings.Cut(a.Pattern, "*")
	rest, ok := strings.CutPrefix(name, part)
	if !star {
		return ok && rest == ""
	}
	for ok {
		if part, pattern, star = strings.Cut(pattern, "*"); !star {
			return strings.HasSuffix(rest, part)
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return false
}
