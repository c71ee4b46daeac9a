package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// A Ref says where a secret is kept. It is safe to log and to store.
//
//	env:OPENAI_API_KEY            an environment variable
//	file:/run/secrets/openai      a file; a line break at its end does not count
//	aws:stack/providers/default   a secret in AWS Secrets Manager
//
// A field after # picks a member of a secret that is a JSON object, with dots
// for deeper ones: aws:stack/providers/default#openai.api_key.
type Ref struct{ Scheme, Name, Field string }

// ParseRef reads a reference.
func ParseRef(s string) (Ref, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	name, field, _ := strings.Cut(rest, "#")
	if !ok || scheme == "" || name == "" {
		return Ref{}, errors.New("a secret reference has the form scheme:name or scheme:name#field")
	}
	return Ref{scheme, name, field}, nil
}

// String writes the reference as [ParseRef] reads it.
func (r Ref) String() string {
	s := r.Scheme + ":" + r.Name
	if r.Field != "" {
		s += "#" + r.Field
	}
	return s
}

// ErrNotFound says that there is no secret under a reference: asking again
// will not help.
var ErrNotFound = errors.New("no such secret")

// A Source knows secrets. Its errors name the reference, never the value.
type Source interface {
	Secret(ctx context.Context, r Ref) (Value, error)
}

// SourceFunc is a function that is a [Source].
type SourceFunc func(ctx context.Context, r Ref) (Value, error)

// Secret calls f.
func (f SourceFunc) Secret(ctx context.Context, r Ref) (Value, error) { return f(ctx, r) }

// Env reads environment variables through getenv.
func Env(getenv func(string) string) Source {
	return SourceFunc(func(_ context.Context, r Ref) (Value, error) {
		v := getenv(r.Name)
		if v == "" {
			return Value{}, fmt.Errorf("%s: %w", r, ErrNotFound)
		}
		return pick(New(v), r)
	})
}

// Files reads files.
func Files() Source {
	return SourceFunc(func(_ context.Context, r Ref) (Value, error) {
		b, err := os.ReadFile(r.Name)
		if errors.Is(err, os.ErrNotExist) {
			return Value{}, fmt.Errorf("%s: %w", r, ErrNotFound)
		}
		if err != nil {
			return Value{}, fmt.Errorf("read secret: %w", err)
		}
		return pick(New(strings.TrimRight(string(b), "\r\n")), r)
	})
}

// Schemes sends each reference to the source of its scheme.
type Schemes map[string]Source

// Secret asks the source of the reference's scheme.
func (s Schemes) Secret(ctx context.Context, r Ref) (Value, error) {
	src, ok := s[r.Scheme]
	if !ok {
		return Value{}, fmt.Errorf("%s: no source for secrets of the scheme %q", r, r.Scheme)
	}
	return src.Secret(ctx, r)
}
