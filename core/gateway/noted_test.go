package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/llm"
	"sluice/core/secret"
	"sluice/core/store/folderstore"
	"sluice/core/usage"
)

// TestWhoeverHasAKeyLeavesARecord asks in all the ways that do not get as far
// as a target.
func TestWhoeverHasAKeyLeavesARecord(t *testing.T) {
	t.Parallel()
	const hi = `{"model":"echo","messages":[{"role":"user","content":"hi"}]}`
	echo := map[string]string{"X-Portkey-Provider": "echo"}
	tests := []struct {
		name, method, path, body string
		headers                  map[string]string
		status                   int
		operation                llm.Operation
	}{
		{"a good request", "POST", "/v1/chat/completions", hi, echo, 200, llm.Generate},
		{"HEAD", "HEAD", "/v1/models", "", nil, 200, llm.ListModels},
		{"a body that is no JSON", "POST", "/v1/chat/completions", "{", echo, 400, llm.Generate},
		{"a body that is too large", "POST", "/v1/messages", strings.Repeat(" ", 5000), echo, 413, llm.Generate},
		{"a body that breaks off", "POST", "/v1/embeddings", "BREAK", echo, 400, llm.Embed},
		{"a wrong config", "POST", "/v1/chat/completions", hi, map[string]string{"X-Portkey-Config": `{"strategy":{"mode":"no"}}`}, 400, llm.Generate},
		{"wrong metadata", "POST", "/v1/chat/completions", hi, map[string]string{"X-Portkey-Metadata": "{", "X-Portkey-Provider": "echo"}, 400, llm.Generate},
		{"no target", "POST", "/v1/chat/completions", hi, nil, 400, llm.Generate},
		{"no provider of that name", "GET", "/v1/files", "", map[string]string{"X-Portkey-Provider": "nobody"}, 400, llm.Files},
		{"a bug", "POST", "/v1/chat/completions", strings.Replace(hi, "echo", "bug", 1), echo, 500, llm.Generate},
		{"a response that is not there", "GET", "/v1/responses/resp_none", "", echo, 404, llm.Proxy},
		{"a path that is not there", "POST", "/api/v2/chat", hi, nil, 404, llm.Proxy},
		{"a wrong method", "DELETE", "/v1/chat/completions", "", nil, 405, llm.Proxy},
		{"a place for a file", "POST", "/v1/sluice/uploads", "{}", nil, 200, llm.Files},
		{"a file that is not there", "GET", "/v1/files/sluice-file-aaaaaaaaaaaaaaaaaaaaaaaaaa", "", nil, 404, llm.Files},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := recordOf(t, tt.method, tt.path, tt.body, "the-key", tt.headers)
			if r == nil {
				t.Fatal("no record")
			}
			if r.Status != tt.status || r.Operation != tt.operation || r.Key != "default" || r.Stranger || r.ID == "" || r.Error == "" && r.Status >= 400 && r.Operation != llm.Proxy {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// TestStrangersAreOfNoWorkspace: their records say so, and paths that are not
// there can be tried without leaving any.
func TestStrangersAreOfNoWorkspace(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/chat/completions", "/v1/anything", "/v1/files/sluice-file-aaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		for _, key := range []string{"", "wrong"} {
			if r := recordOf(t, "POST", path, "{}", key, nil); r == nil || !r.Stranger || r.Key != "" || r.Status != 401 {
				t.Errorf("%s, key %q: got %+v", path, key, r)
			}
		}
	}
	for _, path := range []string{"/wp-login.php", "/v2", "/v1/sluice/uploads"} {
		if r := recordOf(t, "PATCH", path, "{}", "wrong", nil); r != nil {
			t.Errorf("%s: there is a record: %+v", path, r)
		}
	}
}

// recordOf asks a gateway with the key "the-key" and returns the one record
// that the request has left, nil if none.
func recordOf(t *testing.T, method, path, body, key string, headers map[string]string) *usage.Record {
	t.Helper()
	b := &books{}
	h, err := gateway.New(gateway.Config{
		Sinks: []usage.Sink{b}, Bodies: full, MaxBody: 4000, Keys: gateway.StaticKeys(secret.New("the-key")), Files: folderstore.New(t.TempDir()),
		Around: func(next core.Handler) core.Handler {
			return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
				if c.Model == "bug" {
					panic("a bug")
				}
				return next.Handle(ctx, c)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body == "BREAK" {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), deadLine{}))
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("X-Portkey-Api-Key", key)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	ctx, after := core.WithAfter(r.Context())
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	after.Run(t.Context(), func(v any) { t.Errorf("a hook has panicked with %v", v) })
	if len(b.rows) > 1 {
		t.Errorf("%d records", len(b.rows))
	}
	if len(b.rows) == 0 {
		return nil
	}
	return b.rows[0]
}

type deadLine struct{}

func (deadLine) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

// TestADownloadThatTheClientLeavesIsNoFaultOfOurs: it is relayed, and the
// record says that the client went.
func TestADownloadThatTheClientLeavesIsNoFaultOfOurs(t *testing.T) {
	t.Parallel()
	b := &books{}
	front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}, Bodies: full}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for r.Context().Err() == nil {
			write(w, strings.Repeat("a row\n", 1000))
		}
	})
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, front.URL+"/v1/files/f/content", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Portkey-Provider", "openai")
	req.Header.Set("Authorization", "Bearer k")
	req.Header.Set("X-Portkey-Custom-Host", up.URL)
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadFull(resp.Body, make([]byte, 10))
	leave()
	resp.Body.Close()
	if r := b.one(t); !r.Left || r.Error != llm.Canceled.String() || r.Status != 200 || !strings.HasPrefix(string(r.Exchange.Response.Bytes), "a row\n") {
		t.Errorf("got %+v", r)
	}
}
