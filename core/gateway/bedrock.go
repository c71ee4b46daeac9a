package gateway

import (
	"context"
	"net/http"

	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/upstream"
	"sluice/core/upstream/awsx"
)

// bedrock lets the AWS transport carry what upstream sends.
type bedrock struct{ t *awsx.Transport }

func (b bedrock) Send(ctx context.Context, s provider.Settings, m upstream.Message) (*http.Response, error) {
	op := awsx.Converse
	switch {
	case m.Operation == llm.CountTokens:
		op = awsx.CountTokens
	case m.Stream:
		op = awsx.ConverseStream
	}
	return b.t.Do(ctx, s, op, m.Model, m.Body, m.Header)
}

func (b bedrock) Region(s provider.Settings) string { return b.t.Region(s) }
