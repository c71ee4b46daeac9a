// Package breaker decides when a target has failed so often that calls are
// better kept away from it for a while.
//
// It is a state machine, and no more: it makes no calls and keeps no lists.
// Who calls targets asks a [Circuit] before and tells it the outcome after,
// and what one process has seen is told to others as [State].
//
// # Which failures count
//
// A failure that says something of the request, not of who was asked, never
// counts, whatever a config lists: a bad request, a context that is too long,
// a refusal by content policy, a body that is too large or of the wrong type, a
// model or path that does not exist, what a target cannot do, a client that has
// gone, and everything that the gateway itself refuses. Of the others a config
// may say which statuses count. If it does not:
//
//   - 401, 402, 403 and 429 speak against the credential at that target,
//     since another customer of the provider may be served all the same;
//   - 408 and 500 and above, but for 501, speak against the target, whoever
//     asks;
//   - so does a failure without a status, also where statuses are listed: no
//     connection, no answer in time, an answer that broke off or cannot be
//     read.
//
// So a target has a circuit of its own and one for each credential, and it is
// kept free of calls while either is open.
package breaker

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"sluice/core/llm"
)

// A Policy says when a circuit opens, and for how long. The zero value never
// opens one.
type Policy struct {
	Failures   int           // within the window; 0: their number does not matter
	Percentage float64       // of the calls within the window; 0: their share does not matter
	Minimum    int           // of calls within the window before their share is looked at; 0 means 5
	Cooldown   time.Duration // at least [MinCooldown], which 0 means
	Statuses   []int         // that count; nil: see the package
}

// MinCooldown is the shortest time that a circuit stays open, and the default.
const MinCooldown = 30 * time.Second

// MaxRetryAfter is the longest time that a provider's Retry-After may keep a
// circuit open beyond its cooldown.
const MaxRetryAfter = 15 * time.Minute

const defaultMinimum = 5

func (p Policy) cooldown() time.Duration { return max(p.Cooldown, MinCooldown) }

// A Blame is whom a failure speaks against.
type Blame uint8

// Whom a failure may speak against.
const (
	Nobody     Blame = iota
	Credential       // at this target
	Target           // for every credential
)

// Blame classes the error of an attempt.
func (p Policy) Blame(err error) Blame {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || own(e) || !p.counts(status(e)) {
		return Nobody
	}
	switch e.Kind {
	case llm.Credential, llm.Quota, llm.RateLimited:
		return Credential
	case llm.Overloaded, llm.Timeout, llm.Unreachable, llm.Upstream, llm.Truncated:
		return Target
	}
	return Nobody
}

func (p Policy) counts(status int) bool {
	if p.Statuses == nil {
		return status != http.StatusNotImplemented
	}
	return status == 0 || slices.Contains(p.Statuses, status)
}

// status is the one that the provider has sent with a failure, 0 if it has
// sent none.
func status(e *llm.Error) int {
	if e.Provider == "" || e.Status < 400 {
		return 0
	}
	return e.Status
}

// own reports whether the gateway itself refused. It names no provider then,
// which it does not do for timeouts either; and what it says of a member of
// the request, such as an image whose host is down, speaks of that member.
func own(e *llm.Error) bool {
	return e.Provider == "" && e.Kind != llm.Timeout || e.Param != "" && len(e.Raw) == 0
}
