package dynamostore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sluice/core/store/driver"
)

// S3 is [Blobs] in a bucket.
type S3 struct {
	client *s3.Client
	bucket string
	prefix string
	calls  caller
}

var _ Blobs = (*S3)(nil)

// NewS3 returns the objects in a bucket whose keys begin with prefix. It makes
// no call. timeout bounds each operation with all its attempts; zero means
// 10 s. Besides reading, writing and deleting objects the caller must be
// allowed to list the bucket: otherwise S3 calls a missing object forbidden.
func NewS3(client *s3.Client, bucket, prefix string, timeout time.Duration) *S3 {
	client = s3.New(client.Options(), func(o *s3.Options) {
		o.Retryer = aws.NopRetryer{}
		// Not everything that speaks S3 knows the checksums that are newer
		// than TLS and gzip, which have their own.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &S3{client, bucket, prefix, caller{"s3", cmp.Or(timeout, 10*time.Second)}}
}

// Put writes an object.
func (s *S3) Put(ctx context.Context, key string, data []byte) error {
	return s.calls.repeat(ctx, func(ctx context.Context) error {
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: s.key(key), Body: bytes.NewReader(data)})
		return err
	})
}

// Get reads an object.
func (s *S3) Get(ctx context.Context, key string) (data []byte, err error) {
	err = s.calls.repeat(ctx, func(ctx context.Context) error {
		out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.key(key)})
		if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
			return driver.ErrNotFound
		}
		if err != nil {
			return err
		}
		defer out.Body.Close()
		if data, err = io.ReadAll(out.Body); err != nil {
			return fmt.Errorf("%w: %w", errBrokenOff, err)
		}
		return nil
	})
	return data, err
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, key string) error {
	return s.calls.repeat(ctx, func(ctx context.Context) error {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.key(key)})
		return err
	})
}

func (s *S3) key(key string) *string { return aws.String(s.prefix + key) }
