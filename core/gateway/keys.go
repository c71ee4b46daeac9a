package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"sluice/core"
	"sluice/core/api"
	"sluice/core/internal/header"
	"sluice/core/llm"
	"sluice/core/secret"
)

// A KeySource knows the gateway's own keys. An error means that they cannot
// be had now: requests are refused with a status that says to try again.
type KeySource interface {
	Keys(ctx context.Context) ([]secret.Value, error)
}

type staticKeys []secret.Value

func (s staticKeys) Keys(context.Context) ([]secret.Value, error) { return s, nil }

// KeyHeader carries the gateway key when the route's own credential header
// carries a provider's.
const KeyHeader = "X-Portkey-Api-Key"

// credentialHeaders are where SDKs put the one key that they know.
var credentialHeaders = []string{"Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key"}

func authenticator(keys KeySource) api.Authenticator {
	if keys == nil {
		return open{}
	}
	return &keyed{keys}
}

// open lets everybody in.
type open struct{}

func (open) Authenticate(_ context.Context, h http.Header) (core.Principal, http.Header, error) {
	return core.Principal{}, withoutSignature(without(h, KeyHeader)), nil
}

// keyed asks for one of the gateway's keys.
type keyed struct{ source KeySource }

func (k *keyed) Authenticate(ctx context.Context, h http.Header) (core.Principal, http.Header, error) {
	keys, err := k.source.Keys(ctx)
	if err != nil {
		return core.Principal{}, nil, &llm.Error{
			Kind: llm.Overloaded, Status: http.StatusServiceUnavailable, RetryAfter: 5 * time.Second,
			Message: "the gateway's keys cannot be read at the moment", Err: err,
		}
	}
	known := header.Get(h, KeyHeader) != "" && matches(keys, header.Get(h, KeyHeader))
	if header.Get(h, KeyHeader) != "" && !known {
		return core.Principal{}, nil, wrongKey()
	}
	rest := without(h, KeyHeader)
	for _, name := range credentialHeaders { // SDKs send the key twice: it is nobody else's business
		if v := presented(header.Get(h, name)); v != "" && matches(keys, v) {
			known, rest = true, without(rest, name)
		}
	}
	if !known {
		return core.Principal{}, nil, wrongKey()
	}
	return core.Principal{Key: "default"}, withoutSignature(rest), nil
}

// wrongKey is the same for a key that is missing and one that is wrong.
func wrongKey() *llm.Error {
	return &llm.Error{
		Kind: llm.Unauthenticated, Code: "invalid_api_key",
		Message: "a valid gateway key is required: send it as x-portkey-api-key, or as the API key of your SDK",
	}
}

// presented finds the key in a header: a bearer token, the id of the key that
// signed the request, or the whole value. Clients of AWS that only sign have
// the gateway key as the id of their access key; their secret may be anything,
// since the id alone is what they prove, as a bearer does.
func presented(v string) string {
	if id, signed := signer(v); signed {
		return id
	}
	if scheme, token, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return v
}

// signer finds the id of the access key in a header that signs a request, as
// SigV4 has it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func signer(v string) (id string, signed bool) {
	if !strings.HasPrefix(v, "AWS4-") {
		return "", false
	}
	_, scope, _ := strings.Cut(v, "Credential=")
	id, _, _ = strings.Cut(scope, "/")
	return id, true
}

// withoutSignature removes what an AWS client has signed with. It holds for
// this host and this body only, so that it is nobody's credential.
func withoutSignature(h http.Header) http.Header {
	if _, signed := signer(header.Get(h, "Authorization")); !signed {
		return h
	}
	return without(without(h, "Authorization"), "X-Amz-Security-Token")
}

// matches compares hashes in constant time: neither the length nor a common
// beginning shows.
func matches(keys []secret.Value, got string) bool {
	sum, ok := sha256.Sum256([]byte(got)), 0
	for _, k := range keys {
		want := sha256.Sum256([]byte(k.Reveal()))
		ok |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return ok == 1
}

func without(h http.Header, name string) http.Header {
	if _, there := h[name]; !there {
		return h
	}
	h = h.Clone()
	delete(h, name)
	return h
}
