// Package retry repeats a call that failed for a reason that may pass.
//
// It knows nothing about routing: a retry stays on the target it wraps, and
// choosing another target is what strategies do. It is the only owner of
// retries: SDK clients behind it have theirs switched off.
package retry

import (
	"context"
	"errors"
	"slices"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// MaxAttempts bounds [Policy.Attempts]: doubling waits make more pointless.
const MaxAttempts = 5

// maxWait is the longest that one call waits between attempts, all waits
// added up. A provider that asks for as much at once is not waited for.
const maxWait = 60 * time.Second

// DefaultStatus lists the statuses that are tried again when a policy names
// none; 446 is that of an answer which a guardrail has denied. Failures without a status (no connection, a broken answer) are always
// tried again.
var DefaultStatus = []int{429, 446, 500, 502, 503, 504, 529}

// A Policy says when and how often to try again. The zero value never does.
type Policy struct {
	Attempts      int   // after the first, at most [MaxAttempts]
	OnStatus      []int // nil means [DefaultStatus]
	UseRetryAfter bool  // wait at least as long as the provider asks for
}

// Wrap returns h with the policy around it. random gives numbers in [0, 1)
// for the jitter. Waits double from one second, and each is drawn from its
// upper half, so that clients which failed together do not return together.
// Nothing is tried again for a request that has made [core.MaxAttempts].
func Wrap(h core.Handler, p Policy, random func() float64) core.Handler {
	if p.Attempts <= 0 {
		return h
	}
	return &handler{h, p, random}
}

type handler struct {
	next   core.Handler
	policy Policy
	random func() float64
}

func (h *handler) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	attempts := min(h.policy.Attempts, MaxAttempts)
	var waited time.Duration
	for n := 0; ; n++ {
		reply, err := h.next.Handle(ctx, c)
		switch {
		case err == nil && !h.policy.unhappy(ctx, c, reply):
			reply.Retries = n
			return reply, nil
		case err == nil && (n == attempts || c.Spent()):
			reply.Retries = -1
			return reply, nil
		case err == nil:
			c.Trace.Bill(reply.Option, reply.Bill())
			reply.Close()
			c = c.After(0)
			continue
		case c.Once(), !h.policy.retries(ctx, err):
			return nil, &core.Failure{Retries: n, Err: err}
		case n == attempts, c.Spent():
			return nil, &core.Failure{Retries: -1, Err: err}
		}
		wait := h.wait(n, err)
		if waited += wait; wait >= maxWait || waited > maxWait || !sleep(ctx, wait) {
			return nil, &core.Failure{Retries: -1, Err: err}
		}
		c = c.After(wait)
	}
}

// unhappy reports whether an answer is tried again about which a guardrail has
// something to say.
func (p Policy) unhappy(ctx context.Context, c *core.Call, r *core.Reply) bool {
	return r.Status == llm.StatusHooksFailed && slices.Contains(p.OnStatus, r.Status) && !c.Once() && ctx.Err() == nil
}

// Repeats reports whether an answer is tried again to which guardrails have
// given a status.
func (p Policy) Repeats(status int) bool {
	return p.Attempts > 0 && slices.Contains(p.statuses(), status)
}

func (p Policy) statuses() []int {
	if p.OnStatus == nil {
		return DefaultStatus
	}
	return p.OnStatus
}

// retries decides by status where there is one, as configs are written in
// statuses, else by kind.
func (p Policy) retries(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false // the client has gone, or its time is up
	}
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return false
	}
	if slices.Contains(p.statuses(), e.HTTPStatus()) {
		return e.Provider != "" || e.Retryable() || e.Kind == llm.Denied
	}
	switch e.Kind {
	case llm.Unreachable, llm.Truncated:
		return true
	case llm.Upstream:
		return e.Status < 300 // a good status with an answer that cannot be read
	}
	return false
}

// wait is how long the next attempt has to wait. What the provider asks for is
// a floor: clients that it told the same time still return one by one. After an
// answer that a guardrail has denied nobody has to be spared.
func (h *handler) wait(n int, err error) time.Duration {
	if llm.KindOf(err) == llm.Denied {
		return 0
	}
	full := time.Second << n
	wait := full/2 + time.Duration(h.random()*float64(full/2))
	if e, ok := errors.AsType[*llm.Error](err); ok && h.policy.UseRetryAfter {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}

// sleep waits unless the context would end first: then the attempt could not
// be made anyway.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
