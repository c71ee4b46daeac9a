package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/core/gateway"
)

func TestBadInputIsRefusedInTheDialectOfTheRoute(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{AllowLoopback: true, MaxBody: 4096})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	defer front.Close()
	const chat = `{"model":"m","messages":[{"role":"user","content":"Hi"}]}`
	openai := map[string]string{"X-Portkey-Provider": "openai", "Authorization": "Bearer k", "X-Portkey-Custom-Host": "http://127.0.0.1:9"}
	with := func(more ...string) map[string]string {
		out := map[string]string{}
		for k, v := range openai {
			out[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	tests := []struct {
		name    string
		body    string
		headers map[string]string
		status  int
		want    string // in the message
	}{
		{"not JSON", `{"model":`, openai, 400, "not valid JSON"},
		{"empty", ``, openai, 400, "not valid JSON"},
		{"not an object", `[1]`, openai, 400, "must be a JSON object"},
		{"two values", chat + `{}`, openai, 400, "not valid JSON"},
		{"model twice", `{"model":"allowed","model":"forbidden","messages":[]}`, openai, 400, "duplicate"},
		{"model of a wrong type", `{"model":1}`, openai, 400, "model"},
		{"stream of a wrong type", `{"model":"m","stream":"yes"}`, openai, 400, "stream"},
		{"missing model", `{"messages":[{"role":"user","content":"Hi"}]}`, openai, 400, "Model is required"},
		{"no provider", chat, map[string]string{}, 400, "x-portkey-provider"},
		{"unknown provider", chat, with("X-Portkey-Provider", "opneai"), 400, "Invalid provider"},
		{"two providers in one header", chat, with("X-Portkey-Provider", "openai, anthropic"), 400, "Invalid provider"},
		{"provider without an implementation", chat, with("X-Portkey-Provider", "portkey"), 400, "not found"},
		{"no key", chat, map[string]string{"X-Portkey-Provider": "openai"}, 401, "API key"},
		{"config not JSON", chat, map[string]string{"X-Portkey-Config": "{nope"}, 400, "valid json"},
		{"config of another schema", chat, map[string]string{"X-Portkey-Config": `{"strategy":{"mode":1},"targets":[{"provider":"openai"}]}`}, 400, "Invalid config"},
		{"wrong content type", chat, with("Content-Type", "text/plain"), 400, "content type"},
		{"unknown encoding", chat, with("Content-Encoding", "x-lzma"), 415, "encoding"},
		{"broken gzip", chat, with("Content-Encoding", "gzip"), 400, "gzip"},
		{"body over the limit", `{"model":"` + strings.Repeat("x", 5000) + `"}`, openai, 413, "larger than"},
		{"metadata not JSON", chat, with("X-Portkey-Metadata", "a=b"), 400, "metadata"},
		{"metadata too long", chat, with("X-Portkey-Metadata", `{"team":"`+strings.Repeat("é", 129)+`"}`), 400, "team"},
		{"private custom host", chat, with("X-Portkey-Custom-Host", "http://10.0.0.1"), 400, "custom host"},
	}
	for _, path := range []string{"/v1/chat/completions", "/v1/messages"} {
		for _, tt := range tests {
			t.Run(path+" "+tt.name, func(t *testing.T) {
				status, body := post(t, front, path, tt.body, tt.headers)
				if status != tt.status {
					t.Errorf("status %d, want %d: %s", status, tt.status, body)
				}
				if got := message(t, path, body); !strings.Contains(got, tt.want) {
					t.Errorf("message %q, want %q in it", got, tt.want)
				}
			})
		}
	}
}

func TestAHeaderThatDecidesIsNotReadTwice(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader("{}"))
	r.Header["X-Portkey-Provider"] = []string{"openai", "echo"}
	h.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "x-portkey-provider was sent more than once") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSDKsGetAnErrorObject(t *testing.T) {
	t.Parallel()
	h, err := gateway.New(gateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	defer front.Close()
	_, plain := post(t, front, "/v1/chat/completions", "{}", nil)
	if plain != `{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}` {
		t.Errorf("the reference's form became %s", plain)
	}
	_, sdk := post(t, front, "/v1/chat/completions", "{}", map[string]string{"X-Stainless-Lang": "js"})
	var e struct {
		Error struct{ Message, Type string }
	}
	if err := json.Unmarshal([]byte(sdk), &e); err != nil || e.Error.Type != "invalid_request_error" || e.Error.Message == "" {
		t.Errorf("got %s, %v", sdk, err)
	}
}

func post(t *testing.T, front *httptest.Server, path, body string, headers map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	client := front.Client()
	client.Timeout = 10 * time.Second
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// message finds the text where clients of the route look for it.
func message(t *testing.T, path, body string) string {
	t.Helper()
	var e struct {
		Type, Status, Message string
		Error                 struct{ Type, Message string }
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if path == "/v1/messages" {
		if e.Type != "error" || e.Error.Type == "" {
			t.Errorf("not Anthropic's form: %s", body)
		}
		return e.Error.Message
	}
	if e.Status == "failure" {
		return e.Message
	}
	if e.Error.Type == "" {
		t.Errorf("not OpenAI's form: %s", body)
	}
	return e.Error.Message
}
