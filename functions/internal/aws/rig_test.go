package aws

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"sluice/core/gateway"
	"sluice/core/secret"
)

// patience is what a request may take when a secret cannot be read, and
// promptness when it needs none; both on a machine that is busy.
const (
	patience   = 8 * time.Second
	promptness = 3 * time.Second
)

// An upstream is a provider that answers who has the right key.
type upstream struct {
	*httptest.Server
	mu       sync.Mutex
	accepted map[string]bool
	seen     []string // keys, in turn
}

const upstreamAnswer = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`

func newUpstream(t *testing.T, keys ...string) *upstream {
	t.Helper()
	p := &upstream{}
	p.accept(keys...)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen = append(p.seen, key)
		w.Header().Set("Content-Type", "application/json")
		if !p.accepted[key] {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error":{"message":"wrong key","type":"invalid_request_error"}}`)
			return
		}
		io.WriteString(w, upstreamAnswer)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *upstream) accept(keys ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = map[string]bool{}
	for _, k := range keys {
		p.accepted[k] = true
	}
}

func (p *upstream) keys() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.seen = nil }()
	return p.seen
}

// A function is a gateway as the function configures it, with a clock for its
// secrets that can be put forward.
type function struct {
	front   *httptest.Server
	p       *upstream
	forward atomic.Int64
}

func newFunction(t *testing.T, p *upstream, env map[string]string) *function {
	t.Helper()
	f := &function{p: p}
	env["SLUICE_TRUSTED_HOSTS"] = strings.TrimPrefix(p.URL, "http://") // the operator's keys go there too
	getenv := environment(env)
	c, err := configure(getenv, secret.NewCached(Secrets(getenv), func() time.Time {
		return time.Now().Add(time.Duration(f.forward.Load()))
	}))
	if err != nil {
		t.Fatal(err)
	}
	h, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	f.front = httptest.NewServer(h)
	t.Cleanup(f.front.Close)
	return f
}

func (f *function) later(d time.Duration) { f.forward.Add(int64(d)) }

// An answer is what a client got, and when.
type answer struct {
	path, body, retryAfter string
	status                 int
	took                   time.Duration
}

var paths = []string{"/v1/chat/completions", "/v1/messages"}

// own is a client's own key for the provider. Without one the gateway lends
// the operator's.
const own = "own"

func (f *function) ask(t *testing.T, path, gatewayKey, providerKey string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.front.URL+path,
		strings.NewReader(`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Provider", "openai")
	r.Header.Set("X-Portkey-Custom-Host", f.p.URL)
	r.Header.Set("X-Portkey-Api-Key", gatewayKey)
	if providerKey != "" {
		r.Header.Set("Authorization", "Bearer "+providerKey)
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return answer{path: path}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return answer{path, string(body), resp.Header.Get("Retry-After"), resp.StatusCode, time.Since(began)}
}

func (a answer) wantOK(t *testing.T, within time.Duration) {
	t.Helper()
	if a.status != http.StatusOK || a.took > within {
		t.Errorf("%s: %d after %v, want 200 within %v: %s", a.path, a.status, a.took, within, a.body)
	}
}

// wantUnavailable is a 503 in the dialect of the route that tells nothing of
// what is behind it.
func (a answer) wantUnavailable(t *testing.T) {
	t.Helper()
	var e struct {
		Type  string
		Error struct{ Type, Message string }
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Error.Type == "" || (e.Type == "error") != (a.path == "/v1/messages") {
		t.Errorf("%s: not in the dialect of the route: %s", a.path, a.body)
	}
	if a.status != http.StatusServiceUnavailable || !strings.Contains(e.Error.Message, "at the moment") || strings.Contains(a.body, "127.0.0.1") {
		t.Errorf("%s: %d %s", a.path, a.status, a.body)
	}
	if a.took > patience {
		t.Errorf("%s: it took %v", a.path, a.took)
	}
}

func (a answer) wantHint(t *testing.T) {
	t.Helper()
	if a.retryAfter == "" || a.retryAfter == "0" {
		t.Errorf("%s: Retry-After %q: %s", a.path, a.retryAfter, a.body)
	}
}

// A vault is a Secrets Manager with the two secrets of a stack.
type vault struct {
	client *secretsmanager.Client
	env    map[string]string
}

func newVault(t *testing.T, url, gatewayKey, providers string) *vault {
	t.Helper()
	env, stack := account(url), rand.Text()
	env["SLUICE_KEY_SECRET"], env["SLUICE_PROVIDERS_SECRET"] = stack+"/gateway-key", stack+"/providers/default"
	v := &vault{
		client: secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials(environment(env))}),
		env:    env,
	}
	for id, text := range map[string]string{env["SLUICE_KEY_SECRET"]: gatewayKey, env["SLUICE_PROVIDERS_SECRET"]: providers} {
		if _, err := v.client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: &text}); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func (v *vault) rotate(t *testing.T, variable, text string) {
	t.Helper()
	if _, err := v.client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(v.env[variable]), SecretString: &text}); err != nil {
		t.Fatal(err)
	}
}

func storedKey(key string) string { return fmt.Sprintf(`{"openai":{"api_key":%q}}`, key) }
