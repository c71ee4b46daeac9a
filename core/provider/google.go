package provider

import (
	"context"
	"net/http"

	"sluice/core/dialect/gemini"
	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "google", Name: "Google Gemini", Docs: "https://ai.google.dev/api/generate-content",
		BaseURL: "https://generativelanguage.googleapis.com", Auth: googleAuth,
		Endpoints: []Endpoint{{
			Operation: llm.Generate, Codec: gemini.Codec{},
			Path: "/v1beta/models/{model}:generateContent", StreamPath: "/v1beta/models/{model}:streamGenerateContent?alt=sse",
		}},
	})
}

// googleAuth sends the key in a header: a key in the query, which the API
// takes as well, ends in logs and traces.
func googleAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("google", " or in x-goog-api-key")
	}
	r.Header.Set("X-Goog-Api-Key", s.APIKey.Reveal())
	return nil
}
