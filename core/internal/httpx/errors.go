package httpx

import (
	"context"
	"errors"
)

// A Class is what became of a request that got no answer, or not all of it.
type Class uint8

// Classes of errors.
const (
	Unreachable Class = iota // no connection: refused, reset, no such name, TLS
	Timeout                  // no connection, or no answer, in time
	Canceled                 // whoever asked has gone
	Refused                  // the [Guard] does not let requests go there
	Broken                   // the answer broke off or cannot be decoded
)

func (c Class) String() string {
	return [...]string{"no connection", "timeout", "canceled", "address refused", "broken answer"}[c]
}

// An Error is returned by [Client.Do], by reading the body of what it
// returned, and by a [Guard]. It has no part of the URL but the host.
type Error struct {
	Class Class
	Err   error // cause
}

func (e *Error) Error() string { return e.Class.String() + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// classify finds out what an error means. The context is asked first: a
// client that went away is no upstream failure, however the connection says
// it. Its cause tells a timeout of ours that was set with WithCancelCause
// from a client that left. If nothing else is known, it is of class other.
func classify(ctx context.Context, err error, other Class) *Error {
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		if ctx.Err() == context.DeadlineExceeded || IsTimeout(cause) {
			return &Error{Timeout, cause}
		}
		return &Error{Canceled, cause}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if IsTimeout(err) {
		return &Error{Timeout, err}
	}
	return &Error{other, err}
}

// IsTimeout reports whether something took too long. It holds for
// context.DeadlineExceeded too.
func IsTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}
