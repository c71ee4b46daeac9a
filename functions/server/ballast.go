package main

import (
	"runtime"
	"runtime/debug"
)

// ballastSize is in bytes.
const ballastSize = 64 << 20

// ballast is memory that is never touched, so that it takes up none: it makes
// the heap seem larger than it is. What this process holds is little beside
// what requests need for a moment, and the garbage collector, which runs when
// the heap has doubled, would take a third of the time of a cached answer. A
// percentage for it (GOGC) would grow with the heap, this does not. Where memory
// is limited (GOMEMLIMIT), it is an eighth of that at most.
func ballast() (release func()) {
	b := make([]byte, min(ballastSize, debug.SetMemoryLimit(-1)/8))
	return func() { runtime.KeepAlive(b) }
}
