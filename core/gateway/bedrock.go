package gateway

import (
	"context"
	"net/http"
	"path"

	"sluice/core/llm"
	"sluice/core/provider"
	"sluice/core/upstream"
	"sluice/core/upstream/awsx"
)

// wanted is the end of an endpoint's path, and whether the answer streams.
type wanted struct {
	path   string
	stream bool
}

var operations = map[wanted]awsx.Op{
	{"converse", false}:     awsx.Converse,
	{"converse", true}:      awsx.ConverseStream,
	{"invoke", false}:       awsx.InvokeModel,
	{"invoke", true}:        awsx.InvokeModelStream,
	{"count-tokens", false}: awsx.CountTokens,
}

// bedrock lets the AWS transport carry what upstream sends.
type bedrock struct{ t *awsx.Transport }

func (b bedrock) Send(ctx context.Context, s provider.Settings, m upstream.Message) (*http.Response, error) {
	op, known := operations[wanted{path.Base(m.Path), m.Stream}]
	if !known {
		return nil, llm.Errorf(llm.Unsupported, "%s is not an operation of Bedrock", m.Operation)
	}
	return b.t.Do(ctx, s, op, m.Model, m.Body, m.Header)
}

func (b bedrock) Region(s provider.Settings) string { return b.t.Region(s) }
