package provider

import (
	"context"
	"net/http"

	"sluice/core/llm"
)

// within are the ranges that OpenAI documents. It answers 400 beyond them.
var within = []Quirk{
	{Clamp: "temperature", Min: 0, Max: 2},
	{Clamp: "top_p", Min: 0, Max: 1},
	{Clamp: "presence_penalty", Min: -2, Max: 2},
	{Clamp: "frequency_penalty", Min: -2, Max: 2},
}

// everything is what OpenAI has beside its dialects.
var everything = []llm.Operation{
	llm.Embed, llm.Moderate, llm.GenerateImage, llm.EditImage, llm.VaryImage, llm.Speak, llm.Transcribe, llm.TranslateSound,
}

func init() {
	add(Spec{
		ID: "openai", Name: "OpenAI", Docs: "https://platform.openai.com/docs/api-reference/chat",
		BaseURL: "https://api.openai.com/v1", Endpoints: with(openAI, everything...), KeepDeveloper: true, Quirks: within, Auth: openAIAuth,
		Options: []Option{
			{Key: "openai_organization", Headers: []string{"openai-organization"}, Plain: []string{"openai-organization"}},
			{Key: "openai_project", Headers: []string{"openai-project"}, Plain: []string{"openai-project"}},
			{Key: "openai_beta", Headers: []string{"openai-beta"}, Plain: []string{"openai-beta"}},
		},
	})
}

func openAIAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("openai", "")
	}
	bearer(r, s.APIKey)
	setOption(r, "OpenAI-Organization", s, "openai_organization")
	setOption(r, "OpenAI-Project", s, "openai_project")
	setOption(r, "OpenAI-Beta", s, "openai_beta")
	return nil
}
