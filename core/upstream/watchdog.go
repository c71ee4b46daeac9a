package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"sluice/core/llm"
)

// A watchdog bounds the phases of a call. No timeout covers a whole stream:
// one bounds the wait for its first content, one each gap after that. One
// timer serves all of them: a read only notes its time. What bounds the way to
// the headers is a [sending].
type watchdog struct {
	cancel   context.CancelCauseFunc
	provider string // id of the provider that has to answer
	limits   Timeouts
	patience time.Duration // of the client or its config, 0 if they said nothing
	began    time.Time

	mu        sync.Mutex
	timer     *time.Timer
	waiting   int       // reads under way: a client that reads slowly is no stall
	active    time.Time // when a read last began or ended
	gaps      bool      // some of the answer has come, so that gaps are bounded
	committed bool
	stopped   bool
}

// newWatchdog starts the wait for the first content.
func newWatchdog(ctx context.Context, c *Client, t Target) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	limits := t.Timeouts.Or(c.Timeouts).Or(Timeouts{FirstContent: max(defaultFirstContent, t.Timeout), Idle: defaultIdle})
	w := &watchdog{cancel: cancel, provider: t.Spec.ID, limits: limits, patience: t.Timeout, began: time.Now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(time.Until(w.next()), w.expire)
	return ctx, w
}

// next is when the first of the limits is reached, or when to look again. mu
// is held.
func (w *watchdog) next() time.Time {
	gap := time.Now().Add(max(w.limits.Idle, 10*time.Millisecond)) // no less, or an odd config keeps us busy
	if w.waiting > 0 {
		gap = w.active.Add(w.limits.Idle)
	}
	if w.committed {
		return gap
	}
	end := w.began.Add(w.limits.FirstContent)
	if w.asked() {
		end = w.began.Add(w.patience)
	}
	if w.gaps && gap.Before(end) {
		return gap
	}
	return end
}

// asked reports whether the client's own limit comes before ours.
func (w *watchdog) asked() bool { return w.patience > 0 && w.patience <= w.limits.FirstContent }

// expire ends the call if a limit was reached, else it waits for the next.
func (w *watchdog) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if left := time.Until(w.next()); left > 0 {
		w.timer.Reset(left)
		return
	}
	w.cancel(w.cause())
}

// cause says which limit was reached. mu is held.
func (w *watchdog) cause() *llm.Error {
	stalled := w.waiting > 0 && time.Since(w.active) >= w.limits.Idle
	switch {
	case w.committed:
		return &llm.Error{Kind: llm.Truncated, Provider: w.provider, Message: fmt.Sprintf("nothing came for %s", w.limits.Idle)}
	case w.gaps && stalled:
		return w.late("the answer stopped: nothing came for", w.limits.Idle)
	case w.asked():
		return &llm.Error{Kind: llm.Timeout, Type: "timeout_error",
			Message: fmt.Sprintf("Request exceeded the timeout sent in the request: %dms", w.patience.Milliseconds())}
	}
	return w.late("no content within", w.limits.FirstContent)
}

// late is a failure of the provider, before anything has reached the client.
func (w *watchdog) late(what string, limit time.Duration) *llm.Error {
	return &llm.Error{
		Kind: llm.Timeout, Status: http.StatusGatewayTimeout, Provider: w.provider, Type: "timeout_error",
		Message: fmt.Sprintf("%s %s", what, limit),
	}
}

// commit switches from waiting for the first content to bounding gaps.
func (w *watchdog) commit() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed = true
	w.bound()
}

// bound begins to bound the gaps between reads. mu is held.
func (w *watchdog) bound() {
	if w.gaps = true; !w.stopped {
		w.timer.Reset(time.Until(w.next()))
	}
}

// stop ends the watch and the call's context with it.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.stopped = true
	w.cancel(context.Canceled)
}

// pulse tells the watchdog of every read.
type pulse struct {
	r     io.Reader
	watch *watchdog
	whole bool // nothing is handed on before the end: gaps count from the first read
}

func (p *pulse) Read(b []byte) (int, error) {
	p.watch.note(+1)
	n, err := p.r.Read(b)
	p.watch.note(-1)
	if p.whole {
		p.watch.begun()
	}
	return n, err
}

// note counts the reads under way.
func (w *watchdog) note(change int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting += change
	w.active = time.Now()
}

// begun says that some of an answer has come that is read as a whole.
func (w *watchdog) begun() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.gaps {
		w.bound()
	}
}
