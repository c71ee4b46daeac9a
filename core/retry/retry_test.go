package retry

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// flaky fails with err a number of times, then answers.
type flaky struct {
	failures int
	err      error
	calls    int
}

func (f *flaky) Handle(context.Context, *core.Call) (*core.Reply, error) {
	if f.calls++; f.calls <= f.failures {
		return nil, f.err
	}
	return &core.Reply{}, nil
}

func provider(status int) error {
	return &llm.Error{Kind: llm.KindOfStatus(status), Status: status, Provider: "p"}
}

func TestWaitsDoubleAndEnd(t *testing.T) {
	t.Parallel()
	overloaded := provider(503)
	asks := func(d time.Duration) error {
		return &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "p", RetryAfter: d}
	}
	overloadedFor := func(d time.Duration) error {
		return &llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "p", RetryAfter: d}
	}
	tests := []struct {
		name     string
		policy   Policy
		failures int
		err      error
		waited   time.Duration
		retries  int // -1: gave up
		wantErr  bool
	}{
		{"first try", Policy{Attempts: 3}, 0, overloaded, 0, 0, false},
		{"doubles", Policy{Attempts: 3}, 3, overloaded, 7 * time.Second, 3, false},
		{"gives up", Policy{Attempts: 2}, 9, overloaded, 3 * time.Second, -1, true},
		{"five at the most", Policy{Attempts: 100}, 99, overloaded, 31 * time.Second, -1, true},
		{"not for a client's fault", Policy{Attempts: 2}, 1, provider(400), 0, 0, true},
		{"own list of statuses", Policy{Attempts: 1, OnStatus: []int{418}}, 1, provider(418), time.Second, 1, false},
		{"an empty list retries no status", Policy{Attempts: 1, OnStatus: []int{}}, 1, overloaded, 0, 0, true},
		{"no connection", Policy{Attempts: 1, OnStatus: []int{418}}, 1, &llm.Error{Kind: llm.Unreachable}, time.Second, 1, false},
		{"waits as asked", Policy{Attempts: 1, UseRetryAfter: true}, 1, asks(9 * time.Second), 9 * time.Second, 1, false},
		{"waits no less than without being asked", Policy{Attempts: 2, UseRetryAfter: true}, 2, asks(10 * time.Millisecond), 3 * time.Second, 2, false},
		{"waits as asked whatever the status", Policy{Attempts: 1, UseRetryAfter: true}, 1, overloadedFor(4 * time.Second), 4 * time.Second, 1, false},
		{"a provider of its own status", Policy{Attempts: 1}, 1, provider(529), time.Second, 1, false},
		{"does not wait as asked", Policy{Attempts: 1}, 1, asks(9 * time.Second), time.Second, 1, false},
		{"asked for too long", Policy{Attempts: 3, UseRetryAfter: true}, 9, asks(2 * time.Minute), 0, -1, true},
		{"asked for too long in all", Policy{Attempts: 3, UseRetryAfter: true}, 9, asks(25 * time.Second), 50 * time.Second, -1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				top := func() float64 { return 1 } // of the jitter
				reply, err := Wrap(&flaky{failures: tt.failures, err: tt.err}, tt.policy, top).Handle(t.Context(), &core.Call{})
				if (err != nil) != tt.wantErr {
					t.Fatalf("error %v", err)
				}
				if got := time.Since(began); got != tt.waited {
					t.Errorf("waited %s, want %s", got, tt.waited)
				}
				got := 0
				if f, ok := errors.AsType[*core.Failure](err); ok {
					got = f.Retries
				} else {
					got = reply.Retries
				}
				if got != tt.retries {
					t.Errorf("retries %d, want %d", got, tt.retries)
				}
			})
		})
	}
}

func TestNoNewAttemptOnceTheClientHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		f := &flaky{failures: 9, err: provider(500)}
		if _, err := Wrap(f, Policy{Attempts: 5}, func() float64 { return 1 }).Handle(ctx, &core.Call{}); err == nil {
			t.Error("no error")
		}
		if f.calls != 2 {
			t.Errorf("%d calls, want 2", f.calls)
		}
	})
}

// A function's invocation ends at its deadline, and so does a config's total.
func TestNoWaitThatTheDeadlineWouldCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		left   time.Duration
		waited time.Duration
	}{
		{"the first wait", provider(500), 500 * time.Millisecond, 0},
		{"the second", provider(500), 2 * time.Second, time.Second},
		{"one that was asked for", &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "p", RetryAfter: 30 * time.Second}, 20 * time.Second, 0},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.left)
			defer cancel()
			began := time.Now()
			h := Wrap(&flaky{failures: 9, err: tt.err}, Policy{Attempts: 5, UseRetryAfter: true}, func() float64 { return 1 })
			_, err := h.Handle(ctx, &core.Call{})
			if f, ok := errors.AsType[*core.Failure](err); !ok || f.Retries != -1 || !errors.Is(err, tt.err) {
				t.Errorf("%s: got %v, want the provider's own error and a count of -1", tt.name, err)
			}
			if waited := time.Since(began); waited != tt.waited {
				t.Errorf("%s: waited %s, want %s: the rest is for an attempt that could not be made", tt.name, waited, tt.waited)
			}
		})
	}
}

func TestAnAttemptKnowsHowLongItWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		h := core.HandlerFunc(func(_ context.Context, c *core.Call) (*core.Reply, error) {
			waits = append(waits, c.Waited)
			return nil, provider(500)
		})
		call := &core.Call{}
		_, _ = Wrap(h, Policy{Attempts: 2}, func() float64 { return 1 }).Handle(t.Context(), call)
		if want := []time.Duration{0, time.Second, 2 * time.Second}; !slices.Equal(waits, want) || call.Waited != 0 {
			t.Errorf("got %v, want %v; the call itself has %s", waits, want, call.Waited)
		}
	})
}
