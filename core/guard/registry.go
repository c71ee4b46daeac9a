package guard

import (
	"fmt"
	"maps"
	"slices"
)

// A Library has the checks that hooks may use, by id.
type Library map[string]*Spec

// own are the checks of this package.
var own []Spec

// add registers a check of this package.
func add(s Spec) { own = append(own, s) }

// NewLibrary returns the checks of this package and others. Two of one id are
// a programmer's mistake.
func NewLibrary(others ...Spec) Library {
	l := Library{}
	for _, s := range slices.Concat(own, others) {
		for _, id := range append([]string{s.ID}, s.Aliases...) {
			if _, twice := l[id]; twice || id == "" {
				panic(fmt.Sprintf("check %q is registered twice, or has no id", id))
			}
			l[id] = &s
		}
	}
	return l
}

// IDs lists the checks in alphabetical order, by their own ids and aliases.
func (l Library) IDs() []string { return slices.Sorted(maps.Keys(l)) }
