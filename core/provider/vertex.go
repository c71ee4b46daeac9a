package provider

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"sluice/core/dialect/anthropic"
	"sluice/core/dialect/embed"
	"sluice/core/dialect/gemini"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func init() {
	add(Spec{
		ID: "vertex-ai", Name: "Google Vertex AI", Docs: "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
		BaseURL: "https://{vertex_region}-aiplatform.googleapis.com", URL: vertexURL, RelayBase: vertexRelay, Auth: vertexAuth,
		Endpoints: vertexEndpoints, Serve: vertexServe, Model: vertexBodyModel, Adapt: vertexAdapt,
		Options: slices.Concat([]Option{
			{Key: "vertex_project_id", Headers: []string{"vertex-project-id"}},
			{Key: "vertex_region", Headers: []string{"vertex-region"}},
			{Key: "vertex_service_account_json", Headers: []string{"vertex-service-account-json"}},
			{Key: "vertex_auth_mode", Headers: []string{"vertex-auth-mode"}},
			{Key: "vertex_storage_bucket_name", Headers: []string{"vertex-storage-bucket-name"}, Host: true}, // of files, as bedrock's
			{Key: "vertex_model_name", Headers: []string{"provider-model"}},
			{Key: "vertex_batch_endpoint", Headers: []string{"provider-batch-endpoint"}}, // of rows that name none
			{Key: "filename", Headers: []string{"provider-file-name"}},
		}, anthropicOptions),
	})
}

// vertexEndpoints are those of all publishers; [vertexServe] knows which are
// a model's. Paths are appended to a project and its location.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
// https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral
// https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview
var vertexEndpoints = []Endpoint{
	{
		Operation: llm.Generate, Codec: gemini.Codec{},
		Path: "/publishers/google/models/{model}:generateContent", StreamPath: "/publishers/google/models/{model}:streamGenerateContent?alt=sse",
	},
	{Operation: llm.CountTokens, Codec: gemini.Codec{}, Path: "/publishers/google/models/{model}:countTokens"},
	{Operation: llm.Embed, Task: embedsAsGoogle(embed.Vertex), Path: "/publishers/google/models/{model}:predict"},
	{
		Operation: llm.GenerateImage, Task: drawsAsGoogle("/publishers/google/models/{model}:generateContent"),
		Path: "/publishers/google/models/{model}:predict",
	},
	{
		Operation: llm.Generate, Codec: anthropic.Codec{},
		Path: "/publishers/anthropic/models/{model}:rawPredict", StreamPath: "/publishers/anthropic/models/{model}:streamRawPredict",
	},
	{Operation: llm.CountTokens, Codec: anthropic.Codec{}, Path: "/publishers/anthropic/models/count-tokens:rawPredict"},
	{
		Operation: llm.Generate, Codec: openaichat.Codec{}, NoStreamUsage: true,
		Path: "/publishers/mistralai/models/{model}:rawPredict", StreamPath: "/publishers/mistralai/models/{model}:streamRawPredict",
	},
	{
		Operation: llm.Generate, Codec: openaichat.Codec{}, NoStreamUsage: true,
		Path: "/publishers/ai21/models/{model}:rawPredict", StreamPath: "/publishers/ai21/models/{model}:streamRawPredict",
	},
	{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/endpoints/openapi/chat/completions"},
	{Operation: llm.Generate, Codec: openaichat.Codec{}, Path: "/endpoints/{model}/chat/completions"},
	{ // a tuned Gemini, for those who ask in its dialect
		Operation: llm.Generate, Codec: gemini.Codec{},
		Path: "/endpoints/{model}:generateContent", StreamPath: "/endpoints/{model}:streamGenerateContent?alt=sse",
	},
}

func vertexServe(model string, all []Endpoint) []Endpoint {
	begin := vertexModelOf(model).path()
	return slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool { return !strings.HasPrefix(e.Path, begin) })
}

func vertexBodyModel(_ Settings, model string) string { return vertexModelOf(model).body() }

// vertexURL puts a project and its location before the path of an endpoint. An
// API key without a project belongs to express mode, which has neither.
func vertexURL(s Settings, e Endpoint, r Request) (string, error) {
	name, err := modelSegment(vertexModelOf(r.Model).name)
	if err != nil {
		return "", err
	}
	at := vertexPlaceOf(s, r)
	base, err := at.base(s)
	if err != nil {
		return "", err
	}
	parent, err := at.parent()
	return base + at.version + parent + strings.ReplaceAll(e.path(r), "{model}", name), err
}

// vertexRelay is what other paths stand under.
func vertexRelay(s Settings) (string, error) {
	at := vertexPlaceOf(s, Request{})
	base, err := at.base(s)
	if err != nil {
		return "", err
	}
	parent, err := at.parent()
	return base + at.version + parent, err
}

func vertexAuth(ctx context.Context, r *http.Request, s Settings) error {
	if strings.Contains(r.URL.Path, "/publishers/anthropic/") {
		if betas := union(headerText(r.Header, "Anthropic-Beta"), s.Option("anthropic_beta")); betas != "" {
			r.Header.Set("Anthropic-Beta", betas)
		}
	}
	if s.Option("vertex_auth_mode") != "" && !strings.HasSuffix(strings.ToLower(r.URL.Hostname()), ".googleapis.com") {
		return llm.Errorf(llm.BadRequest, "the gateway's own identity is only shown to Google's own hosts")
	}
	token, err := GoogleToken(ctx, s)
	switch {
	case err != nil:
		return err
	case token != "":
		r.Header.Set("Authorization", "Bearer "+token)
	case s.APIKey.IsZero():
		return missingKey("vertex-ai", ", name a service account in vertex_service_account_json")
	default:
		r.Header.Set("X-Goog-Api-Key", s.APIKey.Reveal())
	}
	return nil
}

// claudeOnVertex is the version of the Messages API on Vertex AI, which the
// body has to name there.
const claudeOnVertex = "vertex-2023-10-16"

// vertexAdapt brings partners' bodies into the form that they have on Vertex
// AI.
func vertexAdapt(s Settings, e Endpoint, model string, body []byte) ([]byte, []string, error) {
	switch publisher := vertexModelOf(model).publisher; {
	case publisher == ofGoogle && e.Operation == llm.CountTokens:
		out, err := gemini.CountOwnBody(body, "vertex-ai", model)
		return out, nil, err
	case publisher == ofMistral:
		return registry["mistral-ai"].Apply(llm.OpenAIChat, body)
	case publisher != ofAnthropic:
		return body, nil, nil
	case e.Operation == llm.CountTokens: // the path names none
		out, err := json.Splice(body, json.Edit{Name: "model", Value: json.Quote(vertexBodyModel(s, model))})
		return out, nil, err
	}
	version := s.Option("anthropic_version")
	if !strings.HasPrefix(version, "vertex-") { // clients send that of Anthropic's own API
		version = cmp.Or(json.Unquote(json.Lookup(body, "anthropic_version")), claudeOnVertex)
	}
	out, err := json.Splice(body, json.Edit{Name: "model"}, json.Edit{Name: "anthropic_version", Value: json.Quote(version)})
	return out, nil, err
}
