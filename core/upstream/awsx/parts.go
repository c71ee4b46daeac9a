package awsx

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sluice/core/internal/blob"
)

// parts is a file that is being written.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
type parts struct {
	*Objects
	name blob.Name
	id   *string
	done []types.CompletedPart
	size int64
}

// writeParts writes a file of which part is the beginning, and r the rest.
func (o *Objects) writeParts(ctx context.Context, n blob.Name, r io.Reader, part []byte, meta blob.Object) (int64, error) {
	out, err := o.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &n.Bucket, Key: &n.Key, ContentType: &meta.Type, Metadata: meta.Meta, ServerSideEncryption: o.encryption, SSEKMSKeyId: o.kmsKey,
	})
	if err != nil {
		return 0, failure(ctx, n, err)
	}
	p := &parts{Objects: o, name: n, id: out.UploadId}
	if err := p.all(ctx, r, part); err != nil {
		p.abort(ctx)
		return 0, err
	}
	return p.size, nil
}

func (p *parts) all(ctx context.Context, r io.Reader, part []byte) error {
	for size := len(part); ; {
		if err := p.put(ctx, part[:size]); err != nil {
			return err
		}
		var err error
		if size, err = fill(r, part); err != nil {
			return err
		}
		if size == 0 {
			return p.complete(ctx)
		}
	}
}

func (p *parts) put(ctx context.Context, b []byte) error {
	number := int32(len(p.done) + 1)
	out, err := p.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &p.name.Bucket, Key: &p.name.Key, UploadId: p.id, PartNumber: &number, Body: bytes.NewReader(b),
	})
	if err != nil {
		return failure(ctx, p.name, err)
	}
	p.done = append(p.done, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(number)})
	p.size += int64(len(b))
	return nil
}

func (p *parts) complete(ctx context.Context) error {
	_, err := p.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &p.name.Bucket, Key: &p.name.Key, UploadId: p.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: p.done},
	})
	if err != nil {
		return failure(ctx, p.name, err)
	}
	return nil
}

// abortTime bounds the removal of what was written, which the client's going
// away does not end: parts that are left behind cost money.
const abortTime = 10 * time.Second

func (p *parts) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_, _ = p.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &p.name.Bucket, Key: &p.name.Key, UploadId: p.id})
}
