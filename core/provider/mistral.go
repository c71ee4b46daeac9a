package provider

import (
	"slices"

	"sluice/core/dialect/embed"
	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "mistral-ai", Name: "Mistral AI", Docs: "https://docs.mistral.ai/api/endpoint/chat",
		BaseURL: "https://api.mistral.ai/v1", Select: mistralEndpoints,
		Endpoints: withTask(with(noUsageChat, llm.Moderate, llm.Transcribe), llm.Embed, embed.Mistral), Quirks: mistral,
		Options: []Option{{Key: "mistral_fim_completion", Headers: []string{"mistral-fim-completion"}}},
	})
}

// mistralEndpoints sends requests with prompt and suffix to
// fill-in-the-middle when the option says so: the rest of the body is chat's.
func mistralEndpoints(s Settings, all []Endpoint) []Endpoint {
	if s.Option("mistral_fim_completion") != "true" {
		return all
	}
	fim := slices.Clone(all)
	fim[0].Path = "/fim/completions"
	return fim
}
