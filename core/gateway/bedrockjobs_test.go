package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"sluice/core/gateway"
	"sluice/core/internal/json"
	"sluice/core/store/mototest"
	"sluice/core/upstream/awsx"
)

func TestMain(m *testing.M) { mototest.Main(m) }

const jobARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abc123def456"

// controlPlane is Bedrock's: it answers from a table and keeps what it was
// asked, as method, path and body.
type controlPlane struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string
	answers map[string]string // by method and escaped path; "" is 404
}

func newControlPlane(t *testing.T, answers map[string]string) *controlPlane {
	t.Helper()
	c := &controlPlane{answers: answers}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/bedrock/aws4_request") {
			t.Errorf("%s %s is not signed: %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		answer, ok := c.answers[r.Method+" "+r.URL.EscapedPath()]
		if !ok {
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			answer = `{"message":"no such job"}`
		}
		write(w, answer)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *controlPlane) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == 0 {
		return ""
	}
	return c.asked[len(c.asked)-1]
}

// s3Object talks to the emulator as nobody in particular: it checks nothing.
func s3Object(t *testing.T, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, mototest.URL(t)+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, got, err)
	}
	return string(got)
}

func bedrockGateway(t *testing.T, c *controlPlane) *httptest.Server {
	t.Helper()
	h, err := gateway.New(gateway.Config{AllowLoopback: true, MaxBody: 1 << 20, Bedrock: awsx.Config{ControlEndpoint: c.URL, S3Endpoint: mototest.URL(t)}})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	return front
}

func awsHeaders(bucket string, more ...string) []string {
	return append([]string{
		"X-Portkey-Provider", "bedrock", "X-Portkey-Aws-Access-Key-Id", "AKIDEXAMPLE", "X-Portkey-Aws-Secret-Access-Key", "secret-of-the-client",
		"X-Portkey-Aws-Region", "us-east-1", "X-Portkey-Aws-S3-Bucket", bucket,
	}, more...)
}

func member(t *testing.T, object string, path ...string) string {
	t.Helper()
	v := json.Lookup(json.Value(object), path...)
	if v.Kind() == '"' {
		return json.Unquote(v)
	}
	return string(v)
}

const nova = "amazon.nova-lite-v1:0"

func batchRow(id, model, text string) string {
	return fmt.Sprintf(`{"custom_id":%q,"method":"POST","url":"/v1/chat/completions","body":{"model":%q,"max_tokens":9,"messages":[{"role":"user","content":%q}]}}`, id, model, text)
}

