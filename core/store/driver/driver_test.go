package driver

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		q      Query
		lo, hi string
	}{
		{Query{}, "", ""},
		{Query{Prefix: "a"}, "a", "b"},
		{Query{Prefix: "a\xff"}, "a\xff", "b"},
		{Query{Prefix: "\xc3"}, "\xc3", "\xc4"},
		{Query{Prefix: "\xff\xff"}, "\xff\xff", ""},
		{Query{Prefix: "a\x7f\xff\xff"}, "a\x7f\xff\xff", "a\x80"},
		{Query{After: "m"}, "m\x00", ""},
		{Query{After: "m", Reverse: true}, "", "m"},
		{Query{Prefix: "a", After: "ab"}, "ab\x00", "b"},
		{Query{Prefix: "a", After: "A"}, "a", "b"},
		{Query{Prefix: "a", After: "ab", Reverse: true}, "a", "ab"},
		{Query{Prefix: "a", After: "x", Reverse: true}, "a", "b"},
	}
	for _, tt := range tests {
		if lo, hi := tt.q.Bounds(); lo != tt.lo || hi != tt.hi {
			t.Errorf("%+v: got %q to %q, want %q to %q", tt.q, lo, hi, tt.lo, tt.hi)
		}
	}
}

func TestExpiryIsKeptAsMilliseconds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.UTC)
	if got, want := Instant(Millis(at)), at.Truncate(time.Millisecond); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if Millis(time.Time{}) != 0 || !Instant(0).IsZero() {
		t.Error("never does not stay never")
	}
	for _, early := range []time.Time{{}, time.Unix(0, 0), time.Unix(-1<<40, 0)} {
		if early = early.Add(time.Nanosecond); Millis(early) != 1 {
			t.Errorf("%v became %d, want an instant that is over", early, Millis(early))
		}
	}
	r := Record{Expires: at}
	if r.Expired(at.Add(-time.Millisecond)) || !r.Expired(at) {
		t.Error("a record is gone at another instant than Expires")
	}
}

func TestPasses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value, delta, max int64
		want              bool
	}{
		{0, 5, 5, false},
		{1, 5, 5, true},
		{9, 0, 5, false},
		{9, -1, 5, false},
		{math.MaxInt64, 1, math.MaxInt64, true},
		{math.MinInt64, -1, 0, true},
		{math.MinInt64, math.MaxInt64, -1, false},
	}
	for _, tt := range tests {
		if got := (Op{Delta: tt.delta, Max: tt.max}).Passes(tt.value); got != tt.want {
			t.Errorf("%d + %d with a ceiling of %d: got %t", tt.value, tt.delta, tt.max, got)
		}
	}
}

func TestErrorsSayWhatTheyWrap(t *testing.T) {
	t.Parallel()
	err := error(&OpError{3, &Unavailable{RetryAfter: time.Second, Err: ErrConflict}})
	if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "operation 3") {
		t.Errorf("got %v", err)
	}
	if u, ok := errors.AsType[*Unavailable](err); !ok || u.RetryAfter != time.Second {
		t.Errorf("got %v", u)
	}
}
