package provider

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/embed"
	"sluice/core/dialect/openaichat"
	"sluice/core/dialect/openaitext"
	"sluice/core/llm"
	"sluice/core/secret"
)

func init() {
	add(Spec{
		ID: "azure-ai", Name: "Azure AI Foundry", Docs: "https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints",
		URL: azureAIURL, RelayBase: azureAIRelay, RelayQuery: azureAIRelayQuery, Select: azureAIEndpoints, Auth: azureAIAuth,
		Endpoints: withTask(with([]Endpoint{
			{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/chat/completions"},
			{Operation: llm.Generate, Codec: openaitext.Codec{}, Path: "/completions"},
			{Operation: llm.Generate, Codec: anthropic.Codec{}, Path: "/v1/messages"},
			{Operation: llm.CountTokens, Codec: anthropic.Codec{}, Path: "/v1/messages/count_tokens"},
		}, llm.GenerateImage, llm.EditImage, llm.Speak, llm.Transcribe, llm.TranslateSound), llm.Embed, embed.AzureAI),
		Options: slices.Concat([]Option{
			{Key: "azure_foundry_url", Headers: []string{"azure-foundry-url"}, Host: true},
			{Key: "azure_api_version", Headers: []string{"azure-api-version"}},
			{Key: "azure_endpoint_name", Headers: []string{"azure-endpoint-name"}},
			{Key: "azure_deployment_name"},
			{Key: "azure_extra_parameters", Headers: []string{"azure-extra-params"}},
		}, azureOptions, anthropicOptions),
	})
}

// claudeOnAzure reports whether the target's URL is the one for Claude, which
// speaks Anthropic's dialect.
//
// https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude
func claudeOnAzure(s Settings) bool {
	return strings.Contains(cmp.Or(s.Option("azure_foundry_url"), s.CustomHost), "anthropic")
}

func azureAIEndpoints(s Settings, all []Endpoint) []Endpoint {
	claude := claudeOnAzure(s)
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool {
		return (e.Codec != nil && e.Codec.Dialect() == llm.Anthropic) != claude
	})
}

func azureAIURL(s Settings, e Endpoint, _ Request) (string, error) {
	base, err := azureAIBase(s)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	if v := s.Option("azure_api_version"); v != "" {
		query.Set("api-version", v)
	}
	return withQuery(base+e.Path, query), nil
}

func azureAIBase(s Settings) (string, error) {
	foundry := s.Option("azure_foundry_url")
	switch {
	case s.CustomHost != "":
		return hostOr(s, "")
	case foundry == "":
		return "", llm.Errorf(llm.BadRequest, "azure-ai needs the address of your resource: x-portkey-azure-foundry-url, or azure_foundry_url in the config")
	}
	return httpsBase("azure_foundry_url", foundry)
}

// azureAIRelay is what other paths stand under: OpenAI's API of the resource,
// where its files, batches and fine-tuning are, or Anthropic's.
//
// https://learn.microsoft.com/azure/ai-foundry/openai/reference-preview-latest
func azureAIRelay(s Settings) (string, error) {
	base, err := azureAIBase(s)
	switch {
	case err != nil || s.CustomHost != "":
		return base, err
	case claudeOnAzure(s):
		return base + "/v1", nil
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", llm.Errorf(llm.BadRequest, "azure_foundry_url is not a URL")
	}
	root := u.Scheme + "://" + u.Host + "/openai"
	if v := s.Option("azure_api_version"); v == "" || v == azureV1 {
		root += "/v1"
	}
	return root, nil
}

func azureAIRelayQuery(s Settings, query string) string {
	v := s.Option("azure_api_version")
	if v == "" || v == azureV1 || claudeOnAzure(s) {
		return query
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		q = url.Values{}
	}
	q.Set("api-version", v)
	return q.Encode()
}

func azureAIAuth(ctx context.Context, r *http.Request, s Settings) error {
	setOption(r, "Azureml-Model-Deployment", s, "azure_deployment_name")
	if !claudeOnAzure(s) {
		extraParameters(r, s)
		return azureAuth(ctx, r, s, "azure-ai", func(key secret.Value) { bearer(r, key) })
	}
	anthropicHeaders(r, s, secret.Value{})
	return azureAuth(ctx, r, s, "azure-ai", func(key secret.Value) { r.Header.Set("X-Api-Key", key.Reveal()) })
}
