package aws

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/store/driver"
	"sluice/core/store/dynamostore"
)

// Store returns the tables that the environment names, nil for one that it
// does not:
//
//	STATE_TABLE       DynamoDB table with what must not be lost
//	DATA_TABLE        DynamoDB table with what expires
//	OVERFLOW_BUCKET   bucket for data of both that does not fit in an item;
//	                  without it such data is refused
//
// AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL take the
// place of AWS's own endpoints. Clients and connections are made when a table
// is first used: starting costs nothing.
func Store(getenv func(string) string) (state, data driver.Table) {
	bucket := getenv("OVERFLOW_BUCKET")
	client := sync.OnceValue(func() *dynamodb.Client { return dynamoDB(getenv) })
	blobs := sync.OnceValue(func() dynamostore.Blobs {
		if bucket == "" {
			return nil
		}
		return dynamostore.NewS3(objects(getenv), bucket, "", 0)
	})
	open := func(name string) driver.Table {
		if name == "" {
			return nil
		}
		return &lazy{sync.OnceValue(func() driver.Table {
			return dynamostore.New(dynamostore.Config{Client: client(), Table: name, Blobs: blobs()})
		})}
	}
	return open(getenv("STATE_TABLE")), open(getenv("DATA_TABLE"))
}

func dynamoDB(getenv func(string) string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: region(getenv), Credentials: credentials(getenv), BaseEndpoint: baseEndpoint(getenv, "DYNAMODB"), HTTPClient: connections(),
	})
}

// objects is S3. What takes its place has no host name for each bucket.
func objects(getenv func(string) string) *s3.Client {
	url := baseEndpoint(getenv, "S3")
	return s3.New(s3.Options{
		Region: region(getenv), Credentials: credentials(getenv), BaseEndpoint: url, UsePathStyle: url != nil, HTTPClient: connections(),
	})
}

// lazy is a table that is opened when it is first used.
type lazy struct{ open func() driver.Table }

func (l *lazy) Get(ctx context.Context, k driver.Key) (driver.Record, error) {
	return l.open().Get(ctx, k)
}

func (l *lazy) Put(ctx context.Context, r driver.Record) (int64, error) { return l.open().Put(ctx, r) }

func (l *lazy) Delete(ctx context.Context, k driver.Key, version int64) error {
	return l.open().Delete(ctx, k, version)
}

func (l *lazy) Range(ctx context.Context, part string, q driver.Query) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) { l.open().Range(ctx, part, q)(yield) }
}

func (l *lazy) Add(ctx context.Context, k driver.Key, delta, max int64, expires time.Time) (int64, error) {
	return l.open().Add(ctx, k, delta, max, expires)
}

func (l *lazy) Write(ctx context.Context, ops []driver.Op) error { return l.open().Write(ctx, ops) }
