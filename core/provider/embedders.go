package provider

import (
	"sluice/core/dialect/embed"
	"sluice/core/dialect/rerank"
	"sluice/core/llm"
)

// Providers that have no conversations, only vectors, rankings and images.
func init() {
	for _, s := range []Spec{
		{ID: "jina", Name: "Jina AI", BaseURL: "https://api.jina.ai/v1", Docs: "https://jina.ai/embeddings", Endpoints: []Endpoint{
			{Operation: llm.Embed, Task: embed.Jina, Path: "/embeddings"},
			{Operation: llm.Rerank, Path: "/rerank"},
		}},
		{ID: "nomic", Name: "Nomic", BaseURL: "https://api-atlas.nomic.ai/v1", Docs: "https://docs.nomic.ai/atlas/api-reference/embedding/embed-text", Endpoints: []Endpoint{
			{Operation: llm.Embed, Task: embed.Nomic, Path: "/embedding/text"},
		}},
		{ID: "recraft-ai", Name: "Recraft", BaseURL: "https://external.api.recraft.ai/v1", Docs: "https://www.recraft.ai/docs/api-reference/endpoints", Endpoints: []Endpoint{
			{Operation: llm.GenerateImage, Path: "/images/generations"},
		}},
		{ID: "voyage", Name: "Voyage AI", BaseURL: "https://api.voyageai.com/v1", Docs: "https://docs.voyageai.com/reference/embeddings-api", Endpoints: []Endpoint{
			{Operation: llm.Embed, Task: embed.Voyage, Path: "/embeddings"},
			{Operation: llm.Rerank, Task: rerank.Voyage, Path: "/rerank"},
		}},
	} {
		add(s)
	}
}
