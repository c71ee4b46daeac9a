package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sluice/core/secret"
)

// keys are the gateway's keys, kept in a secret: a gateway.KeySource.
type keys struct {
	cache *secret.Cached
	ref   secret.Ref
}

// Keys returns the keys. The first request reads them.
func (k keys) Keys(ctx context.Context) ([]secret.Value, error) {
	v, err := k.cache.Secret(ctx, k.ref)
	if err != nil {
		return nil, fmt.Errorf("reading the gateway keys: %w", err)
	}
	return parseKeys(v.Reveal())
}

// parseKeys reads a secret: one key as it is, or several as a JSON array, so
// that a new key can be given out before the old one ends.
func parseKeys(text string) ([]secret.Value, error) {
	list := []string{text}
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		list = nil
		if json.Unmarshal([]byte(text), &list) != nil { // its error may quote a key
			return nil, errors.New("secret with the gateway keys is no JSON array of strings")
		}
	}
	if len(list) == 0 {
		return nil, errors.New("secret with the gateway keys has none")
	}
	var values []secret.Value
	for i, s := range list {
		s = strings.TrimSpace(s)
		if s == "" {
			return nil, fmt.Errorf("gateway key %d is empty", i+1)
		}
		values = append(values, secret.New(s))
	}
	return values, nil
}
