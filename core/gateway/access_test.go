package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
	"sluice/core/provider"
	"sluice/core/secret"
)

// keyring is a source of gateway keys that can change.
type keyring struct {
	mu   sync.Mutex
	keys []string
	err  error
	read int
}

func (k *keyring) Keys(context.Context) ([]secret.Value, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read++
	var out []secret.Value
	for _, s := range k.keys {
		out = append(out, secret.New(s))
	}
	return out, k.err
}

func (k *keyring) set(err error, keys ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.err = keys, err
}

const hello = `{"model":"echo","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`

// echo asks the provider that is built in, with some headers more.
func echo(t *testing.T, front *httptest.Server, path string, headers map[string]string) (int, string) {
	t.Helper()
	all := map[string]string{"X-Portkey-Provider": "echo"}
	maps.Copy(all, headers)
	return post(t, front, path, hello, all)
}

func locked(t *testing.T, k gateway.KeySource) *httptest.Server {
	t.Helper()
	h, err := gateway.New(gateway.Config{Keys: k})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	return front
}

// TestNoSpellingOfPathOrHostGetsAroundTheKey writes requests by hand: no
// client library would.
func TestNoSpellingOfPathOrHostGetsAroundTheKey(t *testing.T) {
	t.Parallel()
	front := locked(t, gateway.StaticKeys(secret.New("the-key")))
	send := func(target, host, header string) *http.Response {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", front.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nX-Portkey-Provider: echo\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			target, host, header, len(hello), hello)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s, %s, %q: %v", target, host, header, err)
		}
		return resp
	}
	const chat = "/v1/chat/completions"
	if resp := send(chat, "localhost", "X-Portkey-Api-Key: the-key\r\n"); resp.StatusCode != http.StatusOK {
		t.Fatalf("with the key: %d", resp.StatusCode)
	}
	targets := []string{
		chat, "/" + chat, "/v1//chat/completions", "/v1/v1/chat/completions", "/chat/completions", chat + "/", "/v1/./chat/completions",
		"/v1/../v1/chat/completions", "/%2e%2e/v1/chat/completions", "/v1/%2e%2e/v1/chat/completions", "/v1/health/../chat/completions",
		"/v1/health/%2e%2e/chat/completions", "/v1/health;/v1/chat/completions", "/v1/health?/v1/chat/completions", "/v1/chat%2fcompletions", "/V1/Chat/Completions",
		"http://localhost" + chat, "http://localhost/v1/health/..//chat/completions", "/?" + chat, "/v1/chat/completions?x-portkey-api-key=the-key", "/v1/proxy/chat/completions", "/v1/health",
	}
	for _, host := range []string{"localhost", "localhost:4000/#@attacker", "x/#@y", "/v1/health", "x?/v1/health", "v1/health#", "%2e%2e", "[::1", "a b"} {
		for _, target := range targets {
			if resp := send(target, host, ""); resp.StatusCode < 400 || resp.StatusCode > 405 {
				body, _ := io.ReadAll(resp.Body)
				t.Errorf("%s with host %q: %d %s", target, host, resp.StatusCode, body)
			}
		}
	}
	for _, header := range []string{
		"X-Original-Url: /v1/health", "X-Rewrite-Url: /v1/health", "X-Forwarded-Host: localhost", "X-Forwarded-For: 127.0.0.1", "X-Http-Method-Override: GET",
		"Cookie: x-portkey-api-key=the-key", "X-Forwarded-Prefix: /v1/health", "Authorization: Basic dGhlLWtleTo=", "X-Portkey-Api-Key: wrong\r\nX-Portkey-Api-Key: the-key",
	} {
		if resp := send(chat, "localhost", header+"\r\n"); resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", header, resp.StatusCode)
		}
	}
}

