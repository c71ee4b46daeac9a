package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/gateway"
	"sluice/core/internal/worktest"
	"sluice/core/provider"
	"sluice/core/secret"
	"sluice/core/usage"
)

// canary is a secret of a kind: a text that stands nowhere else, with the
// characters that JSON and URLs write in other ways.
func canary(kind string) string { return "CANARY-" + kind + "/0+1=" }

// A carrier is a way to bring secrets.
type carrier struct {
	name    string
	dialect string // that the upstream speaks
	headers map[string]string
	config  string // of the header x-portkey-config; {UP} is the custom host
	query   string
	sent    []string // what the upstream must be sent, and may quote
	setUp   func(c *gateway.Config, upstream string)
}

var carriers = []carrier{
	{name: "bearer", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "openai", "Authorization": "Bearer " + canary("bearer")}, sent: []string{"bearer"}},
	{name: "no scheme", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "groq", "Authorization": canary("bare")}, sent: []string{"bare"}},
	{name: "x-api-key", dialect: "messages", headers: map[string]string{"X-Portkey-Provider": "anthropic", "X-Api-Key": canary("x-api-key")}, sent: []string{"x-api-key"}},
	{name: "x-goog-api-key", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "together-ai", "X-Goog-Api-Key": canary("goog")}, sent: []string{"goog"}},
	{name: "api-key and a query", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "azure-openai", "Api-Key": canary("azure")},
		query: "?key=" + "CANARY-query%2F0%2B1%3D&sig_token=" + "CANARY-sig%2F0%2B1%3D", sent: []string{"azure", "query", "sig"}},
	{name: "api_key in a config", dialect: "chat", config: `{"provider":"openai","api_key":"` + canary("config") + `","custom_host":"{UP}"}`, sent: []string{"config"}},
	{name: "apiKey of a target", dialect: "messages", sent: []string{"target"},
		config: `{"strategy":{"mode":"fallback"},"targets":[{"provider":"anthropic","apiKey":"` + canary("target") + `","customHost":"{UP}"}]}`},
	{name: "AWS keys", dialect: "converse", sent: []string{"aws-id", "aws-session"}, headers: map[string]string{
		"X-Portkey-Provider": "bedrock", "X-Portkey-Aws-Region": "us-east-1", "X-Portkey-Aws-Access-Key-Id": canary("aws-id"),
		"X-Portkey-Aws-Secret-Access-Key": canary("aws-secret"), "X-Portkey-Aws-Session-Token": canary("aws-session")}},
	{name: "Bedrock API key", dialect: "converse", headers: map[string]string{"X-Portkey-Provider": "bedrock", "Authorization": "Bearer " + canary("bedrock")}, sent: []string{"bedrock"}},
	{name: "Azure AD token", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Ad-Token": "Bearer " + canary("ad")}, sent: []string{"ad"}},
	{name: "Entra", dialect: "chat", sent: []string{"bought"}, headers: map[string]string{
		"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Auth-Mode": "entra", "X-Portkey-Azure-Entra-Tenant-Id": "t",
		"X-Portkey-Azure-Entra-Client-Id": "id", "X-Portkey-Azure-Entra-Client-Secret": canary("entra")},
		setUp: func(c *gateway.Config, _ string) {
			c.Ambient = &provider.Ambient{Client: &http.Client{Transport: tokenSeller{}}}
		}},
	{name: "proxy token", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "modal", "Modal-Key": canary("modal-key"), "Modal-Secret": canary("modal")}, sent: []string{"modal-key", "modal"}},
	{name: "forwarded header", dialect: "chat", sent: []string{"own", "forwarded"}, headers: map[string]string{
		"X-Portkey-Provider": "openai", "Authorization": "Bearer " + canary("own"), "X-Portkey-Forward-Headers": "x-vendor-token, cookie, x-amz-security-token",
		"X-Vendor-Token": canary("forwarded"), "Cookie": "session=" + canary("cookie"), "X-Amz-Security-Token": canary("amz"), "Proxy-Authorization": canary("proxy")}},
	{name: "stored key", dialect: "chat", headers: map[string]string{"X-Portkey-Provider": "openai"}, sent: []string{"stored"}, setUp: store(`{"openai":{"api_key":"` + canary("stored") + `"},"groq":{"api_key":"` + canary("other") + `"}}`)},
	{name: "stored AWS keys", dialect: "converse", headers: map[string]string{"X-Portkey-Provider": "bedrock"}, sent: []string{"aws-id"},
		setUp: store(`{"bedrock":{"aws_access_key_id":"` + canary("aws-id") + `","aws_secret_access_key":"` + canary("aws-secret") + `"}}`)},
}

