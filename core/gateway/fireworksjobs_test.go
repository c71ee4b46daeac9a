package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
)

func TestJobsOnFireworks(t *testing.T) {
	t.Parallel()
	const job = `{"name":"accounts/acc/batchInferenceJobs/j1","model":"accounts/fireworks/models/m","inputDatasetId":"accounts/acc/datasets/in","outputDatasetId":"accounts/acc/datasets/out","createTime":"2024-09-10T20:26:40Z","jobProgress":{"totalInputRequests":2,"successfullyProcessedRequests":1,"failedRequests":1},"state":"JOB_STATE_`
	const tune = `{"name":"accounts/acc/supervisedFineTuningJobs/f1","baseModel":"accounts/fireworks/models/m","dataset":"accounts/acc/datasets/in","outputModel":"accounts/acc/models/mine","epochs":3,"createTime":"2024-09-10T20:26:40Z","state":"JOB_STATE_COMPLETED"}`
	var mu sync.Mutex
	asked := map[string]string{}
	answers := map[string]string{
		"POST /accounts/acc/datasets":                        `{}`,
		"GET /accounts/acc/datasets/out:getDownloadEndpoint": `{"filenameToSignedUrls":{"a.jsonl":"SELF/signed/a","b.jsonl":"SELF/signed/b"}}`,
		"GET /signed/a":                                    `{"custom_id":"1","response":{}}` + "\n",
		"GET /signed/b":                                    `{"custom_id":"2","response":{}}` + "\n",
		"PUT /signed/put":                                  ``,
		"POST /accounts/acc/batchInferenceJobs":            job + `CREATING"}`,
		"GET /accounts/acc/batchInferenceJobs/j1":          job + `COMPLETED"}`,
		"GET /accounts/acc/batchInferenceJobs/j2":          job + `RUNNING"}`,
		"POST /accounts/acc/supervisedFineTuningJobs":      tune,
		"GET /accounts/acc/supervisedFineTuningJobs/f1":    tune,
		"DELETE /accounts/acc/supervisedFineTuningJobs/f1": `{}`,
	}
	var up *httptest.Server
	front, up := serve(t, gateway.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		name := r.Method + " " + r.URL.Path
		asked[name] = string(body)
		if auth := r.Header.Get("Authorization"); (auth == "Bearer k") == strings.HasPrefix(r.URL.Path, "/signed/") {
			t.Errorf("%s was sent with %q", name, auth)
		}
		answer, ok := answers[name]
		if rest, found := strings.CutPrefix(r.URL.Path, "/accounts/acc/datasets/sluice-"); found {
			_, verb, _ := strings.Cut(rest, ":")
			answer, ok = map[string]string{
				"getUploadEndpoint": `{"filenameToSignedUrls":{"rows.jsonl":"SELF/signed/put"}}`, "validateUpload": `{}`,
				"": `{"name":"accounts/acc/datasets/sluice-x","displayName":"rows.jsonl","createTime":"2024-09-10T20:26:40Z"}`,
			}[verb], true
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		write(w, strings.ReplaceAll(answer, "SELF", up.URL))
	})
	headers := []string{"X-Portkey-Provider", "fireworks-ai", "Authorization", "Bearer k", "X-Portkey-Custom-Host", up.URL, "X-Portkey-Fireworks-Account-Id", "acc"}

	body, contentType := form(t, []byte(batchRow("1", "m", "Hi")), "purpose", "batch")
	resp, got := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType)...)
	const rows = `{"custom_id":"1","body":{"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}}` + "\n"
	if resp.StatusCode != 200 || !strings.HasPrefix(member(t, got, "id"), "sluice-") || asked["PUT /signed/put"] != rows || member(t, asked["POST /accounts/acc/datasets"], "dataset", "exampleCount") != "1" {
		t.Errorf("%d %s; sent %q", resp.StatusCode, got, asked)
	}
	body, contentType = form(t, []byte("{}\nnope"), "purpose", "fine-tune")
	if resp, got = ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType)...); resp.StatusCode != 400 || !strings.Contains(got, "line 2 of the file") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}

	_, got = ask(t, front, "POST", "/v1/batches", strings.NewReader(`{"input_file_id":"in","model":"accounts/fireworks/models/m","endpoint":"/v1/chat/completions"}`), headers...)
	if member(t, got, "id") != "j1" || member(t, got, "status") != "validating" || member(t, asked["POST /accounts/acc/batchInferenceJobs"], "inputDatasetId") != "accounts/acc/datasets/in" {
		t.Errorf("created %s by %s", got, asked["POST /accounts/acc/batchInferenceJobs"])
	}
	_, got = ask(t, front, "GET", "/v1/batches/j1", nil, headers...)
	if member(t, got, "output_file_id") != "out" || member(t, got, "status") != "completed" || member(t, got, "request_counts", "total") != "2" {
		t.Errorf("retrieved %s", got)
	}
	for _, path := range []string{"/v1/batches/j1/output", "/v1/files/out/content"} {
		if _, got = ask(t, front, "GET", path, nil, headers...); got != answers["GET /signed/a"]+answers["GET /signed/b"] {
			t.Errorf("%s: %q", path, got)
		}
	}
	if resp, got = ask(t, front, "GET", "/v1/batches/j2/output", nil, headers...); resp.StatusCode != 409 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}

	resp, got = ask(t, front, "POST", "/v1/fine_tuning/jobs", strings.NewReader(`{"model":"accounts/fireworks/models/m","training_file":"in","suffix":"mine","hyperparameters":{"n_epochs":3,"learning_rate_multiplier":2}}`), headers...)
	if sent := asked["POST /accounts/acc/supervisedFineTuningJobs"]; member(t, sent, "epochs") != "3" || member(t, sent, "outputModel") != "accounts/acc/models/mine" ||
		resp.Header.Get("X-Sluice-Dropped") != "hyperparameters.learning_rate_multiplier" {
		t.Errorf("created %s by %s", got, sent)
	}
	_, got = ask(t, front, "GET", "/v1/fine_tuning/jobs/f1", nil, headers...)
	if member(t, got, "status") != "succeeded" || member(t, got, "fine_tuned_model") != "accounts/acc/models/mine" || member(t, got, "hyperparameters", "n_epochs") != "3" {
		t.Errorf("retrieved %s", got)
	}
	_, got = ask(t, front, "POST", "/v1/fine_tuning/jobs/f1/cancel", nil, headers...)
	if _, deleted := asked["DELETE /accounts/acc/supervisedFineTuningJobs/f1"]; !deleted || member(t, got, "status") != "cancelled" {
		t.Errorf("canceled %s", got)
	}
	if resp, got = ask(t, front, "GET", "/v1/files", nil, headers[:len(headers)-2]...); resp.StatusCode != 400 || !strings.Contains(got, "x-portkey-fireworks-account-id") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
