package provider

import (
	"sluice/core/dialect/embed"
	"sluice/core/dialect/ollama"
	"sluice/core/internal/frame"
	"sluice/core/llm"
)

// The provider ollama speaks OpenAI's dialect, as the reference has it. This
// one speaks Ollama's own, which knows more: how long a model stays loaded,
// its options, and schemas as they are.
func init() {
	add(Spec{
		ID: "ollama-native", Name: "Ollama, own API", Docs: "https://docs.ollama.com/api/chat", Keyless: true,
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: ollama.Codec{}, Path: "/api/chat", Format: frame.NDJSONFormat},
			{Operation: llm.Embed, Task: embed.Ollama, Path: "/api/embed"},
		},
	})
}
