package provider

import (
	"context"
	"net/http"
	"strings"

	"sluice/core/dialect/embed"
	"sluice/core/dialect/legacy"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// PaLM was closed in 2024, and replaced by Gemini: a host of the client's own
// may still speak it.
func init() {
	add(Spec{
		ID: "palm", Name: "Google PaLM", Docs: "https://ai.google.dev/palm_docs/deprecation", BaseURL: "https://generativelanguage.googleapis.com/v1beta3",
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: legacy.PaLM, Path: "/models/{model}:generateMessage"},
			{Operation: llm.Embed, Task: embed.PaLM, Path: "/models/{model}:embedText"},
		},
		URL: palmURL, Auth: palmAuth,
	})
}

// palmURL finds the method: a prompt that is a text has one of its own.
func palmURL(s Settings, e Endpoint, r Request) (string, error) {
	spec, _ := Find("palm")
	base, err := spec.base(s)
	if err != nil {
		return "", err
	}
	_, method, _ := strings.Cut(e.Path, ":")
	if json.Lookup(r.Body, "prompt", "text") != nil {
		method = "generateText"
	}
	model, err := segment("model", r.Model)
	return base + "/models/" + model + ":" + method, err
}

// palmAuth sends the key in a header, as for Gemini.
func palmAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("palm", "")
	}
	r.Header.Set("X-Goog-Api-Key", s.APIKey.Reveal())
	return nil
}
