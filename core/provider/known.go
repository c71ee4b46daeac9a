package provider

import "slices"

// unserved are ids that may stand in x-portkey-provider and in a config and
// have no [Spec] yet: they are not spelling mistakes.
var unserved = []string{
	"portkey",
}

// Known reports whether a provider's id is a valid one. [Find] may still have
// nothing for it.
func Known(id string) bool { return registry[id] != nil || slices.Contains(unserved, id) }
