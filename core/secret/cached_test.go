package secret

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a source that takes its time.
type slow struct {
	takes time.Duration
	calls atomic.Int32
	value atomic.Value // a string
	err   error
}

func newSlow(takes time.Duration, value string) *slow {
	s := &slow{takes: takes}
	s.value.Store(value)
	return s
}

func (s *slow) Secret(ctx context.Context, r Ref) (Value, error) {
	s.calls.Add(1)
	select {
	case <-time.After(s.takes):
		return New(r.Name + s.value.Load().(string)), s.err
	case <-ctx.Done():
		return Value{}, ctx.Err()
	}
}

// never is longer than anybody waits.
const never = 24 * time.Hour

var refA, refB = Ref{"aws", "a", ""}, Ref{"aws", "b", ""}

// wantSecret asks and compares what comes, and when. An empty want is an
// error.
func wantSecret(ctx context.Context, t *testing.T, c *Cached, r Ref, want string, after time.Duration) {
	t.Helper()
	began := time.Now()
	v, err := c.Secret(ctx, r)
	if took := time.Since(began); v.Reveal() != want || (err != nil) != (want == "") || took != after {
		t.Errorf("got %q, %v after %v; want %q after %v", v.Reveal(), err, took, want, after)
	}
}

func TestASlowSourceDelaysAWarmRequestByNothingAndAColdOneOncePerSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(time.Second, "1")
		c := NewCached(s, nil)
		wantSecret(t.Context(), t, c, refA, "a1", time.Second)
		wantSecret(t.Context(), t, c, refB, "b1", time.Second)
		time.Sleep(Fresh - 2*time.Second - 1)
		for range 3 {
			wantSecret(t.Context(), t, c, refA, "a1", 0)
			wantSecret(t.Context(), t, c, refB, "b1", 0)
		}
		if n := s.calls.Load(); n != 2 {
			t.Errorf("asked %d times, want twice", n)
		}
	})
}

func TestColdRequestsWaitTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(time.Second, "1")
		c := NewCached(s, nil)
		for _, r := range []Ref{refA, refA, refA, refB, refB} {
			go wantSecret(t.Context(), t, c, r, r.Name+"1", time.Second)
		}
		time.Sleep(2 * time.Second)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("asked %d times, want once for each secret", n)
		}
	})
}

func TestWhoHasAStaleSecretDoesNotWaitForSomebodyElsesQuestion(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{time.Second, never} {
		synctest.Test(t, func(t *testing.T) {
			s := newSlow(0, "1")
			c := NewCached(s, nil)
			wantSecret(t.Context(), t, c, refA, "a1", 0)
			time.Sleep(Fresh)
			s.takes = takes
			s.value.Store("2")
			asks, after := "a2", takes
			if takes == never {
				asks, after = "a1", fetchTime
			}
			var wg sync.WaitGroup
			wg.Go(func() { wantSecret(t.Context(), t, c, refA, asks, after) })
			synctest.Wait()
			for range 3 {
				wantSecret(t.Context(), t, c, refA, "a1", 0)
			}
			wg.Wait()
			wantSecret(t.Context(), t, c, refA, asks, 0)
			if n := s.calls.Load(); n != 2 {
				t.Errorf("asked %d times, want twice", n)
			}
		})
	}
}

func TestWhoWaitsLeavesWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewCached(newSlow(3*time.Second, "1"), nil)
		go wantSecret(t.Context(), t, c, refA, "a1", 3*time.Second)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantSecret(ctx, t, c, refA, "", time.Second)
		if _, changed := c.Refresh(ctx, refA, New("old")); changed {
			t.Error("a refresh without time has found something")
		}
		wantSecret(t.Context(), t, c, refA, "a1", 2*time.Second)
	})
}

func TestASourceThatNeverAnswersHoldsNobodyLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(never, "")
		c := NewCached(s, nil)
		for range 5 {
			go wantSecret(t.Context(), t, c, refA, "", fetchTime)
		}
		time.Sleep(fetchTime + time.Millisecond)
		wantSecret(t.Context(), t, c, refA, "", 0) // left alone for a while
		time.Sleep(retryAfter)
		wantSecret(t.Context(), t, c, refA, "", fetchTime)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("asked %d times, want twice", n)
		}
	})
}

func TestTheNextInLineAsksWhenTheFirstHasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(2*time.Second, "1")
		c := NewCached(s, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go wantSecret(ctx, t, c, refA, "", time.Second)
		synctest.Wait()
		for range 3 {
			go wantSecret(t.Context(), t, c, refA, "a1", 3*time.Second)
		}
		time.Sleep(4 * time.Second)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("asked %d times, want once more than by who left", n)
		}
	})
}

func TestRefreshTakesTheAnswerToSomebodyElsesQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(time.Second, "1")
		c := NewCached(s, nil)
		wantSecret(t.Context(), t, c, refA, "a1", time.Second)
		time.Sleep(minRefresh)
		s.value.Store("2")
		for range 3 {
			go func() {
				if v, changed := c.Refresh(t.Context(), refA, New("a1")); !changed || v.Reveal() != "a2" {
					t.Errorf("got %q, %t", v.Reveal(), changed)
				}
			}()
		}
		synctest.Wait()
		wantSecret(t.Context(), t, c, refA, "a1", 0) // fresh: nobody has refused it here
		time.Sleep(2 * time.Second)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("asked %d times, want twice", n)
		}
	})
}

func TestAnEndedRefreshFindsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := NewCached(newSlow(never, ""), nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if v, changed := c.Refresh(ctx, refA, New("a1")); changed || !v.IsZero() {
			t.Errorf("got %v, %t", v, changed)
		}
	})
}

func TestAPanicOfTheSourceBlocksNobody(t *testing.T) {
	t.Parallel()
	calls := 0
	c := NewCached(SourceFunc(func(context.Context, Ref) (Value, error) {
		if calls++; calls == 1 {
			panic("scripted")
		}
		return New("v"), nil
	}), nil)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		c.Secret(t.Context(), refA)
	}()
	if v, err := c.Secret(t.Context(), refA); err != nil || v.Reveal() != "v" {
		t.Errorf("got %q, %v", v.Reveal(), err)
	}
}

func TestAFailureIsToldToAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlow(time.Second, "")
		s.err = errors.New("away")
		c := NewCached(s, nil)
		for range 3 {
			go func() {
				if _, err := c.Secret(t.Context(), refA); !errors.Is(err, s.err) {
					t.Errorf("got %v", err)
				}
			}()
		}
		time.Sleep(2 * time.Second)
		if n := s.calls.Load(); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
	})
}
