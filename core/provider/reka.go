package provider

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/dialect/legacy"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

// Reka has three dialects: OpenAI's for its research models, one of its own
// for all others, and the one before that, which the reference speaks. So a
// host of the client's own is taken to speak that one, unless its path says
// that it is of today's version.
//
// https://docs.reka.ai/chat/overview
// https://docs.reka.ai/research/api-reference
func init() {
	add(Spec{
		ID: "reka-ai", Name: "Reka", Docs: "https://docs.reka.ai/chat/overview", BaseURL: "https://api.reka.ai/v1",
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: legacy.RekaChat, Path: "/chat"},
			{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions", NoStreamUsage: true},
			{Operation: llm.Generate, Codec: legacy.Reka, Path: "/chat"},
		},
		Select: rekaEndpoints, Serve: rekaModels, Auth: rekaAuth,
	})
}

func rekaEndpoints(s Settings, all []Endpoint) []Endpoint {
	first := s.CustomHost != "" && !strings.HasSuffix(strings.TrimRight(s.CustomHost, "/"), "/v1")
	return those(all, func(e Endpoint) bool { return (e.Codec.Dialect() == llm.Reka) == first })
}

// rekaModels keeps the endpoint of research models for them.
func rekaModels(model string, all []Endpoint) []Endpoint {
	research := strings.Contains(model, "research")
	return those(all, func(e Endpoint) bool {
		return e.Codec.Dialect() == llm.Reka || (e.Codec.Dialect() == llm.OpenAIChat) == research
	})
}

// rekaAuth sends the key where the API looks for it.
func rekaAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("reka-ai", "")
	}
	if strings.HasSuffix(r.URL.Path, "/chat/completions") {
		bearer(r, s.APIKey)
		return nil
	}
	r.Header.Set("X-Api-Key", s.APIKey.Reveal())
	return nil
}
