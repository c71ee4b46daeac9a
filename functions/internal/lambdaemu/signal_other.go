//go:build !unix

package lambdaemu

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

// Without signals a process is not frozen between invocations.
func freeze(int) {}
func thaw(int)   {}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
	}
}
