package provider

import (
	"sluice/core/dialect/cohere"
	"sluice/core/dialect/embed"
	"sluice/core/llm"
)

// Cohere's own API. The older host, api.cohere.ai, answers too. What clients
// send to rank documents is the first version of its form, which Cohere still
// knows: it is handed on, like every other path, below /v1.
func init() {
	add(Spec{
		ID: "cohere", Name: "Cohere", Docs: "https://docs.cohere.com/reference/chat", BaseURL: cohereHost,
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: cohere.Codec{}, Path: "/v2/chat"},
			{Operation: llm.Embed, Task: embed.Cohere, Path: "/v2/embed"},
		},
		URL:       cohereURL,
		RelayBase: func(s Settings) (string, error) { return hostOr(s, cohereHost+"/v1") },
	})
}

const cohereHost = "https://api.cohere.com"

// cohereURL finds the path: a prompt is for an older one.
func cohereURL(s Settings, e Endpoint, r Request) (string, error) {
	base, err := hostOr(s, cohereHost)
	if e.Codec != nil && cohere.IsPrompt(r.Body) {
		return base + "/v1/generate", err
	}
	return base + e.Path, err
}
