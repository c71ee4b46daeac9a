package gateway

import (
	"context"
	"net/http"
	"net/url"

	"sluice/core/internal/blob"
	"sluice/core/provider"
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
