package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sluice/core/store/driver"
)

// fault is what the failure of a request means for trying again.
type fault int

const (
	final     fault = iota // an answer
	throttled              // not carried out: there is too much to do
	unsent                 // not carried out: nobody was reached
	unknown                // may have been carried out
)

// errUnsure is the answer to a repeated conditional write whose condition does
// not hold: perhaps because an earlier attempt has made the change.
var errUnsure = errors.New("an attempt failed and it is not known what it did")

// errBrokenOff is the error of an answer whose body did not come to its end.
var errBrokenOff = errors.New("the answer broke off")

// A caller makes requests to a service within a time.
type caller struct {
	service string
	timeout time.Duration
}

// repeat is for what may be done twice.
func (c caller) repeat(ctx context.Context, request func(context.Context) error) error {
	return c.call(ctx, func(fault) bool { return true }, request)
}

// once is for what must not be done twice.
func (c caller) once(ctx context.Context, request func(context.Context) error) error {
	return c.call(ctx, func(f fault) bool { return f != unknown }, request)
}

// conditional is for what fails its condition when it is done for the second
// time.
func (c caller) conditional(ctx context.Context, request func(context.Context) error) error {
	unsure := false
	again := func(f fault) bool {
		unsure = unsure || f == unknown
		return true
	}
	err := c.call(ctx, again, request)
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed && unsure {
		return c.unavailable(unknown, errUnsure)
	}
	return err
}

// call makes the request, and again after a failure as long as again says so
// and there is time. An attempt has half of what is left of it.
func (c caller) call(ctx context.Context, again func(fault) bool, request func(context.Context) error) error {
	deadline := time.Now().Add(c.timeout)
	for attempt := 0; ; attempt++ {
		attemptCtx, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
		err := request(attemptCtx)
		cancel()
		f := classify(err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return c.ended(ctx, err)
		case f == final:
			return fmt.Errorf("%s: %w", c.service, err)
		}
		pause := backoff(attempt)
		if !again(f) || attempt == maxAttempts-1 || time.Until(deadline)/2 < pause {
			return c.unavailable(f, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return c.ended(ctx, err)
		}
	}
}

const maxAttempts = 8

// backoff is "full jitter": anything up to a bound that doubles each time,
// from 50 ms to 1.6 s.
func backoff(attempt int) time.Duration {
	return time.Duration(rand.Int64N(int64(50*time.Millisecond) << min(attempt, 5)))
}

// ended is the error of a caller that did not wait. One that had set a
// deadline also learns what was the matter.
func (c caller) ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", c.service, ctx.Err())
	}
	return c.unavailable(classify(err), fmt.Errorf("%w: %w", ctx.Err(), err))
}

func (c caller) unavailable(f fault, err error) error {
	after := 2 * time.Second
	if f == throttled {
		after = time.Second
	}
	return &driver.Unavailable{RetryAfter: after, Err: fmt.Errorf("%s: %w", c.service, err)}
}

func classify(err error) fault {
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return classifyCanceled(canceled.CancellationReasons)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && throttling[api.ErrorCode()] {
		return throttled
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return unsent
	}
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return classifyStatus(resp.HTTPStatusCode()) // 0 if none came
	}
	_, sending := errors.AsType[*smithyhttp.RequestSendError](err)
	_, reading := errors.AsType[*smithy.DeserializationError](err)
	if sending || reading || errors.Is(err, errBrokenOff) || errors.Is(err, context.DeadlineExceeded) {
		return unknown
	}
	return final
}

func classifyStatus(status int) fault {
	switch {
	case status == http.StatusTooManyRequests:
		return throttled
	case status >= 500 || status < 300: // an answer that cannot be read
		return unknown
	}
	return final
}

// throttling has the error codes of requests that were not carried out.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var throttling = map[string]bool{
	"ProvisionedThroughputExceededException": true,
	"RequestLimitExceeded":                   true,
	"ThrottlingException":                    true,
	"ThrottlingError":                        true,
	"TransactionConflictException":           true, // a write of one item met a transaction
	"TransactionConflict":                    true,
	"TransactionInProgressException":         true, // an earlier attempt has not ended
	"ProvisionedThroughputExceeded":          true,
	"SlowDown":                               true,
}

// classifyCanceled says whether a transaction can be tried again: not if a
// condition did not hold.
func classifyCanceled(reasons []types.CancellationReason) fault {
	f := final
	for _, r := range reasons {
		switch code := deref(r.Code); {
		case throttling[code]:
			f = throttled
		case code != "" && code != "None":
			return final
		}
	}
	return f
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
