package main

import "runtime"

// ballastSize is in bytes.
const ballastSize = 32 << 20

// ballast is memory that is never touched, so that it takes up none: it makes
// the heap seem larger than it is. What this process holds is little beside
// what requests need for a moment, and the garbage collector, which runs when
// the heap has doubled, would take a third of the time of a cached answer. A
// percentage for it (GOGC) would grow with the heap, this does not.
func ballast() (release func()) {
	b := make([]byte, ballastSize)
	return func() { runtime.KeepAlive(b) }
}
