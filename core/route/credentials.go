package route

import (
	"context"
	"net/http"
	"strings"
	"time"

	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/upstream"
)

// storeRetry is what a client is told to wait for a store of secrets that is
// away.
const storeRetry = 5 * time.Second

// lend fills a target with the operator's stored credential when the client
// brought none. It goes to the provider's own hosts, or to hosts that an
// administrator has named, and nowhere else.
func (l *leaf) lend(ctx context.Context, t *upstream.Target) (provider.Stored, error) {
	if l.brings(t.Settings) || l.spec.Keyless {
		return provider.Stored{}, nil
	}
	if !l.ownHost(t.Settings.CustomHost) {
		if l.spec.Transport != "" || l.spec.Signed != "" {
			return provider.Stored{}, llm.Errorf(llm.Credential,
				"no credential for %s: the gateway's own is not sent to a custom host", l.spec.ID)
		}
		return provider.Stored{}, nil
	}
	stored, err := l.env.Keyring.For(ctx, l.spec.ID)
	if err != nil {
		return stored, StoreAway(err)
	}
	if stored.IsZero() || !l.sameAddress(t.Settings, stored) {
		return provider.Stored{}, nil
	}
	*t = with(*t, stored)
	return stored, nil
}

// StoreAway is what a client is told when stored credentials cannot be read.
func StoreAway(err error) *llm.Error {
	return &llm.Error{
		Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, RetryAfter: storeRetry,
		Message: "the gateway's stored credentials cannot be read at the moment", Err: err,
	}
}

// credentials are options that are a credential, or stand for one.
var credentials = []string{
	"aws_access_key_id", "azure_ad_token", "azure_auth_mode", "anthropic_api_key", "vertex_service_account_json", "vertex_auth_mode", "oracle_private_key",
}

func (l *leaf) brings(s provider.Settings) bool {
	if !s.APIKey.IsZero() {
		return true
	}
	for _, key := range credentials {
		if !s.Options[key].IsZero() {
			return true
		}
	}
	return false
}

func (l *leaf) ownHost(custom string) bool {
	return custom == "" || l.env.OwnHost != nil && l.env.OwnHost(custom)
}

// sameAddress reports whether the client leaves the address to the operator:
// a client that names its own resource would be sent the operator's key there.
func (l *leaf) sameAddress(s provider.Settings, stored provider.Stored) bool {
	for _, o := range l.spec.Options {
		if v := s.Options[o.Key]; o.Host && !v.IsZero() && v != stored.Options[o.Key] {
			return false
		}
	}
	return true
}

// with puts a stored credential under what the client has set. Who the
// operator is comes from the store as a whole: a client that could name the
// tenant or the role would have the operator's secret shown to its own.
func with(t upstream.Target, stored provider.Stored) upstream.Target {
	merged := make(map[string]secret.Value, len(stored.Options)+len(t.Settings.Options))
	for key, v := range t.Settings.Options {
		if !identity(key) {
			merged[key] = v
		}
	}
	for key, v := range stored.Options {
		if merged[key].IsZero() {
			merged[key] = v
		}
	}
	t.Settings.APIKey, t.Settings.Options, t.Lent = stored.Options["api_key"], merged, true
	return t
}

// identity reports whether an option says who somebody is.
func identity(key string) bool {
	for _, prefix := range []string{"azure_entra_", "azure_managed_", "azure_workload_", "azure_a", "anthropic_api_key", "vertex_service_", "vertex_auth_", "oracle_"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	switch key {
	case "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_auth_type", "aws_role_arn", "aws_external_id":
		return true
	}
	return false
}