func TestABatchOnBedrockLooksLikeOpenAIs(t *testing.T) {
	t.Parallel()
	const bucket = "whole-batch"
	s3Object(t, "PUT", "/"+bucket, "")
	escaped := url.PathEscape(jobARN)
	c := newControlPlane(t, map[string]string{"POST /model-invocation-job": `{"jobArn":"` + jobARN + `"}`})
	front := bedrockGateway(t, c)

	body, contentType := form(t, []byte(batchRow("row-1", nova, "Hi")+"\n\n"+batchRow("row-2", nova, "Ho")), "purpose", "batch")
	resp, uploaded := ask(t, front, "POST", "/v1/files", body, awsHeaders(bucket, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "in/rows.jsonl")...)
	id := member(t, uploaded, "id")
	if resp.StatusCode != 200 || id != "s3%3A%2F%2Fwhole-batch%2Fin%2Frows.jsonl" || member(t, uploaded, "purpose") != "batch" || member(t, uploaded, "object") != "file" {
		t.Fatalf("%d %s", resp.StatusCode, uploaded)
	}
	const stored = `{"recordId":"row-1","modelInput":{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"inferenceConfig":{"maxTokens":9}}}` + "\n" +
		`{"recordId":"row-2","modelInput":{"messages":[{"role":"user","content":[{"text":"Ho"}]}],"inferenceConfig":{"maxTokens":9}}}` + "\n"

	resp, created := ask(t, front, "POST", "/v1/batches", strings.NewReader(`{"input_file_id":"`+id+`","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"a":"b"},"role_arn":"arn:aws:iam::1:role/r"}`),
		awsHeaders(bucket, "Content-Type", "application/json")...)
	job := member(t, created, "id")
	if resp.StatusCode != 200 || job != url.QueryEscape(jobARN) || member(t, created, "status") != "validating" || resp.Header.Get("X-Sluice-Dropped") != "metadata" {
		t.Fatalf("%d %s %v", resp.StatusCode, created, resp.Header)
	}
	asked := strings.TrimPrefix(c.last(), "POST /model-invocation-job ")
	for _, want := range [][]string{
		{nova, "modelId"},
		{"Converse", "modelInvocationType"},
		{"arn:aws:iam::1:role/r", "roleArn"},
		{"s3://whole-batch/in/rows.jsonl", "inputDataConfig", "s3InputDataConfig", "s3Uri"},
		{"s3://whole-batch/in/", "outputDataConfig", "s3OutputDataConfig", "s3Uri"},
	} {
		if got := member(t, asked, want[1:]...); got != want[0] {
			t.Errorf("%v is %s, want %s", want[1:], got, want[0])
		}
	}

	about := `{"jobArn":"` + jobARN + `","jobName":"j","modelId":"` + nova + `","submitTime":"2024-09-10T20:26:40Z","endTime":"2024-09-10T21:26:40Z","totalRecordCount":2,"successRecordCount":1,"errorRecordCount":1,` +
		`"inputDataConfig":{"s3InputDataConfig":{"s3Uri":"s3://whole-batch/in/rows.jsonl"}},"outputDataConfig":{"s3OutputDataConfig":{"s3Uri":"s3://whole-batch/in/"}},"status":"`
	c.answers["GET /model-invocation-job/"+escaped] = about + `InProgress"}`
	resp, got := ask(t, front, "GET", "/v1/batches/"+url.PathEscape(job)+"/output", nil, awsHeaders(bucket)...)
	if resp.StatusCode != 409 || !strings.Contains(got, "in_progress") {
		t.Errorf("output of a batch that runs: %d %s", resp.StatusCode, got)
	}
	c.answers["GET /model-invocation-job/"+escaped] = about + `Completed"}`
	_, got = ask(t, front, "GET", "/v1/batches/"+url.PathEscape(job), nil, awsHeaders(bucket)...)
	output := member(t, got, "output_file_id")
	if member(t, got, "created_at") != "1726000000" || member(t, got, "completed_at") != "1726003600" || member(t, got, "request_counts", "failed") != "1" ||
		member(t, got, "input_file_id") != id || output != "s3%3A%2F%2Fwhole-batch%2Fin%2Fabc123def456%2Frows.jsonl.out" {
		t.Errorf("retrieved %s", got)
	}

	s3Object(t, "PUT", "/"+bucket+"/in/abc123def456/rows.jsonl.out",
		`{"recordId":"row-2","modelInput":{},"modelOutput":{"output":{"message":{"role":"assistant","content":[{"text":"Ho ho"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}}`+"\n"+
			`{"recordId":"row-1","modelInput":{},"error":{"errorCode":400,"errorMessage":"bad request"}}`+"\n"+
			`{"recordId":"row-3","modelOutput":{"what":1}}`+"\nnot JSON\n")
	for _, path := range []string{"/v1/batches/" + job + "/output", "/v1/files/" + url.PathEscape(output) + "/content"} {
		resp, got = ask(t, front, "GET", path, nil, awsHeaders(bucket)...)
		rows := strings.Split(strings.TrimSpace(got), "\n")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/octet-stream" || len(rows) != 4 {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, got)
		}
		if member(t, rows[0], "custom_id") != "row-2" || member(t, rows[0], "response", "status_code") != "200" || member(t, rows[0], "response", "body", "object") != "chat.completion" ||
			member(t, rows[0], "response", "body", "model") != nova || !strings.Contains(rows[0], `"content":"Ho ho"`) || !strings.Contains(rows[0], `"total_tokens":5`) {
			t.Errorf("row %s", rows[0])
		}
		if member(t, rows[1], "error", "message") != "bad request" || member(t, rows[1], "error", "code") != "400" || member(t, rows[1], "response") != "null" {
			t.Errorf("row %s", rows[1])
		}
		if member(t, rows[2], "custom_id") != "row-3" || member(t, rows[2], "error", "message") == "" || member(t, rows[3], "error", "code") != "unreadable_row" {
			t.Errorf("rows %s\n%s", rows[2], rows[3])
		}
	}
	_, got = ask(t, front, "GET", "/v1/files/"+id, nil, awsHeaders(bucket)...)
	if member(t, got, "bytes") != fmt.Sprint(len(stored)) || member(t, got, "filename") != "rows.jsonl" {
		t.Errorf("retrieved %s", got)
	}
	if _, got = ask(t, front, "GET", "/v1/files/"+id+"/content", nil, awsHeaders(bucket)...); got != stored {
		t.Errorf("stored\n%s\nwant\n%s", got, stored)
	}
	_, got = ask(t, front, "DELETE", "/v1/files/"+id, nil, awsHeaders(bucket)...)
	resp, gone := ask(t, front, "GET", "/v1/files/"+id, nil, awsHeaders(bucket)...)
	if member(t, got, "deleted") != "true" || resp.StatusCode != 404 {
		t.Errorf("deleted %s, then %d %s", got, resp.StatusCode, gone)
	}
}

