package upstream

import (
	"context"
	"errors"

	"sluice/core/internal/httpx"
	"sluice/core/llm"
)

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
