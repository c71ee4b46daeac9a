package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/core/gateway"
	"sluice/core/secret"
	"sluice/core/store/mototest"
	"sluice/core/upstream/awsx"
)

const operatorsRole = "arn:aws:iam::1:role/batches"

// lendingGateway has credentials of its own, a bucket, and a role for jobs.
func lendingGateway(t *testing.T, bucket string, c *controlPlane, token secret.Value) *httptest.Server {
	t.Helper()
	s3Object(t, "PUT", "/"+bucket, "")
	lent := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "PROCESS", SecretAccessKey: "secret-of-the-process"}, nil
	})
	h, err := gateway.New(gateway.Config{AllowLoopback: true, Bedrock: awsx.Config{
		ControlEndpoint: c.URL, S3Endpoint: mototest.URL(t), DefaultCredentials: lent, DefaultToken: token, Bucket: bucket, BatchRole: operatorsRole,
	}})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	return front
}

// What the process may read is not its clients' to read.
func TestLentCredentialsReachOneBucket(t *testing.T) {
	t.Parallel()
	s3Object(t, "PUT", "/private", "")
	s3Object(t, "PUT", "/private/k.jsonl", "secret")
	front := lendingGateway(t, "for-clients", newControlPlane(t, nil), secret.New("a-bedrock-api-key"))
	provider := []string{"X-Portkey-Provider", "bedrock"}
	body, contentType := form(t, []byte("x"), "purpose", "upload")
	resp, got := ask(t, front, "POST", "/v1/files", body, append(provider, "Content-Type", contentType, "X-Portkey-Aws-S3-Bucket", "private")...)
	if resp.StatusCode != 403 {
		t.Errorf("wrote to the private bucket: %d %s", resp.StatusCode, got)
	}
	for _, sub := range []string{"", "/content"} {
		resp, got = ask(t, front, "GET", "/v1/files/s3%3A%2F%2Fprivate%2Fk.jsonl"+sub, nil, append(provider, "X-Portkey-Aws-S3-Bucket", "private")...)
		if resp.StatusCode != 403 || strings.Contains(got, "secret") && !strings.Contains(got, "aws_secret_access_key") {
			t.Errorf("read the private bucket: %d %s", resp.StatusCode, got)
		}
	}
	for _, key := range []string{"uploads%2Fother%2Fk", "files%2Fdefault%2F..%2F..%2Fuploads%2Fother%2Fk", "files%2Fdefault%2F.%2Fk"} {
		resp, got = ask(t, front, "GET", "/v1/files/s3%3A%2F%2Ffor-clients%2F"+key+"/content", nil, provider...)
		if resp.StatusCode != 403 {
			t.Errorf("read %s, another's upload: %d %s", key, resp.StatusCode, got)
		}
	}
	body, contentType = form(t, []byte("x"), "purpose", "upload")
	resp, got = ask(t, front, "POST", "/v1/files", body, append(provider, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "../other/k")...)
	if resp.StatusCode != 403 {
		t.Errorf("wrote to another's folder: %d %s", resp.StatusCode, got)
	}
	body, contentType = form(t, []byte("x"), "purpose", "upload")
	resp, got = ask(t, front, "POST", "/v1/files", body, append(provider, "Content-Type", contentType)...)
	if resp.StatusCode != 200 || !strings.HasPrefix(member(t, got, "id"), "s3%3A%2F%2Ffor-clients%2Ffiles%2Fdefault%2F") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// A job reads and writes with the operator's role: it must not do so elsewhere
// for a client, nor with a role that the client names.
func TestJobsWithLentCredentialsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	c := newControlPlane(t, map[string]string{"POST /model-invocation-job": `{"jobArn":"` + jobARN + `"}`, "POST /model-customization-jobs": `{"jobArn":"a"}`})
	front := lendingGateway(t, "for-jobs", c, secret.Value{})
	headers := []string{"X-Portkey-Provider", "bedrock"}
	body, contentType := form(t, []byte(batchRow("row-1", nova, "Hi")), "purpose", "batch")
	_, uploaded := ask(t, front, "POST", "/v1/files", body, append(headers, "Content-Type", contentType, "X-Portkey-Provider-File-Name", "in/rows.jsonl")...)
	id := member(t, uploaded, "id")
	const role = "arn:aws:iam::1:role/admin"
	for name, more := range map[string][]string{
		"another folder":             {`,"output_data_config":{"s3OutputDataConfig":{"s3Uri":"s3://for-jobs/files/other/"}}`},
		"a role of the client's":     {`,"role_arn":"` + role + `"`},
		"a role in a header":         {"", "X-Portkey-Aws-Batch-Role-Arn", role},
		"the same, in both places":   {`,"role_arn":"` + role + `"`, "X-Portkey-Aws-Batch-Role-Arn", role},
		"the operator's in the body": {`,"role_arn":"` + operatorsRole + `","output_data_config":{}`, "X-Portkey-Aws-Batch-Role-Arn", role},
	} {
		resp, got := ask(t, front, "POST", "/v1/batches", strings.NewReader(`{"input_file_id":"`+id+`"`+more[0]+`}`), append(headers, more[1:]...)...)
		if resp.StatusCode != 403 || c.last() != "" {
			t.Errorf("%s: %d %s, asked %s", name, resp.StatusCode, got, c.last())
		}
	}
	resp, got := ask(t, front, "POST", "/v1/fine_tuning/jobs", strings.NewReader(`{"model":"`+nova+`","training_file":"`+id+`","output_file":"s3://for-others/x/"}`), headers...)
	if resp.StatusCode != 403 || c.last() != "" {
		t.Errorf("fine-tuning: %d %s, asked %s", resp.StatusCode, got, c.last())
	}
	resp, got = ask(t, front, "POST", "/v1/batches", strings.NewReader(`{"input_file_id":"`+id+`"}`), headers...)
	_, asked, _ := strings.Cut(c.last(), "/model-invocation-job ")
	if resp.StatusCode != 200 || member(t, asked, "roleArn") != operatorsRole ||
		member(t, asked, "outputDataConfig") != `{"s3OutputDataConfig":{"s3Uri":"s3://for-jobs/files/default/in/"}}` {
		t.Errorf("%d %s, asked %s", resp.StatusCode, got, asked)
	}
}

