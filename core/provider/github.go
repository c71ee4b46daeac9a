package provider

import (
	"cmp"
	"context"
	"net/http"

	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "github", Name: "GitHub Models", Docs: "https://docs.github.com/en/rest/models/inference",
		BaseURL: "https://models.github.ai/inference", Endpoints: with(chatText, llm.Embed),
		Options: []Option{{Key: "azure_extra_parameters", Headers: []string{"azure-extra-params"}}},
		Auth: func(_ context.Context, r *http.Request, s Settings) error {
			if s.APIKey.IsZero() {
				return missingKey("github", "")
			}
			bearer(r, s.APIKey)
			extraParameters(r, s)
			return nil
		},
	})
}

// extraParameters says what is to happen to members that a model does not
// know: drop, pass-through or error, which is the service's own default.
//
// https://learn.microsoft.com/rest/api/aifoundry/model-inference/get-chat-completions/get-chat-completions
func extraParameters(r *http.Request, s Settings) {
	r.Header.Set("Extra-Parameters", cmp.Or(s.Option("azure_extra_parameters"), "drop"))
}
