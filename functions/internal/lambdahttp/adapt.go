// Package lambdahttp serves an [http.Handler] behind a Lambda function URL
// whose invoke mode is RESPONSE_STREAM, and, with the same promises, from a
// plain server.
//
// The adapter that comes with aws-lambda-go (lambdaurl) is not enough for a
// gateway: its writer cannot flush, it says nothing about the length and the
// escaped path of a request, a panic of the handler ends the process after a
// status of 200 has gone out, and there is no place for the work that follows
// a response. Here:
//
//   - Every write is a chunk on its way to the client.
//   - What handlers register with [core.RunAfter] runs when the client's
//     stream has ended and before the runtime asks for the next event. After
//     that the process is frozen, and a goroutine left behind does not run.
//   - No answer is empty: real streaming URLs were seen to hang on answers
//     without a body, so 204 becomes 200 with {}, and whatever else says
//     nothing says {} or a line feed.
//   - The request's context ends some seconds before the invocation does, so
//     that an error event and the books still get out, and the context of the
//     hooks a second before it.
//
// Nothing is kept between requests.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
// and https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html.
package lambdahttp

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sluice/core"
)

// Options say how to serve. The zero value is ready to use.
type Options struct {
	// Log receives panics of handlers and hooks. Nil means [slog.Default].
	Log *slog.Logger

	// Reserve is how long before the end of an invocation the context of the
	// request ends. Zero means 3 s. It is never more than a quarter of the
	// time that the invocation has.
	Reserve time.Duration

	// Drain is how long a plain server waits at shutdown for requests, and
	// then again for what runs after them. Zero means 30 s.
	Drain time.Duration
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Reserve = cmp.Or(o.Reserve, 3*time.Second)
	o.Drain = cmp.Or(o.Drain, 30*time.Second)
	return o
}

// Stream is a handler of function URL events, in the form that
// [github.com/aws/aws-lambda-go/lambda.Start] takes. It has to return the
// streaming type itself: anything around it would be sent as JSON.
type Stream func(context.Context, *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error)

// Adapt makes a Lambda handler of h. It returns when h has said how its answer
// begins, and never with an error: that would be a bare 502 to the client.
func Adapt(h http.Handler, o Options) Stream {
	o = o.withDefaults()
	return func(ctx context.Context, e *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
		r, err := newRequest(e)
		if err != nil {
			return refusal(err), nil
		}
		rctx, after := core.WithAfter(ctx)
		rctx, cancel := o.bound(rctx)
		pr, pw := io.Pipe()
		w := newResponse(pw, r.Method == http.MethodHead)
		served := make(chan struct{})
		go func() {
			defer close(served)
			defer cancel()
			o.serve(h, w, r.WithContext(rctx))
		}()
		head := <-w.head
		return &events.LambdaFunctionURLStreamingResponse{
			StatusCode: head.status,
			Headers:    head.fields,
			Cookies:    head.cookies,
			Body:       &body{PipeReader: pr, served: served, after: func() { o.runHooks(ctx, after) }},
		}, nil
	}
}

// errTimeUp is why the context of a request ends before the client leaves.
var errTimeUp = errors.New("the invocation is about to reach its time limit")

func (o Options) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	reserve := min(o.Reserve, time.Until(deadline)/4)
	return context.WithDeadlineCause(ctx, deadline.Add(-reserve), errTimeUp)
}

// serve runs the handler and ends the response, whatever the handler did.
func (o Options) serve(h http.Handler, w *response, r *http.Request) {
	defer func() {
		switch v := recover(); v {
		case nil:
			w.finish()
		case http.ErrAbortHandler:
			w.abort()
		default:
			o.Log.ErrorContext(r.Context(), "handler panicked", "panic", v, "stack", string(debug.Stack()))
			w.abort()
		}
	}()
	h.ServeHTTP(w, r)
}

// runHooks does the work that follows the response. Its context ends before the
// invocation does, so that what it could not store can still be said: nothing
// is said any more by a process that was killed.
func (o Options) runHooks(ctx context.Context, after *core.After) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline.Add(-min(o.Reserve/3, time.Until(deadline)/2)), errTimeUp)
		defer cancel()
	}
	after.Run(ctx, o.reportHook(ctx))
}

func (o Options) reportHook(ctx context.Context) func(any) {
	return func(v any) {
		o.Log.ErrorContext(ctx, "hook after the response panicked", "panic", v, "stack", string(debug.Stack()))
	}
}

// body is what the runtime reads the answer from. The runtime closes it when
// the answer has been sent, and asks for the next event only after that.
type body struct {
	*io.PipeReader
	served <-chan struct{}
	after  func()
}

// Close waits for the handler, whose writes fail from now on, and then does
// the work that follows the response.
func (b *body) Close() error {
	b.PipeReader.Close()
	<-b.served
	b.after()
	return nil
}

// refusal answers an event that is no HTTP request.
func refusal(err error) *events.LambdaFunctionURLStreamingResponse {
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: http.StatusBadRequest,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       strings.NewReader(errorJSON(err.Error(), "invalid_request_error")),
	}
}
