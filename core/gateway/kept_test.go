package gateway_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/core/gateway"
)

// ask sends a request to a gateway and returns what came back. Headers are
// names and values in turn.
func ask(t *testing.T, front *httptest.Server, method, path string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, front.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

// form is a multipart upload as SDKs send it.
func form(t *testing.T, file []byte, fields ...string) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "rows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(file)
	w.Close()
	return body, w.FormDataContentType()
}

func TestWhatIsKeptIsRelayedToOpenAIsPaths(t *testing.T) {
	t.Parallel()
	tests := []struct{ provider, host, method, path, want string }{
		{"openai", "/v1", "GET", "/v1/files?purpose=batch&key=SECRET&x-portkey-api-key=k", "GET /v1/files?purpose=batch"},
		{"openai", "/v1", "DELETE", "/v1/files/file-1", "DELETE /v1/files/file-1"},
		{"openai", "/v1", "GET", "/v1/files/file-1/content", "GET /v1/files/file-1/content"},
		{"openai", "/v1", "POST", "/v1/batches/b/cancel", "POST /v1/batches/b/cancel"},
		{"openai", "/v1", "GET", "/v1/fine_tuning/jobs/ft-1/events?limit=2", "GET /v1/fine_tuning/jobs/ft-1/events?limit=2"},
		{"openai", "/v1", "POST", "/v1/fine_tuning/jobs/ft-1/pause", "POST /v1/fine_tuning/jobs/ft-1/pause"},
		{"openai", "/v1", "GET", "/v1/fine_tuning/checkpoints/c/permissions", "GET /v1/fine_tuning/checkpoints/c/permissions"},
		{"openai", "/v1", "POST", "/v1/vector_stores/vs/files", "POST /v1/vector_stores/vs/files"},
		{"openai", "/v1", "POST", "/v1/uploads/u/parts", "POST /v1/uploads/u/parts"},
		{"openai", "/v1", "DELETE", "/v1/assistants/a", "DELETE /v1/assistants/a"},
		{"groq", "/openai/v1", "GET", "/v1/batches", "GET /openai/v1/batches"},
		{"together-ai", "", "GET", "/v1/files", "GET /v1/files"},
		{"azure-openai", "/openai", "GET", "/v1/files/f/content?key=SECRET", "GET /openai/files/f/content?api-version=2024-10-21"},
		{"azure-openai", "/openai", "GET", "/v1/fine_tuning/jobs/j/events?limit=1", "GET /openai/fine_tuning/jobs/j/events?api-version=2024-10-21&limit=1"},
	}
	for _, tt := range tests {
		t.Run(tt.provider+" "+tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			var seen string
			front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
				seen = r.Method + " " + r.URL.RequestURI()
				write(w, `{"ok":true}`)
			})
			resp, got := ask(t, front, tt.method, tt.path, nil, "Authorization", "Bearer k", "X-Portkey-Provider", tt.provider,
				"X-Portkey-Custom-Host", up.URL+tt.host, "X-Portkey-Azure-Api-Version", "2024-10-21")
			if seen != tt.want || resp.StatusCode != http.StatusOK || got != `{"ok":true}` {
				t.Errorf("upstream saw %q, want %q; client got %d %s", seen, tt.want, resp.StatusCode, got)
			}
		})
	}
}

func TestWhatAProviderIsKnownNotToHaveIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ provider, method, path, want string }{
		{"anthropic", "POST", "/v1/batches", "createBatch is not supported by anthropic: its batches are at /v1/messages/batches"},
		{"anthropic", "GET", "/v1/fine_tuning/jobs", "listFinetunes is not supported by anthropic"},
		{"google", "POST", "/v1/files", "uploadFile is not supported by google in OpenAI's form"},
		{"ollama", "GET", "/v1/files/f/content", "retrieveFileContent is not supported by ollama"},
		{"bedrock", "POST", "/v1/vector_stores", "proxy is not supported by bedrock"},
	}
	for _, tt := range tests {
		front, up := serve(t, gateway.Config{}, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
		resp, got := ask(t, front, tt.method, tt.path, strings.NewReader("{}"), "Authorization", "Bearer k",
			"X-Portkey-Provider", tt.provider, "X-Portkey-Custom-Host", up.URL, "User-Agent", "OpenAI/JS 6", "Content-Type", "application/json")
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(message(t, "/v1/chat/completions", got), tt.want) || !strings.Contains(got, `"error":{`) {
			t.Errorf("%s %s %s: %d %s", tt.provider, tt.method, tt.path, resp.StatusCode, got)
		}
	}
}

