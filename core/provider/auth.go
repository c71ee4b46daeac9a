package provider

import (
	"context"
	"net/http"

	"sluice/core/llm"
	"sluice/core/secret"
)

// Authorize adds the credential of a target to a request whose other headers
// are set. A missing credential is an error: a provider is never sent an
// empty one. Transports of their own sign by themselves, so nothing is added
// for them.
func (s *Spec) Authorize(ctx context.Context, r *http.Request, set Settings) error {
	switch {
	case s.Transport != "":
		return nil
	case s.Auth != nil:
		return s.Auth(ctx, r, set)
	case set.APIKey.IsZero() && s.Keyless:
		return nil
	case set.APIKey.IsZero():
		return missingKey(s.ID, "")
	}
	bearer(r, set.APIKey)
	return nil
}

func bearer(r *http.Request, key secret.Value) {
	r.Header.Set("Authorization", "Bearer "+key.Reveal())
}

// missingKey says where to put the key of a provider; or names other ways.
func missingKey(id, or string) error {
	return llm.Errorf(llm.Credential, "no API key for %s: send it in the header Authorization as \"Bearer <key>\"%s, or set api_key in the config", id, or)
}

// setOption sets a header from an option, if there is one.
func setOption(r *http.Request, header string, set Settings, key string) {
	if v := set.Option(key); v != "" {
		r.Header.Set(header, v)
	}
}
