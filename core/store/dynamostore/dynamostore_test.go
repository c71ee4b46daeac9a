package dynamostore

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/store/driver"
	"sluice/core/store/mototest"
	"sluice/core/store/storetest"
)

func TestMain(m *testing.M) { mototest.Main(m) }

var connections = sync.OnceValue(func() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
})

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
})

func client(url string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials, HTTPClient: connections()})
}

// newTable makes a table in the emulator at url.
func newTable(t *testing.T, url string, c Config) *Table {
	t.Helper()
	c.Client, c.Table = client(url), "test-"+rand.Text()
	if err := Create(t.Context(), c.Client, c.Table); err != nil {
		t.Fatal(err)
	}
	return New(c)
}

func newBucket(t *testing.T, url string) (*S3, *s3.Client) {
	t.Helper()
	c := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials, HTTPClient: connections(), UsePathStyle: true})
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("blobs")}); err != nil {
		t.Fatal(err)
	}
	return NewS3(c, "blobs", t.Name()+"/", 0), c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	url := mototest.URL(t)
	storetest.Run(t, func(t *testing.T) driver.Table {
		blobs, _ := newBucket(t, url)
		return newTable(t, url, Config{Blobs: blobs, Timeout: 30 * time.Second})
	})
}
