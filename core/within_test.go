package core

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWithinEndsAsATimeoutDoes compares it with the standard one, asked in each
// order.
func TestWithinEndsAsATimeoutDoes(t *testing.T) {
	t.Parallel()
	type making func(context.Context, time.Duration) (context.Context, context.CancelFunc)
	tests := []struct {
		name string
		end  func(parent, own context.CancelFunc)
	}{
		{"not yet", func(_, _ context.CancelFunc) {}},
		{"by its time", func(_, _ context.CancelFunc) { time.Sleep(time.Minute) }},
		{"canceled", func(_, own context.CancelFunc) { own() }},
		{"canceled, then its time", func(_, own context.CancelFunc) { own(); time.Sleep(time.Minute) }},
		{"with what it is made of", func(parent, _ context.CancelFunc) { parent() }},
		{"with what it is made of, then its time", func(parent, _ context.CancelFunc) { parent(); time.Sleep(time.Minute) }},
	}
	for _, tt := range tests {
		for _, waited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var errs, causes, children []error
				for _, make := range []making{context.WithTimeout, Within} {
					parent, endParent := context.WithCancel(t.Context())
					ctx, end := make(parent, time.Minute)
					var child context.Context = t.Context()
					stop := func() {}
					if waited {
						child, stop = context.WithCancel(ctx)
					}
					tt.end(endParent, end)
					synctest.Wait()
					errs, causes, children = append(errs, ctx.Err()), append(causes, context.Cause(ctx)), append(children, child.Err())
					select {
					case <-ctx.Done():
						errs = append(errs, ctx.Err())
					default:
						errs = append(errs, nil)
					}
					stop()
					end()
					endParent()
				}
				if !errors.Is(errs[2], errs[0]) || !errors.Is(errs[3], errs[1]) || !errors.Is(children[1], children[0]) || waited && !errors.Is(causes[1], causes[0]) {
					t.Errorf("%s, waited for: %t: got %v, of children %v, causes %v", tt.name, waited, errs, children, causes)
				}
			})
		}
	}
}

func TestWithinHasTheNearerDeadline(t *testing.T) {
	t.Parallel()
	near, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	of, _ := near.Deadline()
	for _, d := range []time.Duration{time.Minute, time.Millisecond} {
		ctx, cancel := Within(near, d)
		defer cancel()
		if at, ok := ctx.Deadline(); !ok || at.After(of) || d < time.Second && !at.Before(of) {
			t.Errorf("within %s: the deadline is %s, that of what it is made of %s", d, at, of)
		}
	}
}
