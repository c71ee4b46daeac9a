package worktest

import (
	"syscall"
	"time"
)

const ofThread = 1 // RUSAGE_THREAD of getrusage(2)

// used is the processor time of this thread until now.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(ofThread, &u); err != nil {
		panic(err) // the kernel is older than 2.6.26
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
