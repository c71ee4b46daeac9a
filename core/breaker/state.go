package breaker

import "time"

// State is what is known of a circuit, in the form in which processes tell it
// each other. Instants are Unix milliseconds: the clock of the wall is the one
// that processes share, and the only one that runs on while a Lambda
// environment is frozen. The zero value is a closed circuit that has not been
// used.
type State struct {
	Changed int64  `json:"c,omitzero"` // when it last opened or closed
	Until   int64  `json:"u,omitzero"` // open, and calls are kept away until then; 0: closed
	Counts  Counts `json:"n,omitempty"`
}

// Merge joins what two processes know. The later change wins; what was
// counted by those who had not heard of it is kept as far as it is younger.
// So neither order nor grouping matters, but each count must come in once.
func Merge(a, b State) State {
	if a.Changed < b.Changed {
		a, b = b, a
	}
	if a.Changed > b.Changed {
		b.Counts = b.Counts.after(a.Changed)
	} else {
		a.Until = max(a.Until, b.Until)
	}
	a.Counts = a.Counts.plus(b.Counts)
	return a
}

// Recent leaves out what counts no longer, or cannot be true.
func (s State) Recent() State {
	now := time.Now()
	if s.Changed < 0 || s.Changed > now.Add(maxSkew).UnixMilli() || s.Until < 0 {
		return State{}
	}
	s.Counts = Counts(nil).plus(s.Counts.recent(now)) // in order, whatever the order was
	return s
}

// Idle reports whether the state says no more than that of a new circuit
// does.
func (s State) Idle() bool {
	return s.Until == 0 && len(s.Counts) == 0 && s.Changed < time.Now().Add(-Window).UnixMilli()
}

// In reports whether all has what s says, so that merging changes nothing.
func (s State) In(all State) bool {
	return len(s.Counts) == 0 && (s.Changed < all.Changed || s.Changed == all.Changed && s.Until <= all.Until)
}

// Expires is when the state counts no longer, if nothing more happens. An open
// circuit is remembered past its cooldown, so that one call is let through
// first.
func (s State) Expires() time.Time {
	last := max(s.Changed, s.Until)
	if n := len(s.Counts); n > 0 {
		last = max(last, s.Counts[n-1].Step*step.Milliseconds())
	}
	return time.UnixMilli(last).Add(10 * Window)
}

// maxSkew is how far the clocks of two processes may be apart.
const maxSkew = time.Minute
