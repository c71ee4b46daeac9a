package secret

import (
	"errors"
	"fmt"
	"strings"

	"sluice/core/internal/json"
)

// pick takes the referenced field out of a secret that is a JSON object.
func pick(v Value, r Ref) (Value, error) {
	if r.Field == "" {
		return v, nil
	}
	doc := json.Value(v.Reveal())
	if !json.Valid(doc) {
		// The parser's own error could quote the secret.
		return Value{}, fmt.Errorf("%s: %w", r, errors.New("the secret is not JSON, so it has no fields"))
	}
	got := json.Lookup(doc, strings.Split(r.Field, ".")...)
	switch got.Kind() {
	case '"':
		return New(json.Unquote(got)), nil
	case '{', '[', '0', 't', 'f':
		return New(string(got)), nil
	}
	return Value{}, fmt.Errorf("%s: %w", r, ErrNotFound)
}
