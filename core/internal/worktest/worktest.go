// Package worktest measures work, for tests of what hostile input may cost. A
// clock on the wall would measure how busy the machine is.
package worktest

import (
	"runtime"
	"time"
)

// CPU is the processor time that f takes, on the goroutine that it is called
// on: what f starts others for is not in it.
func CPU(f func()) time.Duration {
	runtime.LockOSThread() // nothing else runs on this thread
	defer runtime.UnlockOSThread()
	began := used()
	f()
	return used() - began
}
