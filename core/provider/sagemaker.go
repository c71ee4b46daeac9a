package provider

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/dialect/openaichat"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// sagemakerHeaders are what a request to an endpoint may say beside its body.
// Each is an option, and a header under Amazon's prefix.
var sagemakerHeaders = []string{
	"custom-attributes", "target-model", "target-variant", "target-container-hostname", "inference-id",
	"enable-explanations", "inference-component", "session-id", "model-name",
}

const sagemakerPrefix = "amzn-sagemaker-"

// The model of a conversation is the name of an endpoint, whose container has
// to speak OpenAI's chat, as those of vLLM, TGI and LMI do. What else there
// is, is relayed.
//
// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
func init() {
	options := awsOptions[:len(awsOptions):len(awsOptions)]
	for _, name := range sagemakerHeaders {
		name = sagemakerPrefix + name
		options = append(options, Option{Key: strings.ReplaceAll(name, "-", "_"), Headers: []string{name}})
	}
	add(Spec{
		ID: "sagemaker", Name: "Amazon SageMaker AI",
		Docs:    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html",
		BaseURL: "https://runtime.sagemaker.{aws_region}.amazonaws.com", Signed: "sagemaker", Auth: sagemakerOptions,
		Endpoints: []Endpoint{{
			Operation: llm.Generate, Codec: openaichat.Codec{}, Format: frame.PayloadFormat,
			Path: "/endpoints/{model}/invocations", StreamPath: "/endpoints/{model}/invocations-response-stream",
		}},
		Options: options,
		Quirks:  []Quirk{{Drop: "model"}}, // it is the endpoint's name; the container has one of its own
	})
}

func sagemakerOptions(_ context.Context, r *http.Request, s Settings) error {
	for _, name := range sagemakerHeaders {
		name = sagemakerPrefix + name
		setOption(r, "X-"+name, s, strings.ReplaceAll(name, "-", "_"))
	}
	return nil
}
