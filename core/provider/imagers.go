package provider

import (
	"context"
	"net/http"

	"sluice/core/dialect/image"
	"sluice/core/llm"
)

// Providers that make images in forms of their own. The path depends on the
// model.
func init() {
	add(Spec{
		ID: "segmind", Name: "Segmind", BaseURL: "https://api.segmind.com/v1", Docs: "https://docs.segmind.com/api", Auth: keyIn("segmind", "X-Api-Key", ""),
		Endpoints: []Endpoint{{Operation: llm.GenerateImage, Task: image.Segmind, Path: "/{model}"}},
	})
	add(Spec{
		ID: "stability-ai", Name: "Stability AI", BaseURL: "https://api.stability.ai", Docs: "https://platform.stability.ai/docs/api-reference",
		Endpoints: []Endpoint{{Operation: llm.GenerateImage, Task: image.Stability, Path: "/v2beta/stable-image/generate/{model}"}},
		Auth:      stabilityAuth,
		Options: []Option{ // who calls, for Stability's support
			{Key: "stability_client_id", Headers: []string{"stability-client-id"}},
			{Key: "stability_client_user_id", Headers: []string{"stability-client-user-id"}},
			{Key: "stability_client_version", Headers: []string{"stability-client-version"}},
		},
	})
}

func stabilityAuth(_ context.Context, r *http.Request, s Settings) error {
	if s.APIKey.IsZero() {
		return missingKey("stability-ai", "")
	}
	bearer(r, s.APIKey)
	setOption(r, "Stability-Client-Id", s, "stability_client_id")
	setOption(r, "Stability-Client-User-Id", s, "stability_client_user_id")
	setOption(r, "Stability-Client-Version", s, "stability_client_version")
	return nil
}
