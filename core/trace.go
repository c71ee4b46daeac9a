package core

import (
	"slices"
	"sync"
	"time"
)

// An Attempt is one request to one target.
type Attempt struct {
	Option   string // path of the target in the config, as in config.targets[0]
	Provider string
	Model    string
	Status   int           // the upstream's, 0 if there was none
	Err      error         // nil if the attempt was answered
	Took     time.Duration // until the reply was committed or failed
	Once     bool          // its body could be read once only, so that nothing was tried after it
}

// A Trace says what was tried for a call. It is safe for concurrent use.
type Trace struct {
	mu       sync.Mutex
	attempts []Attempt
}

// Add notes an attempt.
func (t *Trace) Add(a Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempts = append(t.attempts, a)
}

// Attempts lists what was tried so far, in the order in which it ended.
func (t *Trace) Attempts() []Attempt {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.attempts)
}
