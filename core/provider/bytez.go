package provider

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/dialect/legacy"
	"sluice/core/dialect/openaichat"
	"sluice/core/llm"
)

// Bytez speaks OpenAI's chat, and an API of its own, which knows neither tools
// nor counts. The reference speaks the latter. So a host of the client's own
// is taken to do so too, unless its path says that it speaks OpenAI's.
func init() {
	add(Spec{
		ID: "bytez", Name: "Bytez", Docs: "https://docs.bytez.com/http-reference/oaiCompliant/chatCompletions", BaseURL: "https://api.bytez.com/models/v2/openai/v1",
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions"},
			{Operation: llm.Generate, Codec: legacy.Bytez, Path: "/models/v2/{model}"},
		},
		Select: bytezEndpoints, URL: bytezURL, Auth: bytezAuth, Quirks: maxTokens, KeepDeveloper: true,
	})
}

func bytezEndpoints(s Settings, all []Endpoint) []Endpoint {
	own := s.CustomHost != "" && !strings.HasSuffix(strings.TrimRight(s.CustomHost, "/"), "/openai/v1")
	return those(all, func(e Endpoint) bool { return (e.Codec.Dialect() == llm.Bytez) == own })
}

// bytezURL keeps the slashes of names such as Qwen/Qwen3-4B.
func bytezURL(s Settings, e Endpoint, r Request) (string, error) {
	spec, _ := Find("bytez")
	base, err := spec.base(s)
	if err != nil || e.Codec.Dialect() != llm.Bytez {
		return base + e.Path, err
	}
	model, err := modelPath(r.Model)
	return base + "/models/v2/" + model, err
}

func bytezAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("bytez", "")
	}
	r.Header.Set("Authorization", "Key "+s.APIKey.Reveal())
	return nil
}
