package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sluice/core/internal/redact"
	"sluice/core/usage"
)

func TestWhereNothingIsKeptNothingIsCaptured(t *testing.T) { // alone: it counts allocations
	sinks := []usage.Sink{usage.NewLines(nil)}
	tests := []struct {
		name string
		c    Config
		head string
		kept bool
	}{
		{"by default", Config{Sinks: sinks}, "", false},
		{"none", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepNone}}, "true", false},
		{"nobody takes records", Config{Bodies: Bodies{Keep: usage.KeepFull}}, "", false},
		{"the client does not want it", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepFull}}, "false", false},
		{"full", Config{Sinks: sinks, Bodies: Bodies{Keep: usage.KeepFull}}, "", true},
	}
	for _, tt := range tests {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
		if tt.head != "" {
			r.Header.Set("X-Portkey-Debug", tt.head)
		}
		q := &request{api: &api{tt.c}, w: w, r: r}
		allocs := testing.AllocsPerRun(10, func() { q.w, q.seen = w, nil; q.capture() })
		if (q.w != http.ResponseWriter(w)) != tt.kept || (q.seen != nil) != tt.kept || !tt.kept && allocs > 0 {
			t.Errorf("%s: captured by %T, %v allocations", tt.name, q.w, allocs)
		}
	}
}

func TestWhatIsText(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "application/json", "application/json; charset=utf-8", "text/plain", "text/event-stream", "application/vnd.amazon.eventstream", "application/x-ndjson", "application/problem+json", "application/jsonl"} {
		if !isText(kind) {
			t.Errorf("%q is text", kind)
		}
	}
	for _, kind := range []string{"multipart/form-data; boundary=x", "audio/mpeg", "image/png", "image/png;x", "application/octet-stream", "application/pdf", "application/zip", ";;", "json"} {
		if isText(kind) {
			t.Errorf("%q is no text", kind)
		}
	}
}

func TestConfigsAreKeptWithoutTheirKeys(t *testing.T) {
	t.Parallel()
	c := cleaner{secrets: redact.New("CANARY-0123")}
	tests := []struct{ name, config, want string }{
		{"a key", `{"provider":"openai","api_key":"short"}`, `{"provider":"openai","api_key":"***"}`},
		{"in a target, in camel case", `{"targets":[{"apiKey":"k","weight":1.0},{"vertexServiceAccountJson":{"private_key":"k"}}]}`,
			`{"targets":[{"apiKey":"***","weight":1.0},{"vertexServiceAccountJson":"***"}]}`},
		{"of a wrong type", `{"api_key":["k",{"a":"k"}],"x":["CANARY-0123"]}`, `{"api_key":"***","x":["***"]}`},
		{"no JSON", `{"api_key":"k`, `***`},
		{"twice", `{"api_key":"k","api_key":"k"}`, `***`},
		{"an id", `pc-config-1`, `pc-config-1`},
		{"in a host", `{"custom_host":"https://me:pass@x.example/v1?key=k&v=1","b":"s://u@h"}`, `{"custom_host":"https://***@x.example/v1?key=***&v=1","b":"s://***@h"}`},
	}
	for _, tt := range tests {
		if got := c.value("X-Portkey-Config", tt.config); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestURLsAreKeptWithoutWhatIsSecret(t *testing.T) {
	t.Parallel()
	c := cleaner{secrets: redact.New("CANARY-0123")}
	tests := map[string]string{
		"/v1/models":                               "/v1/models",
		"/v1/a%2Fb?x=1&y":                          "/v1/a%2Fb?x=1&y",
		"/v1beta/models?KEY=k&alt=sse":             "/v1beta/models?KEY=***&alt=sse",
		"/v1/x?X-Amz-Date=1&X-Goog-Signature=2&se": "/v1/x?X-Amz-Date=***&X-Goog-Signature=***&se",
		"/v1/x?k%65y=k&%zz=1":                      "/v1/x?k%65y=***&%zz=***",
		"/v1/CANARY-0123/x?a=CANARY-0123":          "/v1/***/x?a=***",
	}
	for in, want := range tests {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.url(u); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestACutBodyEndsBeforeASecretThatBeginsInIt(t *testing.T) {
	t.Parallel()
	c := cleaner{secrets: redact.New("CANARY-0123")}
	b := c.body(usage.Body{Type: "text/plain", Bytes: []byte("one CANARY-0123 two CANARY-01"), Size: 100})
	if string(b.Bytes) != "one *** two " || !b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
	b = c.body(usage.Body{Type: "text/plain", Bytes: []byte("one CANARY-0123 two CANARY-01"), Size: 29})
	if string(b.Bytes) != "one *** two CANARY-01" || b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
	b = c.body(usage.Body{Type: "application/x-www-form-urlencoded", Bytes: []byte("client_secret=k&a=" + strings.Repeat("b", 9)), Size: 27})
	if string(b.Bytes) != "client_secret=***&a=bbbbbbbbb" || b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
}
