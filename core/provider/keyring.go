package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/secret"
)

// A Keyring has the operator's own credentials for providers: one JSON
// document, wherever secrets are kept,
//
//	{"openai": {"api_key": "…"}, "azure-openai": {"api_key": "…", "resource_name": "…"}}
//
// and, for a laptop, environment variables by the providers' usual names. The
// document wins. Keys may be written in camel case too.
//
// Whoever uses a Keyring sends what is in it to the provider's own hosts only,
// or to hosts that an administrator has named: a custom host would otherwise
// collect the operator's keys.
type Keyring struct {
	Cache *secret.Cached // may be nil
	Ref   secret.Ref     // of the document, in Cache
	Env   func(string) string
}

// Stored is what a keyring has for one provider.
type Stored struct {
	Options map[string]secret.Value // by [Option.Key]; api_key among them
	origin  secret.Value            // the document it is from
}

// IsZero reports whether there is nothing.
func (s Stored) IsZero() bool { return len(s.Options) == 0 }

// For returns what there is for a provider; nothing is no error. An error
// means that the document cannot be read now.
func (k *Keyring) For(ctx context.Context, id string) (Stored, error) {
	if k == nil {
		return Stored{}, nil
	}
	if k.Cache != nil {
		doc, err := k.Cache.Secret(ctx, k.Ref)
		if err != nil && !errors.Is(err, secret.ErrNotFound) {
			return Stored{}, fmt.Errorf("read the providers' credentials: %w", err)
		}
		if s, err := fromDocument(doc, id); err != nil || !s.IsZero() {
			return s, err
		}
	}
	return k.fromEnv(id), nil
}

// Renew reads the document again after a provider has refused what was used,
// and reports whether there is something else to try.
func (k *Keyring) Renew(ctx context.Context, id string, used Stored) (Stored, bool) {
	if k == nil || k.Cache == nil || used.origin.IsZero() {
		return Stored{}, false
	}
	doc, changed := k.Cache.Refresh(ctx, k.Ref, used.origin)
	if !changed {
		return Stored{}, false
	}
	s, err := fromDocument(doc, id)
	return s, err == nil && !maps.Equal(s.Options, used.Options)
}

func fromDocument(doc secret.Value, id string) (Stored, error) {
	if doc.IsZero() {
		return Stored{}, nil
	}
	if !json.Valid([]byte(doc.Reveal())) { // the parser's error could quote a key
		return Stored{}, errors.New("the document with the providers' credentials is not valid JSON")
	}
	members, err := json.Members(json.Lookup(json.Value(doc.Reveal()), id))
	if err != nil {
		return Stored{}, nil // nothing for this provider
	}
	s := Stored{Options: map[string]secret.Value{}, origin: doc}
	for _, m := range members {
		text := string(m.Value)
		if m.Value.Kind() == '"' {
			text = json.Unquote(m.Value)
		}
		if text != "" && m.Value.Kind() != 'n' {
			s.Options[json.SnakeCase(m.Name)] = secret.New(text)
		}
	}
	return s, nil
}

func (k *Keyring) fromEnv(id string) Stored {
	if k.Env == nil {
		return Stored{}
	}
	names := append(slices.Clip(variables[id]), strings.ToUpper(strings.ReplaceAll(id, "-", "_"))+"_API_KEY")
	i := slices.IndexFunc(names, func(n string) bool { return k.Env(n) != "" })
	if i < 0 {
		return Stored{}
	}
	s := Stored{Options: map[string]secret.Value{"api_key": secret.New(k.Env(names[i]))}}
	for key, name := range more[id] {
		if v := k.Env(name); v != "" {
			s.Options[key] = secret.New(v)
		}
	}
	return s
}
