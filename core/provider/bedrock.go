package provider

import (
	"slices"
	"strings"

	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/bedrockinvoke"
	"sluice/core/dialect/embed"
	"sluice/core/dialect/image"
	"sluice/core/dialect/rerank"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// awsOptions are the settings of a target on Amazon Web Services. Signing is
// the transport's work.
var awsOptions = []Option{
	{Key: "aws_access_key_id", Headers: []string{"aws-access-key-id"}},
	{Key: "aws_secret_access_key", Headers: []string{"aws-secret-access-key"}},
	{Key: "aws_session_token", Headers: []string{"aws-session-token"}},
	{Key: "aws_region", Headers: []string{"aws-region"}, Default: "us-east-1"},
	{Key: "aws_auth_type", Headers: []string{"aws-auth-type"}}, // assumedRole, apiKey, else static keys
	{Key: "aws_role_arn", Headers: []string{"aws-role-arn"}},
	{Key: "aws_external_id", Headers: []string{"aws-external-id"}},
}

var bedrockOptions = []Option{
	{Key: "aws_s3_bucket", Headers: []string{"aws-s3-bucket"}, Host: true},           // of files: the operator's keys reach the operator's bucket only
	{Key: "aws_batch_role_arn", Headers: []string{"aws-batch-role-arn"}, Host: true}, // that jobs run with
	{Key: "aws_s3_object_key", Headers: []string{"aws-s3-object-key", "provider-file-name"}},
	{Key: "aws_bedrock_model", Headers: []string{"aws-bedrock-model", "provider-model"}},
	// converse or invoke: which API carries conversations. Not set, it is the
	// client's own, and Converse for clients of other dialects.
	{Key: "aws_bedrock_api", Headers: []string{"aws-bedrock-api"}},
	{Key: "aws_server_side_encryption", Headers: []string{"amz-server-side-encryption"}},
	{Key: "aws_server_side_encryption_kms_key_id", Headers: []string{"amz-server-side-encryption-aws-kms-key-id"}},
}

func init() {
	options := append(awsOptions[:len(awsOptions):len(awsOptions)], bedrockOptions...)
	vectors, images, ranks := embed.Bedrock, image.Bedrock, rerank.Bedrock
	vectors.Error, images.Error, ranks.Error = bedrockError, bedrockError, bedrockError
	add(Spec{
		ID: "bedrock", Name: "Amazon Bedrock",
		Docs:    "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
		BaseURL: "https://bedrock-runtime.{aws_region}.amazonaws.com", Transport: BedrockTransport,
		Endpoints: []Endpoint{
			{
				Operation: llm.Generate, Codec: bedrock.Codec{}, Format: frame.EventStreamFormat,
				Path: "/model/{model}/converse", StreamPath: "/model/{model}/converse-stream",
			},
			{
				Operation: llm.Generate, Codec: bedrockinvoke.Codec{}, Format: frame.EventStreamFormat, For: llm.OpenAIText,
				Path: invokePath, StreamPath: invokePath + "-with-response-stream",
			},
			{Operation: llm.Embed, Task: vectors, Path: invokePath},
			{Operation: llm.GenerateImage, Task: images, Path: invokePath},
			{Operation: llm.Rerank, Task: ranks, Path: invokePath},
			{Operation: llm.CountTokens, Codec: bedrock.Codec{}, Path: "/model/{model}/count-tokens"},
		},
		Options: append(options, anthropicOptions...), Adapt: bedrockAdapt, Serve: bedrockServe, Select: bedrockSelect,
	})
}

// invokePath is InvokeModel: everything that Bedrock has and Converse has not.
const invokePath = "/model/{model}/invoke"

// bedrockError reads AWS's errors, which every operation has in the same form.
var bedrockError = bedrock.Codec{}.Raw(nil).DecodeError

// bedrockServe leaves the models that Converse does not know to InvokeModel,
// where completions of those that take a prompt are at home. Completions of
// all others become conversations.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
func bedrockServe(model string, all []Endpoint) []Endpoint {
	base := bedrock.BaseModel(model)
	if strings.HasPrefix(base, "ai21.j2-") || strings.HasPrefix(base, "cohere.command-text-") || strings.HasPrefix(base, "cohere.command-light-text-") {
		return withoutDialect(all, llm.Converse)
	}
	if bedrockinvoke.TakesPrompt(model) {
		return all
	}
	converse := slices.Clone(all)
	for i := range converse {
		converse[i].For = ""
	}
	return converse
}

// bedrockSelect lets a target say which API carries its conversations.
func bedrockSelect(s Settings, all []Endpoint) []Endpoint {
	switch s.Option("aws_bedrock_api") {
	case "invoke":
		return withoutDialect(all, llm.Converse)
	case "converse":
		return withoutDialect(all, llm.InvokeModel)
	}
	return all
}

func withoutDialect(all []Endpoint, d llm.Dialect) []Endpoint {
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool {
		return e.Operation == llm.Generate && e.Codec.Dialect() == d
	})
}

// bedrockAdapt puts what clients of Anthropic's send as headers into the body,
// where Bedrock has it.
func bedrockAdapt(s Settings, e Endpoint, model string, body []byte) ([]byte, []string, error) {
	if e.Operation != llm.Generate || !bedrock.IsClaude(model) {
		return body, nil, nil
	}
	body, dropped, err := bedrockBetas(s.Option("anthropic_beta"), e, body)
	version := s.Option("anthropic_version")
	// Clients send the version of Anthropic's own API, too. Converse has none.
	if err != nil || !strings.HasPrefix(version, "bedrock-") || e.Codec.Dialect() != llm.InvokeModel || json.Lookup(body, "messages") == nil {
		return body, dropped, err
	}
	body, err = json.Splice(body, json.Edit{Name: "anthropic_version", Value: json.Quote(version)})
	return body, dropped, err
}

func bedrockBetas(flags string, e Endpoint, body []byte) ([]byte, []string, error) {
	switch {
	case flags == "":
		return body, nil, nil
	case e.Codec.Dialect() != llm.InvokeModel:
		return bedrock.AddBetas(body, flags)
	case json.Lookup(body, "messages") == nil: // Claude 2 knows none
		return body, []string{"anthropic_beta"}, nil
	}
	return bedrock.MessagesBody(body, flags)
}
