package breaker

import "time"

// A Circuit is the memory of one target, or of one credential at it. It is not
// safe for concurrent use.
//
// Closed, it counts. When the policy's limit is reached it opens: calls are
// kept away. After the cooldown it is half open: one call is let through, the
// probe, and the others are still kept away until its outcome is known, or
// another cooldown is over. (Two that ask at the same instant, before either has
// begun, both pass.) A success closes the circuit, a failure opens it
// for another cooldown, and an outcome that says nothing lets the next call
// through.
//
// Calls may be made although the circuit is open, when there is nobody else.
// Their success closes it too.
type Circuit struct {
	policy  Policy
	changed int64         // as in State
	until   int64         // as in State
	known   Counts        // that all processes have counted and told, since changed
	fresh   Counts        // counted here and not told yet
	asked   time.Duration // the longest Retry-After since changed
	probe   int64         // until when others wait for a probe; 0: none is out
}

// New returns a closed circuit.
func New(p Policy) *Circuit { return &Circuit{policy: p} }

// Benched reports whether calls are to be kept away. Asking changes nothing.
func (c *Circuit) Benched() bool {
	now := time.Now().UnixMilli()
	return c.until != 0 && (now < c.until || now < c.probe)
}

// A Pass is one call that goes through a circuit.
type Pass struct {
	began int64
	probe int64 // the circuit's, if the call is the probe
}

// Begin notes that a call is made now. It is the probe if one is due.
func (c *Circuit) Begin() Pass {
	now := time.Now()
	p := Pass{began: now.UnixMilli()}
	if c.until != 0 && !c.Benched() {
		c.probe = now.Add(c.policy.cooldown()).UnixMilli()
		p.probe = c.probe
	}
	return p
}

// An Outcome is what a call says of whom it went to.
type Outcome uint8

// Outcomes of a call.
const (
	Nothing Outcome = iota // it was the client's fault, or nobody waited for it
	Success
	Failure
)

// End takes the outcome of a call, and what a failure's Retry-After asked for.
// It reports whether the circuit has opened or closed by it. A call that began
// before the last such change says nothing new.
func (c *Circuit) End(p Pass, o Outcome, retryAfter time.Duration) bool {
	if p.probe != 0 && p.probe == c.probe {
		c.probe = 0
	}
	if o == Nothing || p.began < c.changed {
		return false
	}
	if c.until == 0 {
		return c.count(o, retryAfter)
	}
	now := time.Now()
	switch {
	case o == Success:
		c.change(now, 0)
	case now.UnixMilli() >= c.until:
		c.open(retryAfter)
	default: // it was called for want of others
		c.until = max(c.until, now.Add(min(retryAfter, MaxRetryAfter)).UnixMilli())
		return false
	}
	return true
}

// Break takes a failure that nobody began: an answer that has begun well breaks
// off. It reports whether the circuit has opened by it.
func (c *Circuit) Break() bool {
	return c.End(Pass{began: time.Now().UnixMilli()}, Failure, 0)
}

// count notes the outcome of a call through the closed circuit. Successes
// matter for shares only; where nobody asks for those, a target that is well
// leaves nothing to tell others.
func (c *Circuit) count(o Outcome, retryAfter time.Duration) (opened bool) {
	n := Count{Step: stepOf(time.Now()), Calls: 1}
	if o == Failure {
		n.Failures, c.asked = 1, max(c.asked, retryAfter)
	} else if c.policy.Percentage == 0 {
		return false
	}
	c.fresh = c.fresh.plus(Counts{n})
	return c.judge()
}

// judge opens the circuit if what was counted reaches the limit.
func (c *Circuit) judge() (opened bool) {
	now := time.Now()
	c.known, c.fresh = c.known.recent(now), c.fresh.recent(now)
	if c.until != 0 || !c.policy.reached(c.known.plus(c.fresh).sum()) {
		return false
	}
	c.open(c.asked)
	return true
}

func (p Policy) reached(calls, failures int64) bool {
	minimum := int64(defaultMinimum)
	if p.Minimum > 0 {
		minimum = int64(p.Minimum)
	}
	switch {
	case failures == 0:
		return false
	case p.Failures > 0 && failures >= int64(p.Failures):
		return true
	}
	return p.Percentage > 0 && calls >= minimum && 100*float64(failures) >= p.Percentage*float64(calls)
}

func (c *Circuit) open(retryAfter time.Duration) {
	now := time.Now()
	c.change(now, now.Add(max(c.policy.cooldown(), min(retryAfter, MaxRetryAfter))).UnixMilli())
}

// change begins to count anew. Of two changes the later one is the one in
// force, so that each has an instant of its own.
func (c *Circuit) change(now time.Time, until int64) {
	*c = Circuit{policy: c.policy, changed: max(now.UnixMilli(), c.changed+1), until: until}
}

// News is what other processes have not been told: the last change, and what
// was counted here since. It is to be merged into what they know.
func (c *Circuit) News() State { return State{c.changed, c.until, c.fresh} }

// Learn takes what all processes know, in which news, as [Circuit.News] gave
// them, are included; the zero value if they are not. It reports whether the
// circuit has opened or closed by it.
func (c *Circuit) Learn(all, news State) bool {
	if news.Changed == c.changed {
		c.fresh = c.fresh.minus(news.Counts)
	}
	before := c.until
	switch {
	case all.Changed > c.changed:
		*c = Circuit{policy: c.policy, changed: all.Changed, until: all.Until, known: all.Counts, fresh: c.fresh.after(all.Changed)}
	case all.Changed == c.changed:
		c.until, c.known = max(c.until, all.Until), all.Counts
	}
	longest := time.Now().Add(max(c.policy.cooldown(), MaxRetryAfter))
	c.until = min(c.until, longest.UnixMilli()) // others are believed no more than this process would do
	c.judge()
	return (c.until == 0) != (before == 0)
}