func TestKeysAreComparedWhole(t *testing.T) {
	t.Parallel()
	const key = "sk-sluice-0123456789abcdef"
	front := locked(t, gateway.StaticKeys(secret.New("another-key"), secret.New(key)))
	for _, header := range []string{"X-Portkey-Api-Key", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
		if status, body := echo(t, front, "/v1/messages", map[string]string{header: key}); status != http.StatusOK {
			t.Errorf("the key in %s: %d %s", header, status, body)
		}
		for _, wrong := range []string{
			key[:len(key)-1], key + "0", key[1:], strings.ToUpper(key), key + " another-key", "another-key," + key, "%", "*", ".*", "' OR '1'='1", `" OR 1=1 --`,
			"{\"$ne\":null}", "null", "undefined", "true", "0", "the-key\x00", strings.Repeat("a", 100_000)[:8000], "sk-sluice-", "•••", "***",
		} {
			if strings.ContainsRune(wrong, 0) {
				continue // no client can send it
			}
			if status, body := echo(t, front, "/v1/messages", map[string]string{header: wrong}); status != http.StatusUnauthorized {
				t.Errorf("%q in %s: %d %s", wrong, header, status, body)
			}
		}
	}
}

func TestMissingAndWrongKeysLookTheSame(t *testing.T) {
	t.Parallel()
	front := locked(t, gateway.StaticKeys(secret.New("the-key")))
	for _, path := range append(slices.Clip(bothRoutes), relayedPath, "/v1/no-such-thing") {
		same := map[string]string{"X-Request-Id": "the-same-id"} // stands in the answer
		status, missing := echo(t, front, path, same)
		for _, wrong := range []map[string]string{{"X-Portkey-Api-Key": "wrong"}, {"Authorization": "Bearer wrong"}, {"X-Api-Key": "the-ke"}} {
			maps.Copy(wrong, same)
			if s, body := echo(t, front, path, wrong); s != http.StatusUnauthorized || s != status || body != missing {
				t.Errorf("%s: a wrong key %v: %d %s\na missing one: %d %s", path, wrong, s, body, status, missing)
			}
		}
	}
}

func TestOldAndNewKeyAreValidUntilTheOldOneIsTakenAway(t *testing.T) {
	t.Parallel()
	k := &keyring{}
	front := locked(t, k)
	steps := []struct {
		name     string
		keys     []string
		err      error
		old, new int
	}{
		{"before", []string{"old"}, nil, 200, 401},
		{"both", []string{"new", "old"}, nil, 200, 200},
		{"after", []string{"new"}, nil, 401, 200},
		{"none left", nil, nil, 401, 401},
		{"cannot be read", []string{"new"}, errors.New("away"), 503, 503},
		{"back", []string{"new"}, nil, 401, 200},
	}
	for _, s := range steps {
		k.set(s.err, s.keys...)
		for key, want := range map[string]int{"old": s.old, "new": s.new} {
			for _, path := range bothRoutes {
				if status, body := echo(t, front, path, map[string]string{"X-Portkey-Api-Key": key}); status != want {
					t.Errorf("%s, %s with the %s key: %d %s, want %d", s.name, path, key, status, body, want)
				}
			}
		}
	}
}

