package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/core/internal/httpx"
	"sluice/core/provider"
	"sluice/core/secret"
)

// slowSource has a secret that takes a second to read.
type slowSource string

func (s slowSource) Secret(ctx context.Context, _ secret.Ref) (secret.Value, error) {
	select {
	case <-time.After(time.Second):
		return secret.New(string(s)), nil
	case <-ctx.Done():
		return secret.Value{}, ctx.Err()
	}
}

// slowKeys are gateway keys behind such a source.
type slowKeys struct{ cache *secret.Cached }

func (k slowKeys) Keys(ctx context.Context) ([]secret.Value, error) {
	v, err := k.cache.Secret(ctx, secret.Ref{Scheme: "aws", Name: "key"})
	return []secret.Value{v}, err
}

// instant notes when the upstream was called, and answers at once.
type instant struct{ called time.Time }

func (i *instant) Do(*http.Request) (*http.Response, error) {
	i.called = time.Now()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)),
	}, nil
}

// A store whose calls take a second each may delay the upstream call by one
// second for the key and one for the provider's credential when nothing is
// known yet, and not at all when it is.
func TestASlowStoreDelaysTheUpstreamCallLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		guard, err := httpx.NewGuard(httpx.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		up := &instant{}
		h, err := assemble(Config{
			Keys:    slowKeys{secret.NewCached(slowSource("the-key"), nil)},
			Keyring: &provider.Keyring{Cache: secret.NewCached(slowSource(`{"openai":{"api_key":"k"}}`), nil), Ref: secret.Ref{Scheme: "aws", Name: "providers"}},
		}, guard, up)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			name string
			most time.Duration
		}{{"cold", 2 * time.Second}, {"warm", 0}} {
			began := time.Now()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(`{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`))
			r.Header.Set("X-Portkey-Api-Key", "the-key")
			r.Header.Set("X-Portkey-Provider", "openai")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", step.name, w.Code, w.Body)
			}
			if delay := up.called.Sub(began); delay > step.most {
				t.Errorf("%s: the upstream was called after %s, want at most %s", step.name, delay, step.most)
			}
		}
	})
}
