package gateway_test

import (
	"net/url"
	"strings"
	"testing"
)

const tuneARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0/abc123def456"

func TestFineTuningOnBedrock(t *testing.T) {
	t.Parallel()
	const bucket = "tuning"
	s3Object(t, "PUT", "/"+bucket, "")
	one := "/model-customization-jobs/" + url.PathEscape(tuneARN)
	c := newControlPlane(t, map[string]string{
		"POST /model-customization-jobs": `{"jobArn":"` + tuneARN + `"}`,
		"POST " + one + "/stop":          ``,
		"GET " + one: `{"jobArn":"` + tuneARN + `","baseModelArn":"arn:base","outputModelArn":"arn:out","status":"Completed","creationTime":"2024-09-10T20:26:40Z",
			"trainingDataConfig":{"s3Uri":"s3://tuning/t.jsonl"},"hyperParameters":{"epochCount":"3","learningRate":"0.5"}}`,
	})
	front := bedrockGateway(t, c)
	body, contentType := form(t, []byte(`{"messages":[{"role":"system","content":"S"},{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]}`), "purpose", "fine-tune")
	headers := awsHeaders(bucket, "X-Portkey-Provider-Model", nova, "X-Portkey-Provider-File-Name", "t.jsonl")
	resp, got := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType)...)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	const row = `{"schemaVersion":"bedrock-conversation-2024","system":[{"text":"S"}],"messages":[{"role":"user","content":[{"text":"Q"}]},{"role":"assistant","content":[{"text":"A"}]}]}` + "\n"
	if _, kept := ask(t, front, "GET", "/v1/files/"+member(t, got, "id")+"/content", nil, headers...); kept != row {
		t.Errorf("kept %q", kept)
	}
	_, got = ask(t, front, "POST", "/v1/fine_tuning/jobs", strings.NewReader(`{"model":"`+nova+`","training_file":"`+member(t, got, "id")+
		`","role_arn":"r","seed":1,"method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":3,"learning_rate_multiplier":0.5,"batch_size":"auto"}}}}`),
		append(headers, "Content-Type", "application/json")...)
	asked := strings.TrimPrefix(c.last(), "POST /model-customization-jobs ")
	if member(t, got, "object") != "fine_tuning.job" || member(t, asked, "hyperParameters") != `{"epochCount":"3","learningRate":"0.5"}` ||
		member(t, asked, "trainingDataConfig", "s3Uri") != "s3://tuning/t.jsonl" || member(t, asked, "outputDataConfig", "s3Uri") != "s3://tuning/" {
		t.Errorf("created %s by %s", got, asked)
	}
	_, _ = ask(t, front, "POST", "/v1/fine_tuning/jobs", strings.NewReader(`{"model":"anthropic.claude-3-haiku-20240307-v1:0","training_file":"s3://tuning/t.jsonl","role_arn":"r","hyperparameters":{"learning_rate_multiplier":0.5}}`),
		append(headers, "Content-Type", "application/json")...)
	if asked := strings.TrimPrefix(c.last(), "POST /model-customization-jobs "); member(t, asked, "hyperParameters") != `{"learningRateMultiplier":"0.5"}` {
		t.Errorf("of Claude: %s", asked)
	}
	for _, path := range []string{"", "/cancel"} {
		method := map[string]string{"": "GET", "/cancel": "POST"}[path]
		_, got = ask(t, front, method, "/v1/fine_tuning/jobs/"+url.PathEscape(url.QueryEscape(tuneARN))+path, nil, headers...)
		if member(t, got, "status") != "succeeded" || member(t, got, "fine_tuned_model") != "arn:out" || member(t, got, "hyperparameters") != `{"n_epochs":3,"learning_rate_multiplier":0.5}` ||
			member(t, got, "created_at") != "1726000000" || member(t, got, "training_file") != "s3%3A%2F%2Ftuning%2Ft.jsonl" {
			t.Errorf("%s %s", method, got)
		}
	}
	resp, got = ask(t, front, "POST", "/v1/fine_tuning/jobs/x/pause", strings.NewReader("{}"), headers...)
	if resp.StatusCode != 400 || !strings.Contains(got, "pause is not supported by bedrock") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestListsOfJobsHavePagesAsOpenAIs(t *testing.T) {
	t.Parallel()
	job := func(id, status string) string {
		return `{"jobArn":"` + id + `","modelId":"m","status":"` + status + `","submitTime":"2024-09-10T20:26:40Z","inputDataConfig":{"s3InputDataConfig":{"s3Uri":"s3://b/in.jsonl"}},"outputDataConfig":{"s3OutputDataConfig":{"s3Uri":"s3://b/out/"}}}`
	}
	c := newControlPlane(t, map[string]string{
		"GET /model-invocation-jobs": `{"invocationJobSummaries":[` + job("a", "Completed") + "," + job("b", "Stopped") + "," + job("c", "Scheduled") + `]}`,
	})
	front := bedrockGateway(t, c)
	_, got := ask(t, front, "GET", "/v1/batches?limit=1&after=a", nil, awsHeaders("b")...)
	if member(t, got, "has_more") != "true" || member(t, got, "first_id") != "b" || strings.Count(got, `"object":"batch"`) != 1 || !strings.Contains(got, `"status":"cancelled"`) {
		t.Errorf("got %s", got)
	}
	_, got = ask(t, front, "GET", "/v1/batches", nil, awsHeaders("b")...)
	if member(t, got, "has_more") != "false" || member(t, got, "last_id") != "c" || !strings.Contains(got, `"output_file_id":"s3%3A%2F%2Fb%2Fout%2Fa%2Fin.jsonl.out"`) {
		t.Errorf("got %s", got)
	}
	resp, got := ask(t, front, "GET", "/v1/batches?limit=0", nil, awsHeaders("b")...)
	if resp.StatusCode != 400 {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	resp, got = ask(t, front, "GET", "/v1/batches/gone", nil, awsHeaders("b")...)
	if resp.StatusCode != 404 || !strings.Contains(got, "no such job") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
