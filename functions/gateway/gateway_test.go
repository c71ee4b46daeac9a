package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/functions/internal/lambdaemu"
	"sluice/functions/internal/outputtest"
)

// binary is this command, built as for Lambda but for this machine.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gateway")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "bootstrap")
	if err := buildHere(".", binary); err != nil {
		fmt.Println(err)
		return 1
	}
	return m.Run()
}

func start(t *testing.T, env ...string) (*lambdaemu.Emulator, *outputtest.Output) {
	t.Helper()
	log := new(outputtest.Output)
	e, err := lambdaemu.Start(t.Context(), lambdaemu.Config{Binary: binary, Env: env, MaxProcesses: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, log
}

// secrets is a Secrets Manager with one secret. Without a value it fails.
func secrets(t *testing.T, id, value string) (url string, reads *atomic.Int32) {
	t.Helper()
	reads = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads.Add(1)
		var in struct{ SecretId string }
		json.NewDecoder(r.Body).Decode(&in)
		signed := strings.Contains(r.Header.Get("Authorization"), "/us-east-1/secretsmanager/aws4_request")
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if value == "" || in.SecretId != id || !signed || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type":"AccessDeniedException","Message":"not for you"}`)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"Name": id, "SecretString": value})
	}))
	t.Cleanup(s.Close)
	return s.URL, reads
}

func ask(t *testing.T, method, url, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

const chat = `{"model":"echo","stream":true,"messages":[{"role":"user","content":"one two three four five six seven eight"}]}`

func TestStreamsThroughTheFunctionURLWithTheKeyFromTheSecret(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sluice/gateway-key-AbCdEf"
	url, reads := secrets(t, arn, "the-gateway-key")
	e, log := start(t, "SLUICE_KEY_SECRET="+arn, "AWS_ENDPOINT_URL_SECRETS_MANAGER="+url)

	for _, key := range []string{"", "another"} {
		resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", key)
		var body struct{ Error struct{ Message string } }
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || resp.StatusCode != 401 || body.Error.Message == "" {
			t.Errorf("key %q: got %d %v %v", key, resp.StatusCode, body, err)
		}
	}

	resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", "the-gateway-key")
	if typ := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || !strings.HasPrefix(typ, "text/event-stream") {
		t.Fatalf("got %d %s", resp.StatusCode, typ)
	}
	var first, last time.Time
	text := ""
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		if last = time.Now(); first.IsZero() {
			first = last
		}
		text += s.Text() + "\n"
	}
	if !strings.HasSuffix(text, "data: [DONE]\n\n") || strings.Count(text, "data: ") < 8 {
		t.Errorf("stream:\n%s", text)
	}
	if spread := last.Sub(first); spread < 100*time.Millisecond {
		t.Errorf("the stream came within %v: it was buffered", spread)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := e.Idle(ctx); err != nil {
		t.Error(err)
	}
	for _, r := range e.Reports() {
		if r.Status != "success" {
			t.Errorf("%s\n%s", r, log)
		}
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("the secret was read %d times", n)
	}
	if strings.Contains(log.String(), "the-gateway-key") {
		t.Errorf("the key is in the log:\n%s", log)
	}
}

func TestSecretThatCannotBeReadIs503(t *testing.T) {
	t.Parallel()
	url, _ := secrets(t, "id", "")
	e, _ := start(t, "SLUICE_KEY_SECRET=id", "AWS_ENDPOINT_URL="+url)
	resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat, "x-portkey-provider", "echo", "x-portkey-api-key", "the-gateway-key")
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 503 || strings.Contains(string(b), "not for you") {
		t.Errorf("got %d %s", resp.StatusCode, b)
	}
}

func TestFunctionDoesNotStart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ env, log string }{
		"without a key":        {"SLUICE_KEY=", "no gateway key"},
		"with a broken config": {`SLUICE_CONFIG={"retry":`, "default config"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, log := start(t, "SLUICE_KEY=the-gateway-key", tt.env)
			if resp := ask(t, "GET", e.URL+"/v1/models", ""); resp.StatusCode != 502 {
				t.Errorf("got %d", resp.StatusCode)
			}
			if !strings.Contains(log.String(), tt.log) {
				t.Errorf("no %q in the log:\n%s", tt.log, log)
			}
		})
	}
}

// Loopback is where the Runtime API is.
func TestLoopbackIsOutOfReach(t *testing.T) {
	t.Parallel()
	reached := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("loopback was reached") }))
	defer reached.Close()
	e, _ := start(t, "SLUICE_KEY=the-gateway-key")
	resp := ask(t, "POST", e.URL+"/v1/chat/completions", chat,
		"x-portkey-provider", "openai", "Authorization", "Bearer key", "x-portkey-custom-host", reached.URL, "x-portkey-api-key", "the-gateway-key")
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 {
		t.Errorf("got %d %s", resp.StatusCode, b)
	}
}

// The samples are for sam local invoke; here the emulator makes the events.
func TestSampleEventsAreRequestsThatTheGatewayKnows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	unknown := map[string]bool{"converse.json": true, "cookies.json": true, "transcription.json": true} // may be served one day
	e, _ := start(t, "SLUICE_KEY=not-the-key-in-the-samples")
	for _, file := range files {
		resp, name := replay(t, e, file), filepath.Base(file)
		if resp.StatusCode != 401 && (resp.StatusCode != 404 || !unknown[name]) {
			b, _ := io.ReadAll(resp.Body)
			t.Errorf("%s: got %d %s, want 401", name, resp.StatusCode, b)
		}
	}
	e, _ = start(t, "SLUICE_KEY=the-gateway-key")
	if resp := replay(t, e, "../../events/models.json"); resp.StatusCode != 200 {
		t.Errorf("models: got %d", resp.StatusCode)
	}
}

// replay sends the request that a sample was made of.
func replay(t *testing.T, e *lambdaemu.Emulator, file string) *http.Response {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var event struct {
		RawPath, RawQueryString, Body string
		IsBase64Encoded               bool
		Headers                       map[string]string
		RequestContext                struct{ HTTP struct{ Method string } }
	}
	if err := json.Unmarshal(b, &event); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	var header []string
	for name, value := range event.Headers {
		if name != "host" && name != "accept-encoding" {
			header = append(header, name, value)
		}
	}
	return ask(t, event.RequestContext.HTTP.Method, e.URL+event.RawPath+"?"+event.RawQueryString, string(body), header...)
}

// Without a Runtime API the same binary is a server.
func TestServesOnAPort(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	env := map[string]string{"SLUICE_KEY": "the-gateway-key", "PORT": "0"}
	printed := make(urlWriter, 1)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, func(name string) string { return env[name] }, io.Discard, printed) }()
	select {
	case err := <-ended:
		t.Fatal(err)
	case url := <-printed:
		if resp := ask(t, "GET", url+"/v1/models", "", "x-portkey-api-key", "the-gateway-key"); resp.StatusCode != 200 {
			t.Errorf("got %d", resp.StatusCode)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// urlWriter finds the URL that a server logs.
type urlWriter chan string

func (c urlWriter) Write(p []byte) (int, error) {
	if _, url, ok := strings.Cut(string(p), "url="); ok {
		c <- strings.TrimSpace(url)
	}
	return len(p), nil
}
