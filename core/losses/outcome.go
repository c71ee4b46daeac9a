package losses

import (
	"slices"
	"strings"
)

// An Outcome is what becomes of a field on its way.
type Outcome struct {
	Kind  Kind
	Words string // the form, the refusal, or the names reported
}

// Kind classes outcomes.
type Kind string

// What may become of a field. Silent is never right.
const (
	Carried  Kind = "carried"
	Adapted  Kind = "adapted"  // said in another form
	Dropped  Kind = "dropped"  // and reported
	Refused  Kind = "refused"  // with a 400 that says why
	Unspoken Kind = "–"        // the client's dialect has no word for it
	LeftOut  Kind = "left out" // of what a provider wanted back
	Silent   Kind = "SILENT"
)

// added are the names that are reported with a field and not without it.
func added(with, without []string) string {
	var names []string
	for _, n := range with {
		if !slices.Contains(without, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}
