package lambdaemu

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Report is what the platform says of an invocation when it has ended: when
// the function asked for the next event, or when its process was gone.
type Report struct {
	RequestID string
	Duration  time.Duration // from the event to the question for the next
	Billed    time.Duration // whole milliseconds, with the start of the process
	Init      time.Duration // the start of the process; zero for one that was there
	Memory    int           // in MB
	MaxMemory int           // in MB, at its highest since the start; 0 if unknown

	// Status is "success", "error" if the function reported one or exited, or
	// "timeout".
	Status    string
	ErrorType string // as the function reported it, or Runtime.ExitError
}

// String is the platform's REPORT line.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB",
		r.RequestID, millis(r.Duration), r.Billed.Milliseconds(), r.Memory, r.MaxMemory)
	if r.Init > 0 {
		fmt.Fprintf(&b, "\tInit Duration: %.2f ms", millis(r.Init))
	}
	if r.Status != "success" {
		fmt.Fprintf(&b, "\tStatus: %s", r.Status)
	}
	if r.ErrorType != "" {
		fmt.Fprintf(&b, "\tError Type: %s", r.ErrorType)
	}
	return b.String()
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// billed rounds up to milliseconds. Since August 2025 the start of a process
// is billed as well.
func billed(d time.Duration) time.Duration {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond)
}

// maxMemory returns the highest resident size of a process in MB, 0 where the
// system does not say.
func maxMemory(pid int) int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if kb, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(kb, "kB")))
			return (n + 1023) / 1024
		}
	}
	return 0
}