func TestABadRowIsNamedAndNothingIsKept(t *testing.T) {
	t.Parallel()
	const bucket = "bad-rows"
	s3Object(t, "PUT", "/"+bucket, "")
	front := bedrockGateway(t, newControlPlane(t, nil))
	good := batchRow("a", nova, "Hi")
	tests := []struct{ name, rows, want string }{
		{"not JSON", good + "\nnope\n", "line 2 of the file"},
		{"no custom_id", `{"body":{"model":"m","messages":[]}}`, "line 1 of the file: custom_id"},
		{"no body", `{"custom_id":"a"}`, "line 1 of the file: body"},
		{"another model", good + "\n" + batchRow("b", "anthropic.claude-3-haiku-20240307-v1:0", "Hi"), "line 2 of the file: its model"},
		{"an id twice", good + "\n\n" + good, `line 3 of the file: custom_id "a" is there twice`},
		{"another url", good + "\n" + strings.Replace(batchRow("b", nova, "x"), "/v1/chat/completions", "/v1/responses", 1), "line 2 of the file: its url"},
		{"embeddings", strings.Replace(good, "/v1/chat/completions", "/v1/embeddings", 1), "cannot be a part of a batch here"},
		{"no model", strings.Replace(good, `"model":"`+nova+`",`, "", 1), "names no model"},
		{"a stream", strings.Replace(good, `"max_tokens":9`, `"stream":true`, 1), "line 1 of the file: stream"},
		{"messages of a wrong type", strings.Replace(good, `[{"role":"user","content":"Hi"}]`, `7`, 1), "messages"},
		{"a good start, a long file", good + "\n" + strings.Repeat(" ", 9<<20) + "\nnope", "line 3 of the file"},
	}
	for _, tt := range tests {
		body, contentType := form(t, []byte(tt.rows), "purpose", "batch")
		resp, got := ask(t, front, "POST", "/v1/files", body, awsHeaders(bucket, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "bad.jsonl", "X-Portkey-File-Purpose", "batch")...)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(got, strings.ReplaceAll(tt.want, `"`, `\"`)) {
			t.Errorf("%s: %d %s", tt.name, resp.StatusCode, got)
		}
	}
	resp, got := ask(t, front, "GET", "/v1/files/s3%3A%2F%2Fbad-rows%2Fbad.jsonl", nil, awsHeaders(bucket)...)
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("kept: %d %s", resp.StatusCode, got)
	}
}

func TestLongUploadsAreKeptInParts(t *testing.T) {
	t.Parallel()
	const bucket = "long-upload"
	s3Object(t, "PUT", "/"+bucket, "")
	front := bedrockGateway(t, newControlPlane(t, nil))
	var rows bytes.Buffer
	for i := range 20 {
		rows.WriteString(batchRow(fmt.Sprint("row-", i), nova, strings.Repeat("x", 1<<20)) + "\n")
	}
	body, contentType := form(t, rows.Bytes(), "purpose", "batch") // over the gateway's limit: it streams
	resp, got := ask(t, front, "POST", "/v1/files", body, awsHeaders(bucket, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "long.jsonl")...)
	if resp.StatusCode != 200 || !strings.HasPrefix(member(t, got, "bytes"), "20") || len(member(t, got, "bytes")) != 8 {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	_, whole := ask(t, front, "GET", "/v1/files/"+member(t, got, "id")+"/content", nil, awsHeaders(bucket)...)
	kept := strings.Split(strings.TrimSpace(whole), "\n")
	if len(kept) != 20 || member(t, kept[19], "recordId") != "row-19" {
		t.Errorf("%d rows are kept", len(kept))
	}
}

func TestOtherFilesOnS3StayAsTheyAre(t *testing.T) {
	t.Parallel()
	const bucket = "other-files"
	s3Object(t, "PUT", "/"+bucket, "")
	front := bedrockGateway(t, newControlPlane(t, nil))
	binary := []byte("\x00\xff\r\n%PDF not rows\n")
	body, contentType := form(t, binary, "purpose", "upload")
	resp, got := ask(t, front, "POST", "/v1/files", body, awsHeaders(bucket, "Content-Type", contentType)...)
	id := member(t, got, "id")
	if resp.StatusCode != 200 || member(t, got, "purpose") != "upload" {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	if _, got = ask(t, front, "GET", "/v1/files/"+id+"/content", nil, awsHeaders(bucket)...); got != string(binary) {
		t.Errorf("got %q", got)
	}
	resp, got = ask(t, front, "GET", "/v1/files", nil, awsHeaders(bucket)...)
	if resp.StatusCode != 400 || !strings.Contains(got, "listFiles is not supported by bedrock") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	resp, got = ask(t, front, "GET", "/v1/files/file-abc", nil, awsHeaders(bucket)...)
	if resp.StatusCode != 400 || !strings.Contains(got, "escaped URL of an object") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	body, contentType = form(t, binary, "purpose", "batch")
	resp, got = ask(t, front, "POST", "/v1/files", body, append(awsHeaders(""), "Content-Type", contentType)...)
	if resp.StatusCode != 400 || !strings.Contains(got, "x-portkey-aws-s3-bucket") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