// store gives the operator's credentials to the gateway and lets them go to
// the upstream.
func store(document string) func(*gateway.Config, string) {
	return func(c *gateway.Config, upstream string) {
		source := secret.SourceFunc(func(context.Context, secret.Ref) (secret.Value, error) { return secret.New(document), nil })
		c.Keyring = &provider.Keyring{Cache: secret.NewCached(source, nil), Ref: secret.Ref{Scheme: "file", Name: "providers"}}
		if _, host, ok := strings.Cut(upstream, "://"); ok {
			c.TrustedHosts = []string{host}
		}
	}
}

// tokenSeller is Microsoft Entra.
type tokenSeller struct{}

func (tokenSeller) RoundTrip(*http.Request) (*http.Response, error) {
	body := `{"access_token":"` + canary("bought") + `","expires_in":3600}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// An ear hears everything that the process says.
type ear struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.Write(p)
}

func (e *ear) take() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.buf.Reset()
	return bytes.Clone(e.buf.Bytes())
}

// until takes what is said until a text is in it: records are written when
// the answer has gone out.
func (e *ear) until(t *testing.T, text string) []byte {
	t.Helper()
	var said []byte
	for range 500 {
		if said = append(said, e.take()...); bytes.Contains(said, []byte(text)) {
			return said
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s was not said: %s", text, said)
	return said
}

// listen hears the logs, the records, the log package and what is printed.
func listen(t *testing.T) *ear {
	t.Helper()
	e := &ear{}
	log.SetOutput(e)
	printed, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = printed, printed
	t.Cleanup(func() {
		os.Stdout, os.Stderr = stdout, stderr
		log.SetOutput(stderr)
		noCanary(t, "log or record", e.take())
		b, err := os.ReadFile(printed.Name())
		if err != nil {
			t.Error(err)
		}
		noCanary(t, "printed", b)
	})
	return e
}

var (
	escapes  = regexp.MustCompile(`\\u00([0-9a-fA-F]{2})`)        // how JSON may write a character
	harmless = regexp.MustCompile(`[A-Z2-7]{26}|canary_test\.go`) // ids, in which any letters may come together, and stacks
)

// noCanary fails if a part of a secret is in b, however it is written.
func noCanary(t *testing.T, where string, b []byte) {
	t.Helper()
	plain := escapes.ReplaceAllFunc(b, func(m []byte) []byte {
		c, _ := strconv.ParseUint(string(m[4:]), 16, 8)
		return []byte{byte(c)}
	})
	plain = harmless.ReplaceAll(plain, []byte("-"))
	if i := bytes.Index(bytes.ToUpper(plain), []byte("CANA")); i >= 0 {
		t.Errorf("%s tells a secret: …%s…", where, plain[max(0, i-300):min(len(plain), i+60)])
	}
}

const gatewayKey = "gateway-key"

// exchanges writes what is kept of requests and answers.
type exchanges struct{ w io.Writer }

func (x exchanges) Write(_ context.Context, r *usage.Record) error {
	k := r.Exchange
	_, err := fmt.Fprintf(x.w, "%s %s %v %q %v %q\n", k.Method, k.URL, k.Header, k.Body.Bytes, k.ResponseHeader, k.Response.Bytes)
	return err
}

// front serves a gateway that tells e everything.
func (e *ear) front(t *testing.T, c gateway.Config) *httptest.Server {
	t.Helper()
	c.AllowLoopback, c.Sinks = true, []usage.Sink{usage.NewLines(e), exchanges{e}}
	c.Bodies.Keep = usage.KeepFull
	c.Keys = gateway.StaticKeys(secret.New(canary(gatewayKey)))
	c.Log = slog.New(slog.NewTextHandler(e, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := gateway.New(c)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(h)
	front.Config.ErrorLog = log.New(e, "", 0)
	front.Start()
	t.Cleanup(front.Close)
	return front
}

// ask sends a request and gives the whole answer: status, headers, body.
func (e *ear) ask(t *testing.T, front *httptest.Server, path, body string, headers map[string]string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Portkey-Api-Key", canary(gatewayKey))
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	client := &http.Client{Transport: front.Client().Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer resp.Body.Close()
	dump, err := httputil.DumpResponse(resp, true)
	if err != nil {
		dump = append(dump, err.Error()...)
	}
	return fmt.Appendf(dump, "\n%v", resp.Trailer)
}

// relayedPath is one that the gateway hands on as it is.
const relayedPath = "/v1/embeddings"

// forms are all ways to ask at some paths.
func forms(paths ...string) iter.Seq2[string, string] {
	return func(yield func(path, body string) bool) {
		for _, path := range paths {
			for _, streamed := range []bool{false, true} {
				if !yield(path, fmt.Sprintf(`{"model":"m","stream":%t,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, streamed)) {
					return
				}
			}
		}
	}
}