func TestBatchOutputComesFromTheSameTarget(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/batches/done":    `{"status":"completed","output_file_id":"f1","error_file_id":"e1"}`,
		"/batches/bad":     `{"status":"completed","output_file_id":null,"error_file_id":"e1"}`,
		"/batches/running": `{"status":"in_progress","output_file_id":null}`,
		"/batches/failed":  `{"status":"failed","errors":{"object":"list","data":[{"line":3,"message":"bad row"}]}}`,
	}
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if file, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok {
			w.Header().Set("Content-Type", "application/octet-stream")
			write(w, "content of "+file)
			return
		}
		if answers[r.URL.Path] == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		write(w, answers[r.URL.Path])
	})
	tests := []struct {
		batch  string
		status int
		want   string
	}{
		{"done", 200, "content of f1/content"},
		{"bad", 200, "content of e1/content"},
		{"running", 409, "its status is in_progress"},
		{"failed", 409, "bad row"},
		{"missing", 404, ""},
	}
	for _, tt := range tests {
		resp, got := ask(t, front, "GET", "/v1/batches/"+tt.batch+"/output", nil, "Authorization", "Bearer k",
			"X-Portkey-Provider", "openai", "X-Portkey-Custom-Host", up.URL)
		if resp.StatusCode != tt.status || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %d %s", tt.batch, resp.StatusCode, got)
		}
	}
}

// A body of a few kilobytes may be a gigabyte in truth.
func TestABodyThatGrowsIsRefused(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<10))
	}
	z.Close()
	front, _ := serve(t, gateway.Config{MaxBody: 1 << 20}, func(http.ResponseWriter, *http.Request) { t.Error("the provider was called") })
	resp, got := ask(t, front, "POST", "/v1/chat/completions", &bomb, "Content-Encoding", "gzip", "X-Portkey-Provider", "openai", "Authorization", "Bearer k")
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestUploadsOverTheLimitAreStreamedOnce(t *testing.T) {
	t.Parallel()
	file := bytes.Repeat([]byte{0, 0xff, '\r', '\n', 'x'}, 200_000)
	calls := 0
	var got []byte
	var contentType string
	front, up := serve(t, gateway.Config{MaxBody: 64 << 10}, func(w http.ResponseWriter, r *http.Request) {
		calls++
		contentType = r.Header.Get("Content-Type")
		got, _ = io.ReadAll(r.Body)
		if r.ContentLength != int64(len(got)) {
			t.Errorf("length %d, body %d", r.ContentLength, len(got))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	body, sent := form(t, file, "purpose", "batch")
	whole := bytes.Clone(body.Bytes())
	config := `{"strategy":{"mode":"fallback"},"retry":{"attempts":2},"targets":[{"provider":"openai","api_key":"k","custom_host":"` + up.URL +
		`"},{"provider":"groq","api_key":"k","custom_host":"` + up.URL + `"}]}`
	resp, _ := ask(t, front, "POST", "/v1/files", body, "X-Portkey-Config", config, "Content-Type", sent)
	if calls != 1 || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d calls, status %d", calls, resp.StatusCode)
	}
	if !bytes.Equal(got, whole) || contentType != sent {
		t.Errorf("%d bytes of %s arrived, %d of %s were sent", len(got), contentType, len(whole), sent)
	}
	if resp, answer := ask(t, front, "POST", "/v1/files", bytes.NewReader(whole), "X-Portkey-Provider", "openai", "Content-Type", "application/json"); resp.StatusCode != 413 {
		t.Errorf("JSON over the limit: %d %s", resp.StatusCode, answer)
	}
}
