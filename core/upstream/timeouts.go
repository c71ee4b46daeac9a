package upstream

import (
	"cmp"
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// Timeouts bound the phases of one request to a target. Zero means the
// default.
type Timeouts struct {
	Connect      time.Duration // until there is a connection, TLS included; default: as long as dialling takes, 20 s at most
	Headers      time.Duration // from the request's last byte to the headers of the answer; default: FirstContent alone
	FirstContent time.Duration // from the beginning to the first content event, or to the end of an answer that is not streamed; default 10 minutes
	Idle         time.Duration // for the next piece of an answer that has begun; default 5 minutes
}

// Defaults of [Timeouts]. Reasoning models were seen to think for two minutes
// without a byte; SDKs give up after ten.
const (
	defaultFirstContent = 10 * time.Minute
	defaultIdle         = 5 * time.Minute
)

// Or fills what t leaves open from others.
func (t Timeouts) Or(others Timeouts) Timeouts {
	return Timeouts{
		Connect:      cmp.Or(t.Connect, others.Connect),
		Headers:      cmp.Or(t.Headers, others.Headers),
		FirstContent: cmp.Or(t.FirstContent, others.FirstContent),
		Idle:         cmp.Or(t.Idle, others.Idle),
	}
}

// A sending bounds one request until the headers of its answer are there. A
// call may have several at once. Its methods may be called on nil.
type sending struct {
	watch *watchdog
	mu    sync.Mutex
	timer *time.Timer
	phase string // as an error names it; empty while nothing is bounded
	ended bool
}

// Phases of a sending.
const (
	connecting = "no connection within"
	unanswered = "no headers within"
)

// sending returns a context for one request, and what ends its watch. It costs
// nothing when neither phase is bounded.
func (w *watchdog) sending(ctx context.Context) (context.Context, *sending) {
	connect, headers := w.limits.Connect, w.limits.Headers
	if connect == 0 && headers == 0 {
		return ctx, nil
	}
	s := &sending{watch: w}
	s.enter(unanswered, headers) // for a way that tells nothing about its connections
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { s.enter(connecting, connect) },
		GotConn:      func(httptrace.GotConnInfo) { s.enter("", 0) }, // a long upload is no silence
		WroteRequest: func(httptrace.WroteRequestInfo) { s.enter(unanswered, headers) },
	}), s
}

// enter begins a phase. A limit of 0 is none.
func (s *sending) enter(phase string, limit time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.phase = phase; !s.ended && limit > 0 {
		s.timer = time.AfterFunc(limit, func() { s.expire(phase, limit) })
	}
}

func (s *sending) expire(phase string, limit time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended && s.phase == phase {
		s.watch.cancel(s.watch.late(phase, limit))
	}
}

// done ends the watch: the headers are there, or never will be.
func (s *sending) done() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.enter("", 0)
}
