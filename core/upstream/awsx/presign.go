package awsx

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/core/internal/blob"
)

// Presign gives a URL that takes one file with PUT and the header, which is
// signed along. A size, if it is known, is a part of that: S3 takes no other,
// and no second file.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (o *Objects) Presign(ctx context.Context, n blob.Name, about blob.Object, life time.Duration) (string, http.Header, error) {
	if err := o.allow(n); err != nil {
		return "", nil, err
	}
	in := &s3.PutObjectInput{Bucket: &n.Bucket, Key: &n.Key, IfNoneMatch: aws.String("*"), ContentType: &about.Type, Metadata: about.Meta}
	if about.Size > 0 {
		in.ContentLength = &about.Size
	}
	signed, err := s3.NewPresignClient(o.client).PresignPutObject(ctx, in, s3.WithPresignExpires(life))
	if err != nil {
		return "", nil, failure(ctx, n, err)
	}
	h := http.Header{}
	for name, values := range signed.SignedHeader {
		if name != "Host" && name != "Content-Length" { // which every client sends by itself
			h[http.CanonicalHeaderKey(name)] = values
		}
	}
	return signed.URL, h, nil
}
