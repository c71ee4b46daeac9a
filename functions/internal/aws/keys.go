package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"sluice/core/secret"
)

const (
	keyLife    = 5 * time.Minute // of what was read, then it is read again
	keyGrace   = time.Hour       // that it may be used while it cannot be read
	keyRetry   = 5 * time.Second // between tries that fail
	keyTimeout = 5 * time.Second // of one try
)

// keys are the gateway's keys, read when they are first needed and again from
// time to time. It is a gateway.KeySource.
//
// Ages are told by the wall clock, since the monotonic one may stand still
// while the process is frozen.
type keys struct {
	fetch func(context.Context) ([]secret.Value, error)
	turn  chan struct{} // held by the one who fetches
	last  atomic.Pointer[reading]
}

// reading is what is known since the last try.
type reading struct {
	keys []secret.Value // nil if there never were any
	read time.Time      // when they were
	next time.Time      // when to try again
	err  error          // of the last try
}

func newKeys(fetch func(context.Context) ([]secret.Value, error)) *keys {
	k := &keys{fetch: fetch, turn: make(chan struct{}, 1)}
	k.last.Store(&reading{})
	return k
}

// Keys returns the keys. One request at a time reads them; others have those
// of before while they may be used, else they wait.
func (k *keys) Keys(ctx context.Context) ([]secret.Value, error) {
	now := wallClock()
	r := k.last.Load()
	if now.Before(r.next) {
		return r.answer(now)
	}
	select {
	case k.turn <- struct{}{}:
	default:
		if r.usable(now) {
			return r.keys, nil
		}
		select {
		case k.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-k.turn }()
	return k.refresh(ctx)
}

// refresh reads the keys, unless that was done while the caller waited.
func (k *keys) refresh(ctx context.Context) ([]secret.Value, error) {
	now := wallClock()
	r := k.last.Load()
	if now.Before(r.next) {
		return r.answer(now)
	}
	try, cancel := context.WithTimeout(ctx, keyTimeout)
	defer cancel()
	got, err := k.fetch(try)
	now = wallClock()
	switch {
	case err == nil:
		r = &reading{keys: got, read: now, next: now.Add(keyLife)}
	case ctx.Err() != nil: // the caller's end says nothing to others
		return nil, ctx.Err()
	default:
		r = &reading{keys: r.keys, read: r.read, next: now.Add(keyRetry), err: err}
	}
	k.last.Store(r)
	return r.answer(now)
}

func (r *reading) usable(now time.Time) bool {
	return r.keys != nil && now.Sub(r.read) < keyGrace
}

func (r *reading) answer(now time.Time) ([]secret.Value, error) {
	if r.usable(now) {
		return r.keys, nil
	}
	return nil, r.err
}

func wallClock() time.Time { return time.Now().Round(0) }

// parseKeys reads a secret: one key as it is, or several as a JSON array, so
// that a new key can be given out before the old one ends.
func parseKeys(text string) ([]secret.Value, error) {
	list := []string{text}
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		list = nil
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, errors.New("secret with the gateway keys is no JSON array of strings") // err may quote it
		}
	}
	var values []secret.Value
	for i, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			return nil, fmt.Errorf("gateway key %d is empty", i+1)
		}
		values = append(values, secret.New(s))
	}
	if values == nil {
		return nil, errors.New("secret with the gateway keys is empty")
	}
	return values, nil
}
