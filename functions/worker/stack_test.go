package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/logs"
	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
	"sluice/core/store/mototest"
	"sluice/functions/internal/lambdaemu"
	"sluice/functions/internal/outputtest"
)

// The functions, built as for Lambda but for this machine.
var gatewayBinary, workerBinary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "worker")
	if err == nil {
		gatewayBinary, workerBinary = filepath.Join(dir, "gateway"), filepath.Join(dir, "worker")
		err = build(gatewayBinary, "../gateway")
	}
	if err == nil {
		err = build(workerBinary, ".")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	return mototest.Run(m)
}

func build(binary, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-o", binary, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// A stack is what the template makes, in the emulator of AWS.
type stack struct {
	url    string
	env    []string
	table  driver.Table
	stream string // ARN
	log    *outputtest.Output
}

const gatewayKey = "the-gateway-key"

func newStack(t *testing.T, url string) *stack {
	t.Helper()
	name := "stack-" + rand.Text()
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	})
	db := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: keys})
	for _, table := range []string{name + "-state", name + "-data"} {
		if err := dynamostore.Create(t.Context(), db, table); err != nil {
			t.Fatal(err)
		}
	}
	out, err := db.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
		TableName:           aws.String(name + "-data"),
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
	bucket := "overflow-" + strings.ToLower(rand.Text())
	objects := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: keys, UsePathStyle: true})
	if _, err := objects.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	return &stack{
		url: url, stream: *out.TableDescription.LatestStreamArn, log: &outputtest.Output{},
		table: dynamostore.New(dynamostore.Config{Client: db, Table: name + "-data", Blobs: dynamostore.NewS3(objects, bucket, "", 0), Timeout: time.Minute}),
		env:   []string{"STATE_TABLE=" + name + "-state", "DATA_TABLE=" + name + "-data", "OVERFLOW_BUCKET=" + bucket, "SLUICE_KEY=" + gatewayKey},
	}
}

// start starts a function of the stack, whose AWS is at url.
func (s *stack) start(t *testing.T, binary, url string, env ...string) *lambdaemu.Emulator {
	t.Helper()
	env = append(append([]string{"AWS_ENDPOINT_URL=" + url}, s.env...), env...)
	e, err := lambdaemu.Start(t.Context(), lambdaemu.Config{Binary: binary, Env: env, MaxProcesses: 1, Timeout: 5 * time.Minute, Log: s.log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// ask sends a request and waits until the function is frozen.
func ask(t *testing.T, e *lambdaemu.Emulator, body string, header ...string) (answer string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", e.URL+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Api-Key", gatewayKey)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s %v", resp.StatusCode, b, err)
	}
	if err := e.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return string(b), resp.Header
}

// entries are the logs that a filter finds.
func (s *stack) entries(t *testing.T, f logs.Filter) []logs.Entry {
	t.Helper()
	page, err := logs.New(s.table, logs.Options{}).List(t.Context(), logs.Query{Filter: f, Limit: 1000})
	if err != nil || page.Next != "" {
		t.Fatal(page.Next, err)
	}
	return page.Entries
}

func decode[T any](t *testing.T, b []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}
