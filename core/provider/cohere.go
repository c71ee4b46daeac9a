package provider

import (
	"sluice/core/dialect/cohere"
	"sluice/core/llm"
)

// Cohere's own API. The older host, api.cohere.ai, answers too.
func init() {
	add(Spec{
		ID: "cohere", Name: "Cohere", Docs: "https://docs.cohere.com/reference/chat", BaseURL: cohereHost,
		Endpoints: []Endpoint{{Operation: llm.Generate, Codec: cohere.Codec{}, Path: "/v2/chat"}},
		RelayBase: func(s Settings) (string, error) { return hostOr(s, cohereHost+"/v1") },
	})
}

const cohereHost = "https://api.cohere.com"
