package aws

import (
	"sluice/core/cache/s3vectors"
	"sluice/core/cache/semantic"
)

// Vectors returns where the vectors of the semantic cache are, nil if that is
// the data table:
//
//	VECTOR_BUCKET     name of a vector bucket of Amazon S3 Vectors
//
// AWS_ENDPOINT_URL_S3VECTORS and AWS_ENDPOINT_URL take the place of AWS's own
// endpoint.
func Vectors(getenv func(string) string) semantic.Index {
	bucket := getenv("VECTOR_BUCKET")
	if bucket == "" {
		return nil
	}
	return s3vectors.New(s3vectors.Config{
		HTTP: connections(), Credentials: credentials(getenv), Region: region(getenv), Bucket: bucket, Endpoint: endpoint(getenv, "S3VECTORS"),
	})
}
