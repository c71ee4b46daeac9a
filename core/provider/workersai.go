package provider

import (
	"strings"

	"sluice/core/dialect/embed"
	"sluice/core/dialect/image"
	"sluice/core/dialect/workersai"
	"sluice/core/llm"
)

// Workers AI answers to run for every model. Its paths in OpenAI's dialect
// stand beside it, for some models only; they can be relayed to.
func init() {
	add(Spec{
		ID: "workers-ai", Name: "Cloudflare Workers AI", Docs: "https://developers.cloudflare.com/workers-ai/get-started/rest-api/",
		BaseURL: "https://api.cloudflare.com/client/v4/accounts/{workers_ai_account_id}/ai/run",
		Options: []Option{{Key: "workers_ai_account_id", Headers: []string{"workers-ai-account-id"}}},
		Endpoints: []Endpoint{
			{Operation: llm.Generate, Codec: workersai.Codec{}, Path: "/{model}"},
			{Operation: llm.Embed, Task: embed.WorkersAI, Path: "/{model}"},
			{Operation: llm.GenerateImage, Task: image.WorkersAI, Path: "/{model}"},
		},
		URL: workersAIURL, RelayBase: workersAIRelay,
	})
}

// workersAIURL keeps the slashes of names such as @cf/meta/llama-3.1-8b-instruct.
func workersAIURL(s Settings, _ Endpoint, r Request) (string, error) {
	spec, _ := Find("workers-ai")
	base, err := spec.base(s)
	if err != nil {
		return "", err
	}
	name, at := strings.CutPrefix(r.Model, "@")
	path, err := modelPath(name)
	if at {
		path = "@" + path
	}
	return base + "/" + path, err
}

// workersAIRelay is where the paths of OpenAI's dialect stand.
func workersAIRelay(s Settings) (string, error) {
	spec, _ := Find("workers-ai")
	base, err := spec.base(s)
	if s.CustomHost == "" && err == nil {
		base = strings.TrimSuffix(base, "/run") + "/v1"
	}
	return base, err
}
