package provider

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openairesponses"
	"sluice/core/llm"
	"sluice/core/secret"
)

// Where Mantle has what: most models under one root, OpenAI's newer ones,
// which know Responses only, under another, and Claude under a third. A model
// under the wrong one "isn't supported on this route".
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/endpoints.html
const (
	mantleRoot   = "/v1"
	mantleOpenAI = "/openai/v1"
	mantleClaude = "/anthropic/v1"
)

// Bedrock's endpoint that speaks the dialects of others. It takes a Bedrock
// API key or a signature.
func init() {
	add(Spec{
		ID: "bedrock-mantle", Name: "Amazon Bedrock (Mantle)", Docs: "https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html",
		BaseURL: "https://bedrock-mantle.{aws_region}.api.aws", Signed: "bedrock-mantle", Auth: mantleHeaders,
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: mantleRoot + "/chat/completions"},
			{Operation: llm.Generate, Codec: openairesponses.Codec{}, Path: mantleRoot + responsesPath},
			{Operation: llm.Generate, Codec: openairesponses.Codec{}, Path: mantleOpenAI + responsesPath},
			{Operation: llm.Generate, Codec: anthropic.Codec{}, Path: mantleClaude + "/messages"},
		},
		Serve:   mantleServe,
		Options: append(awsOptions[:len(awsOptions):len(awsOptions)], anthropicOptions...),
	})
}

func mantleServe(model string, all []Endpoint) []Endpoint {
	root := mantleRoot
	switch {
	case strings.HasPrefix(model, "anthropic."):
		root = mantleClaude
	case strings.HasPrefix(model, "openai.gpt-") && !strings.HasPrefix(model, "openai.gpt-oss"):
		root = mantleOpenAI
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool { return !strings.HasPrefix(e.Path, root+"/") })
}

// mantleHeaders sets what Messages wants. The credential comes with the
// signature, or in place of it.
func mantleHeaders(_ context.Context, r *http.Request, s Settings) error {
	if strings.Contains(r.URL.Path, mantleClaude) {
		anthropicHeaders(r, s, secret.Value{})
	}
	return nil
}
