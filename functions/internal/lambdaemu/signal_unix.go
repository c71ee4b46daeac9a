//go:build unix

package lambdaemu

import "syscall"

// ownGroup puts the process into a group of its own, so that what it starts
// is frozen and killed with it.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func freeze(pid int) { syscall.Kill(-pid, syscall.SIGSTOP) }
func thaw(pid int)   { syscall.Kill(-pid, syscall.SIGCONT) }
func kill(pid int)   { syscall.Kill(-pid, syscall.SIGKILL) }
