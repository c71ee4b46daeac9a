package provider

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// A tokenCache keeps access tokens until shortly before they expire. They are
// found by a hash over everything that went into buying them. Ages are
// compared by the wall clock: the monotonic one stands still while a Lambda
// environment is frozen.
type tokenCache struct {
	mu      sync.Mutex
	entries map[tokenKey]*tokenEntry
}

type tokenKey [sha256.Size]byte

type tokenEntry struct {
	turn    chan struct{} // holds one while somebody reads or buys
	token   string
	renewAt time.Time
}

// maxCachedTokens bounds the cache; beyond it everything is bought again.
const maxCachedTokens = 1024

// get returns a token, buying one if need be. Those who want the same token
// at once wait for one purchase.
func (c *tokenCache) get(ctx context.Context, k tokenKey, buy func(context.Context) (token string, life time.Duration, err error)) (string, error) {
	e := c.entry(k)
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { <-e.turn }()
	now := time.Now().Round(0)
	if now.Before(e.renewAt) {
		return e.token, nil
	}
	token, life, err := buy(ctx)
	if err != nil {
		return "", err
	}
	e.token, e.renewAt = token, now.Add(life-min(5*time.Minute, life/2))
	return token, nil
}

func (c *tokenCache) entry(k tokenKey) *tokenEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e == nil {
		if len(c.entries) >= maxCachedTokens || c.entries == nil {
			c.entries = make(map[tokenKey]*tokenEntry)
		}
		e = &tokenEntry{turn: make(chan struct{}, 1)}
		c.entries[k] = e
	}
	return e
}
