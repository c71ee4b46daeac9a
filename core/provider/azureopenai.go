package provider

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"sluice/core/secret"
)

func init() {
	add(Spec{
		ID: "azure-openai", Name: "Azure OpenAI", Docs: "https://learn.microsoft.com/azure/ai-foundry/openai/reference",
		BaseURL: azureOpenAIHost, Endpoints: with(openAI, everything...), KeepDeveloper: true, Modelless: true, Quirks: within,
		URL: azureOpenAIURL, RelayBase: azureOpenAIRelay, RelayQuery: azureQuery, Select: azureOpenAIEndpoints, Model: azureOpenAIModel, Auth: azureOpenAIAuth,
		Options: append([]Option{
			{Key: "resource_name", Headers: []string{"azure-resource-name"}, Host: true},
			{Key: "deployment_id", Headers: []string{"azure-deployment-id"}},
			{Key: "api_version", Headers: []string{"azure-api-version"}},
			{Key: "azure_model_name", Headers: []string{"azure-model-name"}}, // what runs there, for prices
			{Key: "openai_beta", Headers: []string{"openai-beta"}, Plain: []string{"Openai-Beta"}},
		}, azureOptions...),
	})
}

const azureOpenAIHost = "https://{resource_name}.openai.azure.com/openai"

// azureV1 is the API version that has no dated versions any more: its paths
// are OpenAI's, and the body names the deployment.
//
// https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
const azureV1 = "v1"

func azureVersion(s Settings) string { return cmp.Or(s.Option("api_version"), azureV1) }

func azureOpenAIURL(s Settings, e Endpoint, r Request) (string, error) {
	base, err := azureOpenAIBase(s)
	if err != nil {
		return "", err
	}
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		query = url.Values{} // what no server can read is not handed on
	}
	if azureVersion(s) == azureV1 {
		return withQuery(base+"/v1"+e.Path, query), nil
	}
	if strings.HasPrefix(e.Path, responsesPath) { // belongs to the resource: the body names the deployment
		query.Set("api-version", azureVersion(s))
		return withQuery(base+e.Path, query), nil
	}
	deployment, err := segment("deployment_id", cmp.Or(s.Option("deployment_id"), r.Model))
	query.Set("api-version", azureVersion(s))
	return withQuery(base+"/deployments/"+deployment+e.Path, query), err
}

// azureOpenAIRelay is what other paths stand under: files, batches and lists
// belong to the resource, not to a deployment.
func azureOpenAIRelay(s Settings) (string, error) {
	base, err := azureOpenAIBase(s)
	if azureVersion(s) == azureV1 {
		base += "/v1"
	}
	return base, err
}

func azureQuery(s Settings, query string) string {
	if azureVersion(s) == azureV1 {
		return query
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		v = url.Values{}
	}
	v.Set("api-version", azureVersion(s))
	return v.Encode()
}

func azureOpenAIBase(s Settings) (string, error) {
	if s.CustomHost != "" {
		return hostOr(s, "")
	}
	name, err := hostLabels("resource_name", s.Option("resource_name"))
	return "https://" + name + ".openai.azure.com/openai", err
}

func withQuery(text string, query url.Values) string {
	if len(query) == 0 {
		return text
	}
	return text + "?" + query.Encode()
}

// azureOpenAIModel puts the deployment into the body where the path has none.
func azureOpenAIModel(s Settings, model string) string {
	if azureVersion(s) != azureV1 {
		return model
	}
	return cmp.Or(s.Option("deployment_id"), model)
}

// azureOpenAIEndpoints knows that stream_options came with 2024-09-01-preview;
// versions before it answer 400.
func azureOpenAIEndpoints(s Settings, all []Endpoint) []Endpoint {
	if v := azureVersion(s); v == azureV1 || v >= "2024-09-01" || v < "2" {
		return all
	}
	old := make([]Endpoint, len(all))
	for i, e := range all {
		e.NoStreamUsage = true
		old[i] = e
	}
	return old
}

func azureOpenAIAuth(ctx context.Context, r *http.Request, s Settings) error {
	setOption(r, "OpenAI-Beta", s, "openai_beta")
	return azureAuth(ctx, r, s, "azure-openai", func(key secret.Value) { r.Header.Set("Api-Key", key.Reveal()) })
}

// azureAuth sends an access token if there is one to be had, else hands the
// API key to send.
func azureAuth(ctx context.Context, r *http.Request, s Settings, id string, send func(key secret.Value)) error {
	token, err := azureToken(ctx, s, r.URL.Hostname())
	switch {
	case err != nil:
		return err
	case token != "":
		bearer(r, secret.New(token))
	case s.APIKey.IsZero():
		return missingKey(id, ", or a token in x-portkey-azure-ad-token, or name an azure_auth_mode")
	default:
		send(s.APIKey)
	}
	return nil
}
