package gateway

import (
	"context"
	"net/http"
	"net/url"

	"sluice/core/internal/blob"
	"sluice/core/jobs"
	"sluice/core/provider"
	"sluice/core/uploads"
	"sluice/core/upstream"
)

// Files lets jobs keep their files on S3.
func (b bedrock) Files(s provider.Settings) (blob.Store, string, error) {
	o, err := b.t.Objects(s)
	if err != nil {
		return nil, "", err
	}
	return o, o.Bucket(), nil
}

func (b bedrock) Control(ctx context.Context, s provider.Settings, method, path string, query url.Values, body []byte) (*http.Response, error) {
	return b.t.Control(ctx, s, method, path, query, body)
}

// depot is where large files wait: with the process, or in its bucket.
func (c Config) depot(aws bedrock) *uploads.Depot {
	switch {
	case c.Files != nil:
		return uploads.New(c.Files, "local", nil)
	case c.Bedrock.Bucket == "":
		return nil
	}
	o, err := aws.t.Objects(provider.Settings{})
	if err != nil {
		return nil // the process has no credentials: nobody could use the bucket
	}
	return uploads.New(o, c.Bedrock.Bucket, o.Presign)
}

// services are those who answer for files, batches and fine-tuning where a
// provider's are not at OpenAI's paths.
func (c Config) services(aws bedrock, client upstream.Doer) map[string]upstream.Service {
	return map[string]upstream.Service{
		"bedrock":      jobs.Bedrock{AWS: aws, Role: c.Bedrock.BatchRole},
		"fireworks-ai": jobs.Fireworks{HTTP: client},
		"vertex-ai":    jobs.Vertex{HTTP: client, Storage: c.GoogleStorage},
	}
}
