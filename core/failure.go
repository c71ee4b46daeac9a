package core

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"sluice/core/llm"
)

// A Failure is an error of a target, with what is known of the target.
type Failure struct {
	Option   string // path of the target in the config
	Provider string
	Retries  int // made; -1: used up, or waiting longer made no sense
	Cache    CacheStatus
	Err      error
}

// WithCache is an error with what the cache had for its request.
func WithCache(err error, status CacheStatus) error {
	f := &Failure{Err: err}
	if inner, ok := errors.AsType[*Failure](err); ok {
		*f = *inner
	}
	f.Cache = status
	return f
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// Told marks the failure of a stream that the stream itself has told: the
// client of a forwarded stream has seen it and is not told again.
type Told struct{ Err error }

func (t *Told) Error() string { return t.Err.Error() }

func (t *Told) Unwrap() error { return t.Err }

// errLost is why a call ends whose answer is not waited for any more.
var errLost = &llm.Error{Kind: llm.Canceled, Message: "another target has answered first"}

// WithLoss returns a context for a call that others may overtake, and the
// function that gives the call up. [Lost] tells it from one that was canceled
// because the client has gone.
func WithLoss(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, func() { cancel(errLost) }
}

// Lost reports whether the call was given up because another has answered
// first.
func Lost(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errLost) }

// Shielded calls h in a goroutine of the caller's own, where a panic would end
// the process: it becomes an error.
func Shielded(ctx context.Context, h Handler, c *Call) (reply *Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
	}()
	return h.Handle(ctx, c)
}

// Panicked makes an error of what recover has returned. It is called where
// that was, for the stack.
func Panicked(p any) error { return fmt.Errorf("panic: %v\n%s", p, debug.Stack()) }
