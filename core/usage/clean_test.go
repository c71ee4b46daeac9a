package usage

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"sluice/core/internal/redact"
)

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
		"https://me:pass@x.example/v1?key=k&a=b":   "https://***@x.example/v1?key=***&a=b",
	}
	for in, want := range tests {
		if got := c.url(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestACutBodyEndsBeforeASecretThatBeginsInIt(t *testing.T) {
	t.Parallel()
	c := cleaner{secrets: redact.New("CANARY-0123")}
	b := c.body(Body{Type: "text/plain", Bytes: []byte("one CANARY-0123 two CANARY-01"), Size: 100})
	if string(b.Bytes) != "one *** two " || !b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
	b = c.body(Body{Type: "text/plain", Bytes: []byte("one CANARY-0123 two CANARY-01"), Size: 29})
	if string(b.Bytes) != "one *** two CANARY-01" || b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
	b = c.body(Body{Type: "application/x-www-form-urlencoded", Bytes: []byte("client_secret=k&a=" + strings.Repeat("b", 9)), Size: 27})
	if string(b.Bytes) != "client_secret=***&a=bbbbbbbbb" || b.Cut() {
		t.Errorf("got %q of %d", b.Bytes, b.Size)
	}
}

// TestWhatIsCleanIsKnown: an exchange is clean if Clean has made it, whatever
// whoever has made another one says of it.
func TestWhatIsCleanIsKnown(t *testing.T) {
	t.Parallel()
	x := Exchange{
		URL:    "/v1/x?key=CANARY-of-URL",
		Header: http.Header{"Authorization": {"Bearer CANARY-of-header"}, "X-Portkey-Config": {`{"api_key":"CANARY-of-config"}`}, "X-Portkey-Sensitive-Headers": {"x-a, X-B"}, "X-A": {"a"}, "X-C": {"c", "d"}},
		Body:   Body{Bytes: []byte("CANARY-of-URL CANARY-of-header CANARY-of-config CANARY-of-target CANARY")}, ResponseHeader: http.Header{"X-B": {"b"}, "X-C": {"CANARY-of-target"}},
	}
	clean := x.Clean(redact.New("CANARY-of-target"))
	if got := fmt.Sprint(clean.URL, clean.Header, string(clean.Body.Bytes), clean.ResponseHeader); got != "/v1/x?key=***map[X-C:[c d] X-Portkey-Config:[{\"api_key\":\"***\"}] X-Portkey-Sensitive-Headers:[x-a, X-B]]*** *** *** *** CANARYmap[X-C:[***]]" {
		t.Errorf("got %s", got)
	}
	if clean.Clean(redact.Secrets{}) != clean {
		t.Error("it was cleaned again")
	}
	if got := string(clean.Hide([]byte("CANARY-of-header, CANARY-of-target"))); got != "***, ***" {
		t.Errorf("unpacked is %s", got)
	}
	if x.clean || x.Header.Get("Authorization") == "" || !strings.Contains(string(x.Body.Bytes), "CANARY-of-config") {
		t.Error("the exchange itself was changed")
	}
	if got := fmt.Sprintf("%+v %#v", clean, clean); strings.Contains(got, "CANARY-") {
		t.Errorf("printed %s", got)
	}
}

// TestACleanHeaderIsKeptAsItIs: most answers have nothing to leave out.
func TestACleanHeaderIsKeptAsItIs(t *testing.T) {
	t.Parallel()
	c := cleaner{redact.New("CANARY-0123"), []string{"x-a"}}
	clean := http.Header{"X-C": {"c", "d"}, "Location": {"https://x.example/v1?v=1"}}
	if got := c.header(clean); reflect.ValueOf(got).Pointer() != reflect.ValueOf(clean).Pointer() {
		t.Error("it was copied")
	}
	for name, value := range map[string]string{"X-A": "a", "Set-Cookie": "a=b", "X-B": "CANARY-0123", "X-D": "https://me:pass@x.example"} {
		h := http.Header{"X-C": {"c", "d"}, name: {"x", value}}
		if got := fmt.Sprint(c.header(h)[name]); strings.Contains(got, value) || h[name][1] != value {
			t.Errorf("%s: %s, and the header itself is %v", name, got, h)
		}
	}
}
