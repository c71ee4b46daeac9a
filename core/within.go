package core

import (
	"context"
	"sync"
	"time"
)

// Within returns a context that ends d from now at the latest, as that of
// [context.WithTimeout] does. A timer it costs only when somebody waits for its
// end, which most of what runs after a response never does.
func Within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	w := &within{Context: ctx, deadline: time.Now().Add(d)}
	if own, ok := ctx.Deadline(); ok && own.Before(w.deadline) {
		w.deadline = own
	}
	return w, w.cancel
}

// within is a context without a timer, until it has one.
type within struct {
	context.Context // which it is made of
	deadline        time.Time

	mu       sync.Mutex
	canceled bool
	timed    context.Context // with a timer; nil until somebody waits
	stop     context.CancelFunc
}

func (w *within) Deadline() (time.Time, bool) { return w.deadline, true }

func (w *within) Done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.timed != nil:
	case w.canceled: // before its deadline, whenever that was
		w.timed, w.stop = context.WithCancel(w.Context)
		w.stop()
	default:
		w.timed, w.stop = context.WithDeadline(w.Context, w.deadline)
	}
	return w.timed.Done()
}

func (w *within) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.timed != nil:
		return w.timed.Err()
	case w.canceled:
		return context.Canceled
	case w.Context.Err() == nil && !time.Now().Before(w.deadline):
		return context.DeadlineExceeded
	}
	return w.Context.Err()
}

// Value has contexts that are made of this one find the timer, and end with it.
func (w *within) Value(key any) any {
	w.mu.Lock()
	timed := w.timed
	w.mu.Unlock()
	if timed != nil {
		return timed.Value(key)
	}
	return w.Context.Value(key)
}

func (w *within) cancel() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.canceled = true
	if w.stop != nil {
		w.stop()
	}
}
