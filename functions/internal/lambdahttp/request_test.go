package lambdahttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// sample reads one of the events that are also there for sam local invoke.
func sample(t *testing.T, name string) *events.LambdaFunctionURLRequest {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e events.LambdaFunctionURLRequest
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return &e
}

func TestSampleEventsBecomeTheRequestsThatWereSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		event  string
		method string
		uri    string
		path   string // decoded
		header map[string]string
	}{
		{"chat", "POST", "/v1/chat/completions", "/v1/chat/completions",
			map[string]string{"X-Portkey-Api-Key": "the-gateway-key", "Authorization": "Bearer an-openai-key"}},
		{"chat-stream", "POST", "/v1/chat/completions", "/v1/chat/completions",
			map[string]string{"Accept": "text/event-stream"}},
		{"messages", "POST", "/v1/messages?beta=true", "/v1/messages",
			map[string]string{"Anthropic-Beta": "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14"}},
		{"transcription", "POST", "/v1/audio/transcriptions", "/v1/audio/transcriptions",
			map[string]string{"Content-Type": "multipart/form-data; boundary=----------------------------735323031399963166993862"}},
		{"models", "GET", "/v1/models", "/v1/models", nil},
		{"converse", "POST",
			"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3d4e5f6/converse",
			"/model/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6/converse", nil},
		{"cookies", "GET", "/console/?tab=logs&filter=a%20b&filter=c", "/console/",
			map[string]string{"Cookie": "session=abc=123; theme=dark"}},
	}
	files, err := filepath.Glob("../../../events/*.json")
	if err != nil || len(files) != len(tests) {
		t.Errorf("there are %d events and %d tests of them (%v)", len(files), len(tests), err)
	}
	for _, tt := range tests {
		t.Run(tt.event, func(t *testing.T) {
			t.Parallel()
			r, err := newRequest(sample(t, tt.event))
			if err != nil {
				t.Fatal(err)
			}
			if r.Method != tt.method || r.RequestURI != tt.uri || r.URL.RequestURI() != tt.uri || r.URL.Path != tt.path {
				t.Errorf("got %s %q (%q, path %q), want %s %q, path %q", r.Method, r.RequestURI, r.URL.RequestURI(), r.URL.Path, tt.method, tt.uri, tt.path)
			}
			b, err := io.ReadAll(r.Body)
			if want := cmp.Or(r.Header.Get("Content-Length"), "0"); err != nil || fmt.Sprint(len(b)) != want || fmt.Sprint(r.ContentLength) != want {
				t.Errorf("body of %d bytes, length %d (%v), want %s", len(b), r.ContentLength, err, want)
			}
			for name, want := range tt.header {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if r.RemoteAddr != "203.0.113.7:0" || r.Host != "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws" || r.Header.Get("Host") != "" {
				t.Errorf("from %q to %q, header %q", r.RemoteAddr, r.Host, r.Header.Get("Host"))
			}
		})
	}
}

func TestMultipartBodyIsIntact(t *testing.T) {
	t.Parallel()
	r, err := newRequest(sample(t, "transcription"))
	if err != nil {
		t.Fatal(err)
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(file)
	if err != nil || head.Filename != "tone.wav" || !bytes.HasSuffix(b, []byte("\x80\xda\xff\xda\x80\x25\x00\x25")) {
		t.Errorf("file %q is %q (%v)", head.Filename, b, err)
	}
	if got := r.FormValue("model"); got != "whisper-1" {
		t.Errorf("model: got %q", got)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		edit    func(e *events.LambdaFunctionURLRequest)
		uri     string
		wantErr bool
	}{
		{"no path", func(e *events.LambdaFunctionURLRequest) { e.RawPath = "" }, "/", false},
		{"two slashes are no host", func(e *events.LambdaFunctionURLRequest) { e.RawPath = "//evil.example/v1" }, "//evil.example/v1", false},
		{"a decoded question mark stays in the path", func(e *events.LambdaFunctionURLRequest) {
			e.RawPath, e.RawQueryString = "/a?b#c", "d=e"
		}, "/a%3Fb%23c?d=e", false},
		{"a decoded space", func(e *events.LambdaFunctionURLRequest) { e.RawPath = "/a b" }, "/a b", false},
		{"a full URL", func(e *events.LambdaFunctionURLRequest) { e.RawPath = "relative" }, "", true},
		{"broken escape", func(e *events.LambdaFunctionURLRequest) { e.RawPath = "/%zz" }, "", true},
		{"broken base64", func(e *events.LambdaFunctionURLRequest) { e.Body, e.IsBase64Encoded = "***", true }, "", true},
		{"not HTTP", func(e *events.LambdaFunctionURLRequest) { *e = events.LambdaFunctionURLRequest{} }, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := sample(t, "models")
			tt.edit(e)
			r, err := newRequest(e)
			if (err != nil) != tt.wantErr {
				t.Fatalf("error %v, want one: %v", err, tt.wantErr)
			}
			if err == nil && (r.RequestURI != tt.uri || r.Host != e.RequestContext.DomainName || r.URL.Host != "") {
				t.Errorf("got %q at %q (%q), want %q", r.RequestURI, r.Host, r.URL.Host, tt.uri)
			}
		})
	}
}

func TestIPv6AddressCanBeSplit(t *testing.T) {
	t.Parallel()
	e := sample(t, "models")
	e.RequestContext.HTTP.SourceIP = "2001:db8::7"
	r, err := newRequest(e)
	if err != nil || r.RemoteAddr != "[2001:db8::7]:0" {
		t.Errorf("got %q, %v", r.RemoteAddr, err)
	}
}

func TestEventThatIsNoRequestIsRefused(t *testing.T) {
	t.Parallel()
	h := Adapt(http.NotFoundHandler(), Options{})
	for name, e := range map[string]*events.LambdaFunctionURLRequest{"null": nil, "empty": {}} {
		resp, err := h(t.Context(), e)
		if err != nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %v, %v, want 400", name, resp, err)
		}
		if b, _ := io.ReadAll(resp.Body); !json.Valid(b) {
			t.Errorf("%s: body %q is not JSON", name, b)
		}
	}
}

func FuzzRequest(f *testing.F) {
	files, _ := filepath.Glob("../../../events/*.json")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"rawPath":"//","headers":{"":"","\n":"x"},"cookies":[""],"requestContext":{"http":{"method":"G"}},"body":"=","isBase64Encoded":true}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var e events.LambdaFunctionURLRequest
		if json.Unmarshal(b, &e) != nil {
			return
		}
		r, err := newRequest(&e)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || int64(len(body)) != r.ContentLength {
			t.Errorf("read %d bytes, %v, of %d", len(body), err, r.ContentLength)
		}
	})
}
