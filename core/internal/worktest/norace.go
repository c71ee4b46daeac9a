//go:build !race

package worktest

// Raced reports whether the race detector watches.
const Raced = false
