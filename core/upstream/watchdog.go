package upstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/llm"
)

// A watchdog bounds the phases of a call. No timeout covers a whole stream:
// one bounds the wait for its first content, one each gap after that.
type watchdog struct {
	cancel context.CancelCauseFunc
	mu     sync.Mutex
	timer  *time.Timer
	idle   time.Duration
	open   bool // committed: gaps are what is bounded
}

// newWatchdog starts the wait for the first content. limit is what the client
// or its config asked for, 0 if nothing.
func newWatchdog(ctx context.Context, t Timeouts, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watchdog{cancel: cancel, idle: cmp.Or(t.Idle, defaultIdle)}
	patience := cmp.Or(t.Commit, defaultCommit)
	wait, cause := patience, &llm.Error{Kind: llm.Timeout, Status: 504, Message: fmt.Sprintf("no answer within %s", patience), Type: "timeout_error"}
	if limit > 0 && limit < patience {
		wait = limit
		cause = &llm.Error{Kind: llm.Timeout, Type: "timeout_error",
			Message: fmt.Sprintf("Request exceeded the timeout sent in the request: %dms", limit.Milliseconds())}
	}
	w.timer = time.AfterFunc(wait, func() { cancel(cause) })
	return ctx, w
}

// committed switches from waiting for the first content to bounding gaps.
func (w *watchdog) committed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.open = true
	w.timer = time.AfterFunc(w.idle, func() {
		w.cancel(&llm.Error{Kind: llm.Truncated, Message: fmt.Sprintf("nothing came for %s", w.idle)})
	})
}

func (w *watchdog) alive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open {
		w.timer.Reset(w.idle)
	}
}

// stop ends the watch and the call's context with it.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.open = false
	w.cancel(context.Canceled)
}

// classify finds out what an error of the transport means. The context is
// asked first: a client that went away is not an upstream failure, and a
// timeout of ours is not a broken connection.
func classify(ctx context.Context, err error) *llm.Error {
	if cause := context.Cause(ctx); cause != nil {
		if e, ok := errors.AsType[*llm.Error](cause); ok {
			own := *e
			return &own
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(cause, context.DeadlineExceeded) {
			return &llm.Error{Kind: llm.Timeout, Status: 504, Message: "the time for this request is up", Err: cause}
		}
		if _, ok := errors.AsType[*llm.Error](err); !ok {
			return &llm.Error{Kind: llm.Canceled, Message: "the client has gone", Err: cause}
		}
	}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		own := *e
		return &own
	}
	if t, ok := errors.AsType[*truncation](err); ok {
		return &llm.Error{Kind: llm.Truncated, Message: "the answer broke off", Err: t.err}
	}
	return transportError(err)
}

func transportError(err error) *llm.Error {
	e, _ := errors.AsType[*httpx.Error](err)
	if e == nil {
		return &llm.Error{Kind: llm.Upstream, Message: "no usable answer", Err: err}
	}
	switch e.Class {
	case httpx.Refused:
		return &llm.Error{Kind: llm.Invalid, Message: "Invalid custom host", Err: err}
	case httpx.Timeout:
		return &llm.Error{Kind: llm.Timeout, Status: 504, Message: "no connection in time", Err: err}
	case httpx.Canceled:
		return &llm.Error{Kind: llm.Canceled, Message: "the client has gone", Err: err}
	case httpx.Broken:
		return &llm.Error{Kind: llm.Truncated, Message: "the answer broke off", Err: err}
	case httpx.Unreachable:
		return &llm.Error{Kind: llm.Unreachable, Message: "cannot be reached", Err: err}
	}
	return &llm.Error{Kind: llm.Upstream, Message: "no usable answer", Err: err}
}
