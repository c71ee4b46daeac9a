package core

import (
	"fmt"
	"sync/atomic"

	"sluice/core/llm"
)

// MaxAttempts is how many attempts a request may make at its targets: first
// ones, retries, fallbacks, races and continuations together. A config may
// have a thousand targets with five retries each; a request that a hundred
// attempts have not answered is not worth more of them.
const MaxAttempts = 100

// ErrSpent is the failure of an attempt that was not made, since the request
// had made [MaxAttempts]. It says nothing of the target.
var ErrSpent error = &llm.Error{Kind: llm.Upstream, Message: fmt.Sprintf("%d attempts have been made for this request, which is as many as it may make", MaxAttempts)}

// budget is what all copies of a call may use together.
type budget struct{ attempts atomic.Int64 }

// Spend takes one of the attempts that the request may make, for the target
// at a path. It reports false if there is none left. A call that was not
// prepared has no limit.
func (c *Call) Spend(option string) bool {
	if c.budget == nil {
		return true
	}
	n := c.budget.attempts.Add(1)
	if n == MaxAttempts {
		c.Trace.Note(option, fmt.Sprintf("this is attempt %d of the request, and the last one that it may make", n))
	}
	return n <= MaxAttempts
}

// Spent reports whether the request may make no further attempt.
func (c *Call) Spent() bool {
	return c.budget != nil && c.budget.attempts.Load() >= MaxAttempts
}

// Race returns the call for the targets of a race. They do not race on their
// own: then every level of a config would multiply what is called at once.
func (c *Call) Race() *Call {
	d := *c
	d.races = true
	return &d
}

// Races reports whether the call is in a race with copies of itself.
func (c *Call) Races() bool { return c.races }
