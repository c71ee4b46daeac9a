package awsx

import (
	"context"
	"errors"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sluice/core/internal/httpx"
	"sluice/core/llm"
)

// classify finds out what became of a request that has no answer. The context
// is asked first: a client that went away is no failure of AWS, and its cause
// may be a timeout of ours.
func classify(ctx context.Context, err error) *llm.Error {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return &llm.Error{Kind: llm.Timeout, Status: 504, Message: "no answer in time", Err: context.Cause(ctx)}
		}
		return interrupted(context.Cause(ctx))
	}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Class == httpx.Refused {
		return &llm.Error{Kind: llm.Invalid, Message: "Invalid custom host", Err: err}
	}
	if httpx.IsTimeout(err) {
		return &llm.Error{Kind: llm.Timeout, Status: 504, Message: "no connection in time", Err: err}
	}
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return &llm.Error{Kind: llm.Unreachable, Message: "cannot be reached", Err: err}
	}
	return &llm.Error{Kind: llm.Internal, Message: "the request to AWS cannot be made", Err: err}
}

func interrupted(cause error) *llm.Error {
	switch e, ok := errors.AsType[*llm.Error](cause); {
	case ok:
		return e
	case httpx.IsTimeout(cause):
		return &llm.Error{Kind: llm.Timeout, Status: 504, Message: "no answer in time", Err: cause}
	}
	return &llm.Error{Kind: llm.Canceled, Message: "the client has gone", Err: cause}
}
