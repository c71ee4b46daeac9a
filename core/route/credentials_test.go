package route

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/upstream"
)

// wire takes requests in place of a network and answers with statuses in
// turn, then with 200.
type wire struct {
	statuses []int
	urls     []string
	auth     []string
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.urls = append(w.urls, r.URL.String())
	w.auth = append(w.auth, r.Header.Get("Authorization")+r.Header.Get("Api-Key"))
	status := http.StatusOK
	if len(w.statuses) > 0 {
		status, w.statuses = w.statuses[0], w.statuses[1:]
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`)),
	}, nil
}

type document struct {
	text string
	err  error
}

func (d *document) Secret(context.Context, secret.Ref) (secret.Value, error) {
	return secret.New(d.text), d.err
}

const storedKeys = `{"openai":{"api_key":"stored"},"azure-openai":{"api_key":"stored","resource_name":"ours"}}`

func ask(t *testing.T, w *wire, d *document, now *time.Time, header http.Header, config string) error {
	t.Helper()
	env := Env{
		Upstream:  &upstream.Client{HTTP: w},
		CheckHost: func(string) error { return nil },
		OwnHost:   func(url string) bool { return url == "https://ours.example" },
		Keyring:   &provider.Keyring{Cache: secret.NewCached(d, func() time.Time { return *now }), Ref: secret.Ref{Scheme: "aws", Name: "x"}},
	}
	h, err := NewRouter(env).Handler(config, header.Get("X-Portkey-Provider"))
	if err != nil {
		t.Fatal(err)
	}
	c := (&core.Call{
		Incoming: core.Incoming{
			Method: http.MethodPost, Header: header, Model: "m",
			Body: []byte(`{"model":"m","messages":[{"role":"user","content":"Hi"}]}`),
		},
		Operation: llm.Generate, Dialect: llm.OpenAIChat, Decoder: openaichat.Codec{},
	}).Prepare()
	reply, err := h.Handle(t.Context(), c)
	if err == nil {
		reply.Close()
	}
	return err
}

func TestStoredCredentialsGoToTheProvidersOwnHostsOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header map[string]string
		config string
		want   string // the credential sent; empty: the request is refused
	}{
		{"nothing brought", map[string]string{"X-Portkey-Provider": "openai"}, "", "Bearer stored"},
		{"the client's own counts", map[string]string{"X-Portkey-Provider": "openai", "Authorization": "Bearer own"}, "", "Bearer own"},
		{"a config's own counts", nil, `{"provider":"openai","api_key":"own"}`, "Bearer own"},
		{"a config without one", nil, `{"provider":"openai"}`, "Bearer stored"},
		{"a custom host gets nothing", map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": "https://thief.example"}, "", ""},
		{"nor one in a config", nil, `{"provider":"openai","custom_host":"https://thief.example"}`, ""},
		{"an administrator's host does", map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": "https://ours.example"}, "", "Bearer stored"},
		{"the operator's own resource", map[string]string{"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Deployment-Id": "d"}, "", "stored"},
		{"a resource of the client gets nothing", map[string]string{"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Resource-Name": "thief"}, "", ""},
		{"the same resource by name", map[string]string{"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Resource-Name": "ours"}, "", "stored"},
		{"a provider without a stored one", map[string]string{"X-Portkey-Provider": "groq"}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range tt.header {
				h.Set(k, v)
			}
			w, now := &wire{}, time.Unix(1e9, 0)
			err := ask(t, w, &document{text: storedKeys}, &now, h, tt.config)
			if tt.want == "" {
				if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.Credential || len(w.urls) != 0 {
					t.Errorf("got %v after calls to %q", err, w.urls)
				}
				return
			}
			if err != nil || len(w.auth) != 1 || w.auth[0] != tt.want {
				t.Errorf("sent %q, %v", w.auth, err)
			}
		})
	}
}

func TestARefusedStoredKeyIsReadAgainOnce(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d := &document{text: storedKeys}
	h := http.Header{"X-Portkey-Provider": {"openai"}}

	w := &wire{statuses: []int{401}}
	if err := ask(t, w, d, &now, h, ""); err == nil || len(w.auth) != 1 {
		t.Errorf("a key that has not changed was tried %d times", len(w.auth))
	}
}

func TestAStoreThatIsAwayStopsOnlyWhoNeedsIt(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d := &document{err: errors.New("away")}
	if err := ask(t, &wire{}, d, &now, http.Header{"X-Portkey-Provider": {"openai"}, "Authorization": {"Bearer own"}}, ""); err != nil {
		t.Errorf("a request with a key of its own: %v", err)
	}
	err := ask(t, &wire{}, d, &now, http.Header{"X-Portkey-Provider": {"openai"}}, "")
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.HTTPStatus() != http.StatusServiceUnavailable || e.RetryAfter <= 0 {
		t.Errorf("got %v", err)
	}
}
