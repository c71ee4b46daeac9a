//go:build !linux

package worktest

import "time"

var start = time.Now()

// used is the time that has passed: only Linux tells what a thread has used.
func used() time.Duration { return time.Since(start) }
