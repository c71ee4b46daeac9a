package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
)

// googleCloud is Cloud Storage and Vertex AI in one: objects are kept, jobs
// answer from a table.
type googleCloud struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]string // by bucket and key
	header  map[string]http.Header
	asked   string            // of the job API, last
	jobs    map[string]string // by method and path behind the location
}

const location = "/v1/projects/p/locations/us-central1"

func newGoogleCloud(t *testing.T) *googleCloud {
	t.Helper()
	g := &googleCloud{objects: map[string]string{}, header: map[string]http.Header{}, jobs: map[string]string{}}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		g.mu.Lock()
		defer g.mu.Unlock()
		rest, isJob := strings.CutPrefix(r.URL.Path, location)
		switch {
		case r.Header.Get("Authorization") != "Bearer ya29.t":
			w.WriteHeader(http.StatusUnauthorized)
		case err != nil: // broken off: nothing is kept
		case isJob:
			g.asked = r.Method + " " + rest + " " + string(body)
			answer, ok := g.jobs[r.Method+" "+rest]
			if !ok {
				w.WriteHeader(http.StatusNotFound)
				answer = `{"error":{"code":404,"message":"no such job","status":"NOT_FOUND"}}`
			}
			write(w, answer)
		case strings.HasPrefix(r.URL.Path, "/storage/v1/b/"):
			g.list(w, r)
		default:
			g.object(w, r, string(body))
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *googleCloud) list(w http.ResponseWriter, r *http.Request) {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/storage/v1/b/"), "/")
	out := json.NewWriter("{")
	out.Open("items", '[')
	for name := range g.objects {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			out.Open("", '{')
			out.Str("name", key)
			out.Close('}')
		}
	}
	out.Close(']')
	out.Close('}')
	_, _ = w.Write(out.B)
}

