package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// relayCall sends a request as it is to a gateway in front of up.
func relayCall(t *testing.T, method, path, contentType string, body []byte, upstream http.HandlerFunc, headers ...string) (*http.Response, []byte, error) {
	t.Helper()
	front, up := serve(t, gateway.Config{}, upstream)
	req, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	req.Header.Set("X-Portkey-Provider", "openai")
	req.Header.Set("X-Portkey-Custom-Host", up.URL)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return resp, got, err
}

func TestOtherPathsAreHandedOnAsTheyAre(t *testing.T) {
	t.Parallel()
	binary := []byte{0, 1, 2, 0xff, 0xfe, '\r', '\n', 0}
	tests := []struct{ name, method, path, contentType, want string }{
		{"an array stays one", "POST", "/v1/new/thing?x=1&y=%2F", "application/json", "POST /new/thing?x=1&y=%2F"},
		{"escapes stay", "GET", "/v1/models/ft%3Agpt%2Fx", "", "GET /models/ft%3Agpt%2Fx"},
		{"the older prefix", "POST", "/v1/proxy/moderations", "application/json", "POST /moderations"},
		{"any method", "PUT", "/v1/thing", "application/octet-stream", "PUT /thing"},
		{"with a body", "DELETE", "/v1/thing", "text/plain", "DELETE /thing"},
		{"a slash at the end", "PATCH", "/v1/thing/", "application/json", "PATCH /thing/"},
		{"multipart", "POST", "/v1/files", "multipart/form-data; boundary=x", "POST /files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen, sent string
			resp, got, err := relayCall(t, tt.method, tt.path, tt.contentType, binary, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				seen, sent = r.Method+" "+r.URL.RequestURI(), string(body)+r.Header.Get("Content-Type")
				w.Header().Set("Content-Type", "image/png")
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write(binary)
			})
			if err != nil || seen != tt.want || sent != string(binary)+tt.contentType {
				t.Errorf("upstream saw %q with %q, %v; want %q", seen, sent, err, tt.want)
			}
			if resp.StatusCode != http.StatusCreated || resp.Header.Get("Content-Type") != "image/png" || !bytes.Equal(got, binary) {
				t.Errorf("client got %d %s %q", resp.StatusCode, resp.Header.Get("Content-Type"), got)
			}
		})
	}
}

func TestRelayedHeadersAreChosen(t *testing.T) {
	t.Parallel()
	var seen http.Header
	_, _, err := relayCall(t, "POST", "/v1/threads", "application/json", []byte("{}"), func(w http.ResponseWriter, r *http.Request) { seen = r.Header },
		"Openai-Beta", "assistants=v2", "X-Mine", "1", "Cookie", "c=1", "X-Forwarded-For", "1.2.3.4", "X-Portkey-Metadata", "{}", "X-Amz-Date", "x", "X-Api-Key", "other")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Openai-Beta": "assistants=v2", "X-Mine": "1", "Authorization": "Bearer k", "Content-Type": "application/json",
		"Cookie": "", "X-Forwarded-For": "", "X-Portkey-Metadata": "", "X-Portkey-Provider": "", "X-Amz-Date": "", "X-Api-Key": "",
	} {
		if got := seen.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestRelayedErrorsAreTheProvidersOwn(t *testing.T) {
	t.Parallel()
	resp, got, err := relayCall(t, "GET", "/v1/thing", "", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusTeapot)
		write(w, `{"odd":"form"}`)
	})
	if err != nil || resp.StatusCode != http.StatusTeapot || string(got) != `{"odd":"form"}` || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %s %v", resp.StatusCode, resp.Header.Get("Content-Type"), got, err)
	}
}

func TestARelayedBodyThatIsCutDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	_, got, err := relayCall(t, "GET", "/v1/thing", "", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		write(w, "half")
		panic(http.ErrAbortHandler)
	})
	if err == nil {
		t.Errorf("the client took %q for the whole", got)
	}
}

func TestPathsCannotLeaveTheirPlace(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/../admin", "/v1/%2e%2e/admin", "/v1/a/%2E./b", "/v1/a\\..\\b", "/v1/proxy/../x"} {
		called := false
		resp, got, _ := relayCall(t, "GET", path, "", nil, func(http.ResponseWriter, *http.Request) { called = true })
		if called || resp.StatusCode/100 != 4 {
			t.Errorf("%s: %d %s, called %t", path, resp.StatusCode, got, called)
		}
	}
	resp, _, _ := relayCall(t, "GET", "/v1/realtime", "", nil, func(http.ResponseWriter, *http.Request) {})
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("a WebSocket's path: %d", resp.StatusCode)
	}
}

func TestOverridesReachRelayedJSON(t *testing.T) {
	t.Parallel()
	var sent []byte
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) { sent, _ = io.ReadAll(r.Body) })
	config := fmt.Sprintf(`{"provider":"openai","api_key":"k","custom_host":%q,"override_params":{"model":"forced"}}`, up.URL)
	if status, body := post(t, front, "/v1/new/thing", `{"input": "x"}`, map[string]string{"X-Portkey-Config": config}); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if got := strings.TrimSpace(string(sent)); got != `{"input": "x","model":"forced"}` {
		t.Errorf("sent %s", got)
	}
}
