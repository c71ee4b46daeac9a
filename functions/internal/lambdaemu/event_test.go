package lambdaemu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	const path, query = "/a%2Fb/%E4%BD%A0", "x=1&y=a%20b&x=2&%zz"
	r := httptest.NewRequest("POST", path+"?"+query, nil)
	r.RemoteAddr = "203.0.113.7:1234"
	r.Header = http.Header{
		"X-Twice":         {"1", "2"},
		"Cookie":          {"a=1; b=2", "c=3"},
		"Connection":      {"keep-alive"},
		"X-Forwarded-For": {"10.0.0.1"},
		"Content-Type":    {"application/json"},
	}
	b, err := newEvent("3f0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c2d", r, []byte(`{"a":"<&>"}`))
	if err != nil {
		t.Fatal(err)
	}
	var e event
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	want := event{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: query,
		QueryStringParameters: map[string]string{"x": "1,2", "y": "a b"},
		Cookies:               []string{"a=1", "b=2", "c=3"},
		Headers: map[string]string{
			"host": domain, "x-twice": "1,2", "cookie": "a=1; b=2,c=3", "content-type": "application/json", "x-forwarded-for": "10.0.0.1,203.0.113.7",
			"x-forwarded-port": "443", "x-forwarded-proto": "https", "x-amzn-trace-id": "Root=1-3f0b1c2d-3e4f4a5b8c6d7e8f9a0b1c2d",
		},
		RequestContext: e.RequestContext,
		Body:           `{"a":"<&>"}`,
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got\n%+v\nwant\n%+v", e, want)
	}
	if got, want := e.RequestContext.HTTP, (contextHTTP{"POST", path, "HTTP/1.1", "203.0.113.7", ""}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBodiesThatAreNotPlainTextAreBase64(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ, encoding, body string
		text                bool
	}{
		{"application/json", "", "{}", true},
		{"application/json; charset=utf-8", "", "{}", true},
		{"application/problem+json", "", "{}", true},
		{"application/xml", "", "<a/>", true},
		{"text/plain", "", "a", true},
		{"application/javascript", "", "a", true},
		{"application/json", "gzip", "{}", false},
		{"application/json", "", "\xff", false},
		{"application/x-www-form-urlencoded", "", "a=b", false},
		{"multipart/form-data; boundary=x", "", "--x", false},
		{"audio/wav", "", "RIFF", false},
		{"", "", "a", false},
	}
	for _, tt := range tests {
		h := http.Header{"Content-Type": {tt.typ}}
		if tt.encoding != "" {
			h.Set("Content-Encoding", tt.encoding)
		}
		if got := isText(h, []byte(tt.body)); got != tt.text {
			t.Errorf("%q, %q, %q: text is %v, want %v", tt.typ, tt.encoding, tt.body, got, tt.text)
		}
	}
}

func TestRequestsReachTheHandlerIntact(t *testing.T) {
	t.Parallel()
	e := start(t, Config{Env: []string{"FROM_TEMPLATE=yes", "AWS_REGION=eu-central-1"}, Name: "fn"})

	t.Run("multipart body", func(t *testing.T) {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, _ := w.CreateFormFile("file", "tone.wav")
		for i := range 1 << 20 {
			part.Write([]byte{byte(i), byte(i >> 8)})
		}
		w.Close()
		resp, body := ask(t, e, "POST", "/echo", form.String(), "Content-Type", w.FormDataContentType())
		if body != form.String() || resp.Header.Get("X-Length") != fmt.Sprint(form.Len()) || resp.Header.Get("X-Remote") != "127.0.0.1:0" {
			t.Errorf("%d of %d bytes came back, headers %v", len(body), form.Len(), resp.Header)
		}
	})
	t.Run("escaped path", func(t *testing.T) {
		const path = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse"
		if _, body := ask(t, e, "POST", path, "{}"); body != "arn:aws:bedrock:us-east-1:1:inference-profile/x "+path {
			t.Errorf("got %q", body)
		}
	})
	t.Run("cookies", func(t *testing.T) {
		resp, body := ask(t, e, "GET", "/cookies", "", "Cookie", "a=x=1; b=y")
		if got := fmt.Sprint(resp.Header["Set-Cookie"]); got != "[a=X=1 b=Y]" || body != `["a=x=1; b=y"]` {
			t.Errorf("got %s, %s", got, body)
		}
	})
	t.Run("environment", func(t *testing.T) {
		for name, want := range map[string]string{
			"AWS_LAMBDA_FUNCTION_NAME": "fn", "_HANDLER": "bootstrap", "FROM_TEMPLATE": "yes", "AWS_REGION": "eu-central-1", "TZ": ":UTC", "HOME": "",
		} {
			if _, body := ask(t, e, "GET", "/env?name="+name, ""); strings.TrimPrefix(body, "{}") != want {
				t.Errorf("%s: got %q, want %q", name, body, want)
			}
		}
	})
}

func TestEventsOver6MBAreRefused(t *testing.T) {
	t.Parallel()
	e := start(t, Config{})
	tests := []struct {
		name, typ string
		size      int
		status    int
	}{
		{"text that fits", "text/plain", 6<<20 - 2000, 200},
		{"text that does not", "text/plain", 6<<20 - 100, 413},
		{"binary that fits", "audio/wav", 4_700_000, 200},
		{"binary that does not", "audio/wav", 4_720_000, 413},
		{"far too much", "text/plain", 8 << 20, 413},
	}
	served := 0
	for _, tt := range tests {
		resp, body := ask(t, e, "POST", "/echo", strings.Repeat("x", tt.size), "Content-Type", tt.typ)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: got %d %.100q, want %d", tt.name, resp.StatusCode, body, tt.status)
		}
		if tt.status == 200 {
			served++
		} else if want := `{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}`; body != want {
			t.Errorf("%s: got %q, want %q", tt.name, body, want)
		}
	}
	idle(t, e)
	if n := len(e.Reports()); n != served {
		t.Errorf("%d invocations, want %d", n, served)
	}
}