func TestNoSecretIsTold(t *testing.T) {
	e := listen(t)
	for _, c := range carriers {
		t.Run(c.name, func(t *testing.T) {
			up := newParrot(t, c)
			var config gateway.Config
			if c.setUp != nil {
				c.setUp(&config, up.URL)
			}
			front := e.front(t, config)
			for _, mode := range parrotModes {
				up.mode.Store(&mode)
				for path, body := range forms(append(slices.Clip(bothRoutes), relayedPath)...) {
					if worktest.Raced && rand.IntN(3) > 0 {
						continue
					}
					headers := map[string]string{"X-Portkey-Request-Timeout": "2000"}
					for k, v := range c.headers {
						headers[k] = v
					}
					if mode.name == "silence" {
						headers["X-Portkey-Request-Timeout"] = "20"
					}
					if c.config != "" {
						headers["X-Portkey-Config"] = strings.ReplaceAll(c.config, "{UP}", up.URL)
					} else {
						headers["X-Portkey-Custom-Host"] = up.URL
					}
					what := fmt.Sprintf("%s, %s, %s", mode.name, path, body)
					answer := e.ask(t, front, path+c.query, body, headers)
					content := mode.content && strings.HasPrefix(path, "/v1/"+c.dialect) || path == relayedPath && bytes.HasPrefix(answer, []byte("HTTP/1.1 200 "))
					if !content {
						noCanary(t, "the answer ("+what+")", answer)
					}
					noCanary(t, "log or record ("+what+")", e.take())
				}
			}
			if up.calls.Load() == 0 {
				t.Error("the upstream was not called: nothing was tested")
			}
		})
	}
}

