package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sluice/functions/internal/outputtest"
	"strings"
	"testing"
	"time"
)

// start runs the server until the test ends.
func start(t *testing.T, env map[string]string, args ...string) (url string, stdout, stderr *outputtest.Output) {
	t.Helper()
	stdout, stderr = &outputtest.Output{}, &outputtest.Output{}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	args = append([]string{"--listen", "127.0.0.1:0", "--data", t.TempDir()}, args...)
	go func() { ended <- run(ctx, args, func(k string) string { return env[k] }, stdout, stderr) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	listens := regexp.MustCompile(`listens on (http://\S+)/v1`)
	for range 500 {
		if m := listens.FindStringSubmatch(stderr.String()); m != nil {
			return m[1], stdout, stderr
		}
		select {
		case err := <-ended:
			ended <- nil
			t.Fatalf("the server did not start: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("the server never said that it listens: %s", stderr)
	return "", nil, nil
}

const hello = `{"model":"echo","stream":true,"messages":[{"role":"user","content":"hi"}]}`

func post(t *testing.T, url, body string, headers map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range headers {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
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

var echo = map[string]string{"X-Portkey-Provider": "echo"}

func TestANewcomerSeesAStreamedAnswer(t *testing.T) {
	t.Parallel()
	url, stdout, stderr := start(t, map[string]string{"SLUICE_LOG_LINES": "always"})
	if !strings.Contains(stderr.String(), "curl -N "+url+"/v1/chat/completions") {
		t.Errorf("no curl to try in\n%s", stderr)
	}
	status, body := post(t, url+"/v1/chat/completions", hello, echo)
	if status != http.StatusOK || strings.Count(body, "data: {") < 3 || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("%d %s", status, body)
	}
	status, body = post(t, url+"/v1/messages", strings.Replace(hello, `"stream"`, `"max_tokens":99,"stream"`, 1), echo)
	if status != http.StatusOK || !strings.Contains(body, "event: message_stop") {
		t.Errorf("%d %s", status, body)
	}
	for range 200 {
		if strings.Count(stdout.String(), "\n") == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	var record struct{ Provider, Operation string }
	line, _, _ := strings.Cut(stdout.String(), "\n")
	if err := json.Unmarshal([]byte(line), &record); err != nil || record.Provider != "echo" || record.Operation != "chatComplete" {
		t.Errorf("record %s, %v", line, err)
	}
}

func TestWithoutAKeyOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, nil)
	tests := []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"a program", nil, 200},
		{"a page of this machine", map[string]string{"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-origin"}, 200},
		{"a name that was made to resolve here", map[string]string{"Host": "evil.example"}, 403},
		{"a page of another site", map[string]string{"Origin": "https://evil.example"}, 403},
		{"a request across sites", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a page without an origin", map[string]string{"Origin": "null"}, 403},
		{"localhost", map[string]string{"Host": "localhost:8787"}, 200},
		{"the IPv6 loopback", map[string]string{"Host": "[::1]:8787"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			headers := map[string]string{"X-Portkey-Provider": "echo"}
			for k, v := range tt.headers {
				headers[k] = v
			}
			if status, body := post(t, url+"/v1/chat/completions", hello, headers); status != tt.want {
				t.Errorf("%d, want %d: %s", status, tt.want, body)
			}
		})
	}
}

func TestWithAKeyEveryRequestNeedsIt(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, map[string]string{"SLUICE_KEY": "the-key"})
	tests := []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"none", nil, 401},
		{"wrong", map[string]string{"X-Portkey-Api-Key": "the-kez"}, 401},
		{"wrong, with the right one elsewhere", map[string]string{"X-Portkey-Api-Key": "no", "Authorization": "Bearer the-key"}, 401},
		{"in its own header", map[string]string{"X-Portkey-Api-Key": "the-key"}, 200},
		{"as a bearer", map[string]string{"Authorization": "Bearer the-key"}, 200},
		{"as Anthropic's SDK sends it", map[string]string{"X-Api-Key": "the-key"}, 200},
		{"from elsewhere", map[string]string{"X-Portkey-Api-Key": "the-key", "Host": "gateway.example"}, 200},
	}
	for _, path := range []string{"/v1/chat/completions", "/v1/messages"} {
		for _, tt := range tests {
			t.Run(path+" "+tt.name, func(t *testing.T) {
				headers := map[string]string{"X-Portkey-Provider": "echo"}
				for k, v := range tt.headers {
					headers[k] = v
				}
				status, body := post(t, url+path, strings.Replace(hello, `"stream"`, `"max_tokens":9,"stream"`, 1), headers)
				if status != tt.want {
					t.Errorf("%d, want %d: %s", status, tt.want, body)
				}
				if dialect := strings.HasPrefix(body, `{"type":"error"`); status == 401 && dialect != (path == "/v1/messages") {
					t.Errorf("not in the dialect of the route: %s", body)
				}
			})
		}
	}
}

func TestSettingsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(bad, []byte(`{"strategy":{"mode":"no"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"open beyond loopback", []string{"--listen", "0.0.0.0:0"}, nil, "SLUICE_KEY"},
		{"open on every address", []string{"--listen", ":0"}, nil, "SLUICE_KEY"},
		{"no port", []string{"--listen", "127.0.0.1"}, nil, "listen address"},
		{"a config that is no file", nil, map[string]string{"SLUICE_CONFIG": "/does/not/exist"}, "SLUICE_CONFIG"},
		{"a config that is wrong", nil, map[string]string{"SLUICE_CONFIG": bad}, "default config"},
		{"a trusted host that is none", nil, map[string]string{"SLUICE_TRUSTED_HOSTS": "a b"}, "trusted host"},
		{"a model of meanings without a name", nil, map[string]string{"SLUICE_SEMANTIC": `{"provider":"openai"}`}, "semantic cache: it needs a provider and a model"},
		{"an unknown store", []string{"--store", "azure"}, nil, `want file or aws`},
		{"a store on AWS without tables", nil, map[string]string{"SLUICE_STORE": "aws", "AWS_DEFAULT_REGION": "us-east-1"},
			"not set: STATE_TABLE, DATA_TABLE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"},
		{"a collector that speaks gRPC", nil, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "HTTP only"},
		{"an argument", []string{"serve"}, nil, "unexpected argument"},
		{"an unknown flag", []string{"--lisen", "x"}, nil, "flag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
			defer stop()
			args := append([]string{"--data", t.TempDir()}, tt.args...)
			err := run(ctx, args, func(k string) string { return tt.env[k] }, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestTheDefaultConfigServesWhoNamesNoTarget(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, map[string]string{"SLUICE_CONFIG": `{"provider":"echo"}`})
	if status, body := post(t, url+"/v1/chat/completions", hello, nil); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func TestAModelMayNameItsProvider(t *testing.T) {
	t.Parallel()
	url, _, _ := start(t, nil)
	if status, body := post(t, url+"/v1/chat/completions", strings.Replace(hello, `"echo"`, `"@echo/echo"`, 1), nil); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

// linesAlways is an environment in which each record is a line as well.
func linesAlways(name string) string {
	if name == "SLUICE_LOG_LINES" {
		return "always"
	}
	return ""
}

func TestARunningStreamEndsBeforeTheProcess(t *testing.T) {
	t.Parallel()
	stdout, stderr := &outputtest.Output{}, &outputtest.Output{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--data", t.TempDir()}, linesAlways, stdout, stderr)
	}()
	var url string
	for url == "" {
		time.Sleep(5 * time.Millisecond)
		if m := regexp.MustCompile(`listens on (http://\S+)/v1`).FindStringSubmatch(stderr.String()); m != nil {
			url = m[1]
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(hello))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Portkey-Provider", "echo")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stop() // the first frame is here, the last is not
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasSuffix(string(body), "data: [DONE]\n\n") {
		t.Errorf("the stream was cut: %v\n%s", err, body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(stdout.String(), `"operation":"chatComplete"`) {
		t.Errorf("no record was written before the end: %q", stdout)
	}
}