// Amazon quotes the headers of a signature that it does not like.
func TestRefusedJobsDoNotTellWhatTheyWereSignedWith(t *testing.T) {
	t.Parallel()
	c := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		write(w, `{"message":"The Canonical String for this request should have been 'GET x-amz-security-token:`+r.Header.Get("X-Amz-Security-Token")+`'"}`)
	}))
	t.Cleanup(c.Close)
	lent := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "PROCESS", SecretAccessKey: "secret-of-the-process", SessionToken: "session-of-the-process"}, nil
	})
	h, err := gateway.New(gateway.Config{AllowLoopback: true, Bedrock: awsx.Config{ControlEndpoint: c.URL, S3Endpoint: mototest.URL(t), DefaultCredentials: lent, Bucket: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	resp, got := ask(t, front, "GET", "/v1/batches/a", nil, "X-Portkey-Provider", "bedrock")
	if resp.StatusCode != 403 || !strings.Contains(got, "Canonical String") || strings.Contains(got, "session-of-the-process") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// A form that breaks off in the middle of its file is no file.
func TestAnUploadThatBreaksOffIsNotKept(t *testing.T) {
	t.Parallel()
	front := lendingGateway(t, "for-halves", newControlPlane(t, nil), secret.New("a-bedrock-api-key"))
	for name, size := range map[string]int{"one part": 100, "several parts": 9 << 20} {
		body, contentType := form(t, []byte(strings.Repeat("x", size)), "purpose", "upload")
		half := strings.NewReader(body.String()[:body.Len()-90])
		resp, got := ask(t, front, "POST", "/v1/files", half, "X-Portkey-Provider", "bedrock", "Content-Type", contentType, "X-Portkey-Provider-File-Name", "half")
		if resp.StatusCode != 400 || !strings.Contains(got, "broke off") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, got)
		}
		resp, got = ask(t, front, "GET", "/v1/files/s3%3A%2F%2Ffor-halves%2Ffiles%2Fdefault%2Fhalf", nil, "X-Portkey-Provider", "bedrock")
		if resp.StatusCode != 404 {
			t.Errorf("%s is there: %d %s", name, resp.StatusCode, got)
		}
	}
}

// The keys of the default config are the operator's, whoever calls.
func TestTheKeysOfTheDefaultConfigReachOneBucket(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{"of-default", "private-of-operator"} {
		s3Object(t, "PUT", "/"+bucket, "")
	}
	s3Object(t, "PUT", "/private-of-operator/k", "secret")
	h, err := gateway.New(gateway.Config{
		AllowLoopback: true, Bedrock: awsx.Config{S3Endpoint: mototest.URL(t)},
		DefaultConfig: `{"provider":"bedrock","aws_access_key_id":"AKID","aws_secret_access_key":"s","aws_s3_bucket":"of-default"}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	resp, got := ask(t, front, "GET", "/v1/files/s3%3A%2F%2Fprivate-of-operator%2Fk/content", nil, "X-Portkey-Aws-S3-Bucket", "private-of-operator")
	if resp.StatusCode != 403 {
		t.Errorf("read the private bucket: %d %s", resp.StatusCode, got)
	}
	body, contentType := form(t, []byte("x"), "purpose", "upload")
	resp, got = ask(t, front, "POST", "/v1/files", body, "Content-Type", contentType)
	if resp.StatusCode != 200 || !strings.HasPrefix(member(t, got, "id"), "s3%3A%2F%2Fof-default%2Ffiles%2Fdefault%2F") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}