func (g *googleCloud) object(w http.ResponseWriter, r *http.Request, body string) {
	name := r.URL.Path[1:]
	if r.Method == http.MethodPut {
		g.objects[name], g.header[name] = body, r.Header
		return
	}
	content, ok := g.objects[name]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		write(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`)
		return
	}
	if r.Method == http.MethodDelete {
		delete(g.objects, name)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	for h, v := range g.header[name] {
		if strings.HasPrefix(h, "X-Goog-Meta-") {
			w.Header()[h] = v
		}
	}
	w.Header().Set("X-Goog-Stored-Content-Length", strconv.Itoa(len(content)))
	w.Header().Set("Last-Modified", "Tue, 10 Sep 2024 20:26:40 GMT")
	write(w, content)
}

func (g *googleCloud) last() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

func vertexGateway(t *testing.T, g *googleCloud) (*httptest.Server, []string) {
	t.Helper()
	h, err := gateway.New(gateway.Config{AllowLoopback: true, GoogleStorage: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	return front, []string{
		"X-Portkey-Provider", "vertex-ai", "Authorization", "Bearer ya29.t", "X-Portkey-Custom-Host", g.URL, "X-Portkey-Vertex-Project-Id", "p",
		"X-Portkey-Vertex-Region", "us-central1", "X-Portkey-Vertex-Storage-Bucket-Name", "b",
	}
}

func TestABatchOnVertexLooksLikeOpenAIs(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, model, job, row, result, missing string }{
		{
			"gemini", "gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash",
			`{"request":{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":9}},"requestId":"row-1"}`,
			`{"requestId":"row-1","request":{},"status":"","response":{"candidates":[{"content":{"role":"model","parts":[{"text":"Ho"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}}`,
			`{"requestId":"row-2","request":{},"status":"Bad Request: too long","response":{}}`,
		},
		{
			"claude", "anthropic.claude-sonnet-4", "publishers/anthropic/models/claude-sonnet-4",
			`{"custom_id":"row-1","request":{"anthropic_version":"vertex-2023-10-16","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}}`,
			`{"custom_id":"row-1","request":{},"response":{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4","content":[{"type":"text","text":"Ho"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}},"status":""}`,
			`{"custom_id":"row-2","request":{},"error":{"message":"Bad Request: too long"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGoogleCloud(t)
			front, headers := vertexGateway(t, g)
			body, contentType := form(t, []byte(batchRow("row-1", tt.model, "Hi")), "purpose", "batch")
			resp, uploaded := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "in/rows.jsonl")...)
			id := member(t, uploaded, "id")
			if resp.StatusCode != 200 || id != "gs%3A%2F%2Fb%2Fin%2Frows.jsonl" || !sameJSON(g.objects["b/in/rows.jsonl"], tt.row) {
				t.Fatalf("%d %s; kept %s", resp.StatusCode, uploaded, g.objects["b/in/rows.jsonl"])
			}
			job := `{"name":"projects/p/locations/us-central1/batchPredictionJobs/123","model":"` + tt.job + `","createTime":"2024-09-10T20:26:40.5Z","inputConfig":{"gcsSource":{"uris":["gs://b/in/rows.jsonl"]}},"state":"JOB_STATE_`
			g.jobs["POST /batchPredictionJobs"] = job + `PENDING"}`
			g.jobs["GET /batchPredictionJobs/123"] = job + `RUNNING","completionStats":{"successfulCount":"1","failedCount":"0","incompleteCount":"-1"}}`
			g.jobs["POST /batchPredictionJobs/123:cancel"] = `{}`
			_, created := ask(t, front, "POST", "/v1/batches", strings.NewReader(`{"input_file_id":"`+id+`","endpoint":"/v1/chat/completions","provider_options":{"labels":{"a":"b"},"model":"no"}}`), append(headers, "Content-Type", "application/json")...)
			asked := strings.TrimPrefix(g.last(), "POST /batchPredictionJobs ")
			if member(t, created, "id") != "123" || member(t, created, "status") != "validating" || member(t, asked, "model") != tt.job || member(t, asked, "labels", "a") != "b" ||
				member(t, asked, "inputConfig", "gcsSource", "uris", "0") != "gs://b/in/rows.jsonl" || member(t, asked, "outputConfig", "gcsDestination", "outputUriPrefix") != "gs://b/in/" {
				t.Errorf("created %s by %s", created, asked)
			}
			resp, got := ask(t, front, "GET", "/v1/batches/123/output", nil, headers...)
			if resp.StatusCode != 409 {
				t.Errorf("output of a batch that runs: %d %s", resp.StatusCode, got)
			}
			_, got = ask(t, front, "POST", "/v1/batches/123/cancel", nil, headers...)
			if member(t, got, "status") != "in_progress" || member(t, got, "created_at") != "1726000000" || member(t, got, "request_counts", "completed") != "1" || member(t, got, "request_counts", "total") != "1" {
				t.Errorf("canceled %s", got)
			}
			g.jobs["GET /batchPredictionJobs/123"] = job + `SUCCEEDED","outputInfo":{"gcsOutputDirectory":"gs://b/in/prediction-model-1"}}`
			g.objects["b/in/prediction-model-1/predictions.jsonl"] = tt.result + "\n" + tt.missing + "\n"
			_, got = ask(t, front, "GET", "/v1/batches/123", nil, headers...)
			output := member(t, got, "output_file_id")
			for _, path := range []string{"/v1/batches/123/output", "/v1/files/" + url.PathEscape(output) + "/content"} {
				resp, got = ask(t, front, "GET", path, nil, headers...)
				rows := strings.Split(strings.TrimSpace(got), "\n")
				if resp.StatusCode != 200 || len(rows) != 2 || member(t, rows[0], "custom_id") != "row-1" || !strings.Contains(rows[0], `"content":"Ho"`) || !strings.Contains(rows[0], `"total_tokens":5`) ||
					member(t, rows[1], "custom_id") != "row-2" || member(t, rows[1], "error", "message") != "Bad Request: too long" {
					t.Errorf("%s: %d %s", path, resp.StatusCode, got)
				}
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(strings.TrimSpace(a)), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && string(mustMarshal(x)) == string(mustMarshal(y))
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func TestFilesOnCloudStorage(t *testing.T) {
	t.Parallel()
	g := newGoogleCloud(t)
	front, headers := vertexGateway(t, g)
	body, contentType := form(t, []byte("\x00as it is"), "purpose", "upload")
	_, got := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType)...)
	id := member(t, got, "id")
	if _, got = ask(t, front, "GET", "/v1/files/"+id+"/content", nil, headers...); got != "\x00as it is" {
		t.Errorf("content %q", got)
	}
	if _, got = ask(t, front, "GET", "/v1/files/"+id, nil, headers...); member(t, got, "bytes") != "9" || member(t, got, "purpose") != "upload" || member(t, got, "created_at") != "1726000000" {
		t.Errorf("retrieved %s", got)
	}
	if _, got = ask(t, front, "DELETE", "/v1/files/"+id, nil, headers...); member(t, got, "deleted") != "true" || len(g.objects) != 0 {
		t.Errorf("deleted %s", got)
	}
	resp, got := ask(t, front, "GET", "/v1/files/"+id, nil, headers...)
	if resp.StatusCode != 404 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	for name, rows := range map[string]string{
		"line 2 of the file": batchRow("a", "gemini-2.5-flash", "x") + "\nnope", "rows for models of meta": batchRow("a", "meta/llama-4", "x"),
	} {
		body, contentType = form(t, []byte(rows), "purpose", "batch")
		resp, got = ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "bad.jsonl")...)
		if resp.StatusCode != 400 || !strings.Contains(got, name) || len(g.objects) != 0 {
			t.Errorf("%d %s; kept %v", resp.StatusCode, got, g.objects)
		}
	}
	body, contentType = form(t, []byte("x"), "purpose", "batch")
	resp, got = ask(t, front, "POST", "/v1/files", body, append(headers[:len(headers)-2:len(headers)-2], "Content-Type", contentType)...)
	if resp.StatusCode != 400 || !strings.Contains(got, "x-portkey-vertex-storage-bucket-name") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	resp, got = ask(t, front, "GET", "/v1/batches/9", nil, headers...)
	if resp.StatusCode != 404 || !strings.Contains(got, "no such job") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestFineTuningOnVertex(t *testing.T) {
	t.Parallel()
	g := newGoogleCloud(t)
	front, headers := vertexGateway(t, g)
	body, contentType := form(t, []byte(`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}`), "purpose", "fine-tune")
	_, got := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "t.jsonl")...)
	if !sameJSON(g.objects["b/t.jsonl"], `{"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"A"}]}]}`) {
		t.Errorf("kept %s", g.objects["b/t.jsonl"])
	}
	const job = `{"name":"projects/p/locations/us-central1/tuningJobs/55","state":"JOB_STATE_SUCCEEDED","createTime":"2024-09-10T20:26:40Z","baseModel":"gemini-2.5-flash",
		"tunedModel":{"model":"projects/p/models/1","endpoint":"projects/p/endpoints/2"},"supervisedTuningSpec":{"trainingDatasetUri":"gs://b/t.jsonl","hyperParameters":{"epochCount":"3","adapterSize":"ADAPTER_SIZE_ONE"}}}`
	g.jobs = map[string]string{"POST /tuningJobs": job, "GET /tuningJobs/55": job, "POST /tuningJobs/55:cancel": "{}", "GET /tuningJobs": `{"tuningJobs":[` + job + `],"nextPageToken":""}`}
	resp, _ := ask(t, front, "POST", "/v1/fine_tuning/jobs", strings.NewReader(`{"model":"gemini-2.5-flash","training_file":"`+member(t, got, "id")+`","suffix":"s","hyperparameters":{"n_epochs":3,"batch_size":2}}`), headers...)
	asked := strings.TrimPrefix(g.last(), "POST /tuningJobs ")
	if !sameJSON(asked, `{"baseModel":"gemini-2.5-flash","tunedModelDisplayName":"s","supervisedTuningSpec":{"trainingDatasetUri":"gs://b/t.jsonl","hyperParameters":{"epochCount":3}}}`) ||
		resp.Header.Get("X-Sluice-Dropped") != "hyperparameters.batch_size" {
		t.Errorf("asked %s; dropped %s", asked, resp.Header.Get("X-Sluice-Dropped"))
	}
	for method, path := range map[string]string{"GET": "/v1/fine_tuning/jobs/55", "POST": "/v1/fine_tuning/jobs/55/cancel"} {
		_, got = ask(t, front, method, path, nil, headers...)
		if member(t, got, "id") != "55" || member(t, got, "status") != "succeeded" || member(t, got, "fine_tuned_model") != "projects/p/endpoints/2" ||
			!strings.Contains(got, `"hyperparameters":{"n_epochs":3,"adapter_size":"ADAPTER_SIZE_ONE"}`) {
			t.Errorf("%s %s", method, got)
		}
	}
	if _, got = ask(t, front, "GET", "/v1/fine_tuning/jobs", nil, headers...); !strings.Contains(got, `"object":"fine_tuning.job"`) {
		t.Errorf("listed %s", got)
	}
	if resp, got = ask(t, front, "GET", "/v1/fine_tuning/jobs/55/events", nil, headers...); resp.StatusCode != 400 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