func TestHealthAsksNobody(t *testing.T) {
	t.Parallel()
	k := &keyring{err: errors.New("away")}
	away := secret.SourceFunc(func(context.Context, secret.Ref) (secret.Value, error) {
		t.Error("the store of secrets was asked")
		return secret.Value{}, errors.New("away")
	})
	h, err := gateway.New(gateway.Config{Keys: k, Version: "v9", DefaultConfig: `{"provider":"openai"}`, Keyring: &provider.Keyring{Cache: secret.NewCached(away, nil)}})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/": "AI Gateway says hey!", "/v1/health": `{"status":"ok","version":"v9"}`} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
			if w.Code != http.StatusOK || w.Body.String() != want {
				t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
	if k.read > 0 {
		t.Error("the keys were read")
	}
}

// seen are the headers that arrive at an upstream.
type seen struct {
	mu     sync.Mutex
	header http.Header
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header = r.Header.Clone()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
}

// TestTheUpstreamGetsItsOwnCredentialAndNothingOfTheClients sends everything
// that a browser, a proxy or another SDK may add.
func TestTheUpstreamGetsItsOwnCredentialAndNothingOfTheClients(t *testing.T) {
	t.Parallel()
	s := &seen{}
	up := httptest.NewServer(s)
	defer up.Close()
	doc := secret.SourceFunc(func(context.Context, secret.Ref) (secret.Value, error) {
		return secret.New(`{"openai":{"api_key":"stored"},"anthropic":{"api_key":"stored"}}`), nil
	})
	h, err := gateway.New(gateway.Config{
		AllowLoopback: true, TrustedHosts: []string{strings.TrimPrefix(up.URL, "http://")}, Keys: gateway.StaticKeys(secret.New("the-key")),
		Keyring: &provider.Keyring{Cache: secret.NewCached(doc, nil), Ref: secret.Ref{Scheme: "file", Name: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	defer front.Close()
	plain := []string{"Accept", "Content-Length", "Content-Type", "User-Agent"}
	tests := []struct {
		name    string
		headers map[string]string
		want    map[string]string // beside the plain ones
	}{
		{"a client's own key", map[string]string{"X-Portkey-Provider": "openai", "Authorization": "Bearer own"}, map[string]string{"Authorization": "Bearer own"}},
		{"a key of another kind of client", map[string]string{"X-Portkey-Provider": "openai", "X-Api-Key": "own"}, map[string]string{"Authorization": "Bearer own"}},
		{"to Anthropic", map[string]string{"X-Portkey-Provider": "anthropic", "Authorization": "Bearer own"}, map[string]string{"X-Api-Key": "own", "Anthropic-Version": "2023-06-01"}},
		{"the stored key", map[string]string{"X-Portkey-Provider": "openai"}, map[string]string{"Authorization": "Bearer stored"}},
		{"the gateway key twice", map[string]string{"X-Portkey-Provider": "openai", "Authorization": "Bearer the-key"}, map[string]string{"Authorization": "Bearer stored"}},
		{"the gateway key three times", map[string]string{"X-Portkey-Provider": "anthropic", "Authorization": "the-key", "X-Api-Key": "the-key"}, map[string]string{"X-Api-Key": "stored", "Anthropic-Version": "2023-06-01"}},
		{"a forwarded header", map[string]string{"X-Portkey-Provider": "openai", "Authorization": "own", "X-Portkey-Forward-Headers": "x-mine, cookie, authorization, x-amz-date, x-portkey-api-key, host"},
			map[string]string{"Authorization": "Bearer own", "X-Mine": "m"}},
	}
	for _, path := range bothRoutes {
		for _, tt := range tests {
			headers := map[string]string{
				"X-Portkey-Api-Key": "the-key", "X-Portkey-Custom-Host": up.URL, "X-Mine": "m", "Cookie": "session=1", "Origin": "https://x.example", "Referer": "https://x.example/",
				"X-Amz-Security-Token": "t", "X-Amz-Date": "d", "X-Amzn-Trace-Id": "r", "Forwarded": "for=1.2.3.4", "X-Forwarded-For": "1.2.3.4", "X-Real-Ip": "1.2.3.4", "Via": "x",
				"Proxy-Authorization": "Basic x", "Te": "trailers", "X-Stainless-Lang": "js", "Sec-Fetch-Site": "none", "Openai-Organization": "", "Accept-Language": "de",
			}
			maps.Copy(headers, tt.headers)
			if status, body := post(t, front, path, hello, headers); status != http.StatusBadRequest {
				t.Fatalf("%s, %s: %d %s", path, tt.name, status, body)
			}
			want := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(tt.want)), plain...)))
			if got := slices.Sorted(maps.Keys(s.header)); !slices.Equal(got, want) {
				t.Errorf("%s, %s: sent %v, want %v", path, tt.name, got, want)
			}
			for name, v := range tt.want {
				if s.header.Get(name) != v {
					t.Errorf("%s, %s: %s: %s, want %s", path, tt.name, name, s.header.Get(name), v)
				}
			}
		}
	}
}

// A tripwire is a listener that nobody may connect to.
func tripwire(t *testing.T) (address string, tripped func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
			mu.Lock()
			n++
			mu.Unlock()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// TestTheGatewayFetchesNothingThatIsNotPublic has media for providers that
// fetch themselves, and for Bedrock, for which the gateway does.
func TestTheGatewayFetchesNothingThatIsNotPublic(t *testing.T) {
	t.Parallel()
	address, tripped := tripwire(t)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(up.Close)
	h, err := gateway.New(gateway.Config{TrustedHosts: []string{strings.TrimPrefix(up.URL, "http://")}}) // as on Lambda
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	_, port, _ := strings.Cut(address, ":")
	for _, link := range []string{
		"http://" + address + "/x.png", "https://" + address + "/x.png", "http://localhost:" + port + "/x.png", "http://[::ffff:127.0.0.1]:" + port + "/x.png",
		"http://2130706433:" + port + "/x.png", "file:///etc/hostname", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
	} {
		bodies := map[string]string{
			"/v1/chat/completions": `{"model":"anthropic.claude-x","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{"url":"` + link + `"}},{"type":"file","file":{"file_url":"` + link + `","filename":"x.pdf"}}]}]}`,
			"/v1/messages":         `{"model":"anthropic.claude-x","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image","source":{"type":"url","url":"` + link + `"}},{"type":"document","source":{"type":"url","url":"` + link + `"}}]}]}`,
		}
		for path, body := range bodies {
			for _, target := range []string{"openai", "anthropic", "bedrock", "echo"} {
				headers := map[string]string{"X-Portkey-Provider": target, "Authorization": "Bearer k"}
				if target != "echo" {
					headers["X-Portkey-Custom-Host"] = up.URL
				}
				if status, answer := post(t, front, path, body, headers); status >= 500 || strings.Contains(answer, "root:") {
					t.Errorf("%s to %s with %s: %d %s", path, target, link, status, answer)
				}
			}
		}
	}
	if n := tripped(); n > 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestAClientCannotSendTheGatewayInside(t *testing.T) {
	t.Parallel()
	address, tripped := tripwire(t)
	front := locked(t, nil)
	_, port, _ := strings.Cut(address, ":")
	for _, host := range []string{
		"http://" + address, "https://" + address, "http://localhost:" + port, "http://LOCALHOST:" + port, "http://localhost.:" + port, "http://a.localhost:" + port, "http://[::1]:" + port,
		"http://[::ffff:127.0.0.1]:" + port, "http://[::ffff:7f00:1]:" + port, "http://2130706433:" + port, "http://0x7f000001:" + port, "http://127.1:" + port, "http://0177.0.0.1:" + port, "http://0.0.0.0:" + port,
		"http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "http://metadata.google.internal", "http://10.0.0.1", "http://192.168.1.1", "http://user@" + address, "gopher://" + address, "file:///etc/passwd", "//" + address,
	} {
		for _, headers := range []map[string]string{
			{"X-Portkey-Provider": "openai", "X-Portkey-Custom-Host": host},
			{"X-Portkey-Config": `{"provider":"openai","custom_host":"` + host + `"}`},
			{"X-Portkey-Config": `{"strategy":{"mode":"fallback"},"targets":[{"provider":"openai","customHost":"` + host + `"}]}`},
			{"X-Portkey-Provider": "azure-ai", "X-Portkey-Azure-Foundry-Url": host},
			{"X-Portkey-Provider": "azure-openai", "X-Portkey-Azure-Resource-Name": strings.TrimPrefix(host, "http://") + "/#"},
			{"X-Portkey-Provider": "bedrock", "X-Portkey-Aws-Region": strings.TrimPrefix(host, "http://") + "/#"},
		} {
			headers["Authorization"] = "Bearer k"
			for _, path := range append(slices.Clip(bothRoutes), relayedPath) {
				if status, body := post(t, front, path, hello, headers); status != http.StatusBadRequest {
					t.Errorf("%s %v: %d %s", path, headers, status, body)
				}
			}
		}
	}
	if n := tripped(); n > 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestOneIDInEveryPlace(t *testing.T) {
	e := listen(t)
	front := e.front(t, gateway.Config{})
	for _, tt := range []struct{ sent, want string }{
		{"0123-client-id", "0123-client-id"}, {"short", ""}, {`a"quote\in it`, ""}, {strings.Repeat("x", 129), ""}, {"spaces in it", ""}, {"", ""},
	} {
		for _, path := range bothRoutes {
			answer := string(e.ask(t, front, path, `{"model":`, map[string]string{"X-Request-Id": tt.sent, "X-Portkey-Provider": "echo"}))
			_, id, _ := strings.Cut(answer, "X-Sluice-Request-Id: ")
			id, _, _ = strings.Cut(id, "\r\n")
			if len(id) < 8 || tt.want != "" && id != tt.want || tt.want == "" && id == tt.sent {
				t.Errorf("%q became %q", tt.sent, id)
			}
			if path == "/v1/messages" && !strings.Contains(answer, `"request_id":"`+id+`"`) {
				t.Errorf("%s is not in the error: %s", id, answer)
			}
			e.until(t, `"request":"`+id+`"`)
		}
	}
}
