package upstream

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"sluice/core"
	"sluice/core/dialect"
)

// atOnce is how many requests of one call are under way at a time. Providers
// that take one text a request count requests by the minute.
const atOnce = 4

// sendSeveral makes the requests of one call. The first failure ends the
// others and is the failure of all; its headers, and those of the first
// answer, go to the client.
func (x *exchange) sendSeveral(ctx context.Context, s dialect.Several) (*core.Reply, error) {
	bodies := s.Bodies()
	all := make([]dialect.Answered, len(bodies))
	responses := make([]*http.Response, len(bodies))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	free := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	var panicked atomic.Pointer[any]
	for i, body := range bodies {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		one := *x
		one.body, one.plain = body, body
		wait.Go(func() {
			defer func() { <-free }()
			defer func() {
				if p := recover(); p != nil { // it is for whoever serves the call to say what it becomes
					panicked.Store(&p)
					cancel(nil)
				}
			}()
			resp, answer, err := one.fetch(ctx)
			if err != nil {
				cancel(err)
				return
			}
			responses[i], all[i] = resp, dialect.Answered{Header: resp.Header, Body: answer}
		})
	}
	wait.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
	x.secrets = x.credentials()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	answer, err := s.Answers(all)
	return x.answered(responses[0], answer, err)
}
