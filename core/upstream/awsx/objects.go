package awsx

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sluice/core/internal/blob"
	"sluice/core/llm"
	"sluice/core/provider"
)

// Objects are the files of a target on S3.
type Objects struct {
	client     *s3.Client
	only       string // the one bucket that may be used; empty: any
	lent       bool
	encryption types.ServerSideEncryption
	kmsKey     *string
}

var _ blob.Store = (*Objects)(nil)

// Objects returns the files that a target's credentials reach. A custom host
// is Bedrock's, not S3's, and does not count.
func (t *Transport) Objects(s provider.Settings) (*Objects, error) {
	id, err := t.identify(s, true)
	if err != nil {
		return nil, err
	}
	if id = t.onS3(id); id.token != "" {
		return nil, credential("files of Bedrock are on S3, which takes no Bedrock API key: set aws_access_key_id and aws_secret_access_key")
	}
	id.endpoint = t.config.S3Endpoint
	o := &Objects{client: t.buckets.get(id, t.newS3), encryption: types.ServerSideEncryption(s.Option("aws_server_side_encryption"))}
	if key := s.Option("aws_server_side_encryption_kms_key_id"); key != "" {
		o.kmsKey = &key
	}
	if id.lent {
		o.only, o.lent = t.config.Bucket, true
	}
	return o, nil
}

// onS3 is who asks S3: the process's credentials where its token would ask
// Bedrock, in the region of the process's bucket wherever the models are.
func (t *Transport) onS3(id identity) identity {
	if id.token != "" && id.token == t.config.DefaultToken.Reveal() && t.config.DefaultCredentials != nil {
		id.token, id.lent = "", true
	}
	if id.lent {
		id.region = cmp.Or(t.config.DefaultRegion, "us-east-1")
	}
	return id
}

// newS3 makes a client. What takes S3's place has no host name for each
// bucket, and does not know its newer checksums.
func (t *Transport) newS3(id identity) *s3.Client {
	o := s3.Options{
		Region: id.region, Credentials: t.credentials(id), HTTPClient: t.http, Retryer: aws.NopRetryer{},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if id.endpoint != "" {
		o.BaseEndpoint, o.UsePathStyle = &id.endpoint, true
	}
	return s3.New(o)
}

// Bucket is the one that files go to if the target names none.
func (o *Objects) Bucket() string { return o.only }

// allow keeps lent credentials to the bucket that is meant for clients.
func (o *Objects) allow(n blob.Name) error {
	if o.lent && n.Bucket != o.only {
		return &llm.Error{Kind: llm.Forbidden, Message: "bucket " + n.Bucket + " is reached with credentials of your own only: set aws_access_key_id and aws_secret_access_key"}
	}
	return nil
}

// Open reads an object.
func (o *Objects) Open(ctx context.Context, n blob.Name) (io.ReadCloser, blob.Object, error) {
	if err := o.allow(n); err != nil {
		return nil, blob.Object{}, err
	}
	out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &n.Bucket, Key: &n.Key})
	if err != nil {
		return nil, blob.Object{}, failure(ctx, n, err)
	}
	return out.Body, object(out.ContentLength, out.LastModified, out.ContentType, out.Metadata), nil
}

// Stat asks for an object.
func (o *Objects) Stat(ctx context.Context, n blob.Name) (blob.Object, error) {
	if err := o.allow(n); err != nil {
		return blob.Object{}, err
	}
	out, err := o.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &n.Bucket, Key: &n.Key})
	if err != nil {
		return blob.Object{}, failure(ctx, n, err)
	}
	return object(out.ContentLength, out.LastModified, out.ContentType, out.Metadata), nil
}

// Remove deletes an object.
func (o *Objects) Remove(ctx context.Context, n blob.Name) error {
	if err := o.allow(n); err != nil {
		return err
	}
	if _, err := o.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &n.Bucket, Key: &n.Key}); err != nil {
		return failure(ctx, n, err)
	}
	return nil
}

func object(size *int64, modified *time.Time, contentType *string, meta map[string]string) blob.Object {
	o := blob.Object{Size: aws.ToInt64(size), Created: aws.ToTime(modified), Type: aws.ToString(contentType), Meta: map[string]string{}}
	for name, v := range meta {
		o.Meta[strings.ToLower(name)] = v
	}
	return o
}

// failure gives what S3 answers a kind.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func failure(ctx context.Context, n blob.Name, err error) error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	status, answered := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	if !answered || status.HTTPStatusCode() == 0 {
		return unsent(ctx, err)
	}
	e := &llm.Error{Kind: llm.KindOfStatus(status.HTTPStatusCode()), Status: status.HTTPStatusCode(), Provider: "bedrock", Message: "S3 refused " + n.URL("s3")}
	if api, ok := errors.AsType[interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}](err); ok {
		e.Code, e.Message = api.ErrorCode(), e.Message+": "+strings.TrimSpace(api.ErrorCode()+" "+api.ErrorMessage())
	}
	return e
}

// partSize is how much of a file is held at once, in bytes. S3 takes 10,000
// parts: files of 80 GB.
const partSize = 8 << 20

// Write keeps a file in parts. One that fits into one part is written whole.
func (o *Objects) Write(ctx context.Context, n blob.Name, r io.Reader, meta blob.Object) (int64, error) {
	if err := o.allow(n); err != nil {
		return 0, err
	}
	part := make([]byte, partSize)
	size, err := fill(r, part)
	if err != nil {
		return 0, err
	}
	if size == len(part) {
		return o.writeParts(ctx, n, r, part, meta)
	}
	_, err = o.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &n.Bucket, Key: &n.Key, Body: bytes.NewReader(part[:size]), ContentType: &meta.Type, Metadata: meta.Meta,
		ServerSideEncryption: o.encryption, SSEKMSKeyId: o.kmsKey,
	})
	if err != nil {
		return 0, failure(ctx, n, err)
	}
	return int64(size), nil
}

// fill reads until b is full or r is at its end. [io.ReadFull] calls an early
// end what a body is called that broke off: both are io.ErrUnexpectedEOF.
func fill(r io.Reader, b []byte) (size int, err error) {
	for size < len(b) && err == nil {
		var n int
		n, err = r.Read(b[size:])
		size += n
	}
	if err == io.EOF {
		err = nil
	}
	return size, err
}
