package core

import (
	"context"
	"sync"
)

// After collects what is to be done when a response has gone out: log
// records, usage, cache writes. The client never waits for it.
//
// Whoever serves the request makes one with [WithAfter] and runs it when the
// client's stream has ended: the server in a goroutine that it counts, Lambda
// before it asks for the next event, since the process is frozen then.
type After struct {
	mu    sync.Mutex
	hooks []func(context.Context)
}

type afterKey struct{}

// WithAfter returns a context on which hooks can be registered.
func WithAfter(ctx context.Context) (context.Context, *After) {
	a := new(After)
	return context.WithValue(ctx, afterKey{}, a), a
}

// RunAfter registers f to run when the response has gone out. Hooks run in
// the order of registration. It reports false if nobody will run it.
func RunAfter(ctx context.Context, f func(context.Context)) bool {
	a, ok := ctx.Value(afterKey{}).(*After)
	if !ok {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hooks = append(a.hooks, f)
	return true
}

// Run runs the hooks, also those that hooks register, each once. A hook that
// panics stops no other; what it panicked with is handed to report. The
// context bounds them all and should not be the request's own, which may be
// canceled by then.
func (a *After) Run(ctx context.Context, report func(recovered any)) {
	for {
		a.mu.Lock()
		if len(a.hooks) == 0 {
			a.mu.Unlock()
			return
		}
		f := a.hooks[0]
		a.hooks = a.hooks[1:]
		a.mu.Unlock()
		runHook(ctx, f, report)
	}
}

func runHook(ctx context.Context, f func(context.Context), report func(any)) {
	defer func() {
		if r := recover(); r != nil && report != nil {
			report(r)
		}
	}()
	f(ctx)
}
