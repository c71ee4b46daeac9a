package provider

import (
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "mistral-ai", Name: "Mistral AI", Docs: "https://docs.mistral.ai/api/endpoint/chat",
		BaseURL: "https://api.mistral.ai/v1", Select: mistralEndpoints,
		// A stream ends with its usage anyway.
		Endpoints: []Endpoint{{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions", NoStreamUsage: true}},
		Options:   []Option{{Key: "mistral_fim_completion", Headers: []string{"mistral-fim-completion"}}},
		// Mistral answers 422 extra_forbidden to members that it does not know.
		Quirks: []Quirk{
			{Rename: "seed", To: "random_seed"},
			{Rename: "max_completion_tokens", To: "max_tokens"},
			{Drop: "stream_options"},
			{Drop: "user"},
			{Drop: "logit_bias"},
			{Drop: "logprobs"},
			{Drop: "top_logprobs"},
			{Drop: "service_tier"},
			{Drop: "store"},
			{Drop: "messages.*.name"},
			{Drop: "messages.*.refusal"},
			{Drop: "messages.*.annotations"},
			{Drop: "messages.*.audio"},
			{Drop: "messages.*.function_call"},
			{Drop: "messages.*.reasoning_content"},
		},
	})
}

// mistralEndpoints sends requests with prompt and suffix to
// fill-in-the-middle when the option says so: the rest of the body is chat's.
func mistralEndpoints(s Settings, all []Endpoint) []Endpoint {
	if s.Option("mistral_fim_completion") != "true" {
		return all
	}
	fim := all[0]
	fim.Path = "/fim/completions"
	return []Endpoint{fim}
}
