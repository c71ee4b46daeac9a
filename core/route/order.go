package route

import "sluice/core"

// inOrder is the order of the config, of so many children: all of them for a
// fallback, the first for a single target.
type inOrder int

func (n inOrder) next(_ *core.Call, out *marks) int {
	for i := range int(n) {
		if !out.has(i) {
			return i
		}
	}
	return -1
}