func TestNoSecretIsToldWithoutAnUpstream(t *testing.T) {
	e := listen(t)
	nobody := httptest.NewServer(nil)
	nobody.Close()
	stored, storedBad := gateway.Config{}, gateway.Config{}
	store(`{"openai":{"api_key":"`+canary("stored")+`"`)(&stored, "")
	store(`{"openai":{"api_key":"`+canary("stored")+`\n\u0001"}}`)(&storedBad, nobody.URL)
	key := map[string]string{"Authorization": "Bearer " + canary("bearer"), "X-Portkey-Provider": "openai"}
	tests := []struct {
		name    string
		config  gateway.Config
		headers map[string]string
		body    string
		query   string
		want    string // in the answer, to see that the case is what it says
	}{
		{"no gateway key", gateway.Config{}, map[string]string{"X-Portkey-Api-Key": ""}, "", "", " 401 "},
		{"a wrong one", gateway.Config{}, map[string]string{"X-Portkey-Api-Key": canary("wrong")}, "", "", " 401 "},
		{"a wrong one as bearer", gateway.Config{}, map[string]string{"X-Portkey-Api-Key": "", "Authorization": "Bearer " + canary("wrong")}, "", "", " 401 "},
		{"bad JSON", gateway.Config{}, key, `{"model":`, "", " 400 "},
		{"no provider", gateway.Config{}, map[string]string{"Cookie": canary("cookie")}, "", "?key=CANARY-query", " 400 "},
		{"config not JSON", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("config")}, "", "", " 400 "},
		{"config twice the same member", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("config") + `","api_key":"` + canary("config") + `"}`}, "", "", " 400 "},
		{"key of a wrong type", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":["` + canary("config") + `"]}`}, "", "", " 400 "},
		{"key in an object", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":{"value":"` + canary("config") + `"},"retry":"x"}`}, "", "", " 400 "},
		{"unknown strategy", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"strategy":{"mode":"x"},"targets":[{"provider":"openai","api_key":"` + canary("config") + `"}]}`}, "", "", " 400 "},
		{"a key that is no header value", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("config") + `\n\u0001","custom_host":"` + nobody.URL + `"}`}, "", "", " 400 "},
		{"a stored key that is no header value", storedBad, map[string]string{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": nobody.URL}, "", "", " 502 "},
		{"a Bedrock key that is no header value", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"bedrock","aws_auth_type":"apiKey","api_key":"` + canary("config") + `\n","custom_host":"` + nobody.URL + `"}`}, "", "", " 400 "},
		{"half of AWS keys", gateway.Config{}, map[string]string{"X-Portkey-Provider": "bedrock", "X-Portkey-Aws-Secret-Access-Key": canary("aws-secret")}, "", "", " 401 "},
		{"a user in the custom host", gateway.Config{}, map[string]string{"X-Portkey-Provider": "openai", "Authorization": canary("bearer"), "X-Portkey-Custom-Host": "https://user:" + "CANARY-host" + "@example.com"}, "", "", " 400 "},
		{"a user in the config's host", gateway.Config{}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("config") + `","custom_host":"https://CANARY-host:x@example.com"}`}, "", "", " 400 "},
		{"a query in the custom host", gateway.Config{}, map[string]string{"X-Portkey-Provider": "openai", "Authorization": canary("bearer"), "X-Portkey-Custom-Host": nobody.URL + "/v1?key=CANARY-host"}, "", "", " 400 "},
		{"connection refused", gateway.Config{}, map[string]string{"Authorization": "Bearer " + canary("bearer"), "X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": nobody.URL}, "", "?key=CANARY-query", " 502 "},
		{"connection refused, Azure", gateway.Config{}, map[string]string{"Api-Key": canary("azure"), "X-Portkey-Provider": "azure-openai", "X-Portkey-Custom-Host": nobody.URL}, "", "?key=CANARY-query", " 502 "},
		{"connection refused, AWS", gateway.Config{}, map[string]string{"X-Portkey-Provider": "bedrock", "X-Portkey-Custom-Host": nobody.URL, "X-Portkey-Aws-Access-Key-Id": canary("aws-id"), "X-Portkey-Aws-Secret-Access-Key": canary("aws-secret"), "X-Portkey-Aws-Session-Token": canary("aws-session")}, "", "", " 502 "},
		{"no such name", gateway.Config{}, map[string]string{"Authorization": "Bearer " + canary("bearer"), "X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": "https://" + strings.Repeat("x", 64) + ".example.com"}, "", "", " 502 "},
		{"stored keys malformed", stored, map[string]string{"X-Portkey-Provider": "openai"}, "", "", " 503 "},
		{"the handler panics with the request", gateway.Config{Around: func(next core.Handler) core.Handler {
			return core.HandlerFunc(func(_ context.Context, c *core.Call) (*core.Reply, error) { panic(fmt.Sprintf("%+v %+v", next, *c)) })
		}}, map[string]string{"X-Portkey-Config": `{"provider":"openai","api_key":"` + canary("config") + `"}`}, "", "?key=CANARY-query", " 500 "},
		{"the handler fails with the headers", gateway.Config{Around: func(core.Handler) core.Handler {
			return core.HandlerFunc(func(_ context.Context, c *core.Call) (*core.Reply, error) { return nil, fmt.Errorf("%v", c.Header) })
		}}, key, "", "", " 500 "},
		{"the handler panics with an error", gateway.Config{Around: func(core.Handler) core.Handler {
			return core.HandlerFunc(func(_ context.Context, c *core.Call) (*core.Reply, error) {
				panic(errors.New(c.Header.Get("Authorization")))
			})
		}}, key, "", "", " 500 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			front := e.front(t, tt.config)
			for path, body := range forms(bothRoutes...) {
				if tt.body != "" {
					body = tt.body
				}
				answer := e.ask(t, front, path+tt.query, body, tt.headers)
				noCanary(t, "the answer", answer)
				if line, _, _ := strings.Cut(string(answer), "\n"); !strings.Contains(line, tt.want) {
					t.Errorf("%s %s: got %q, want%sin it: %s", path, body, line, tt.want, answer)
				}
				said := e.take()
				noCanary(t, "log or record", said)
				if tt.want == " 500 " && !bytes.Contains(said, []byte("stack")) && !bytes.Contains(said, []byte("internal error")) {
					t.Errorf("a fault of ours is not in the log: %s", said)
				}
			}
		})
	}
}

func TestNoSecretIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		`{"provider":"openai","api_key":"` + canary("config"),
		`{"provider":"opneai","api_key":"` + canary("config") + `"}`,
		`{"provider":"openai","api_key":["` + canary("config") + `"]}`,
		`{"provider":"openai","api_key":"` + canary("config") + `","custom_host":"https://u:CANARY-host@x.example"}`,
	} {
		_, err := gateway.New(gateway.Config{DefaultConfig: config})
		if err == nil {
			t.Fatalf("%s was taken", config)
		}
		noCanary(t, "the error", []byte(err.Error()))
	}
}
