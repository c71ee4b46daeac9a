package provider

import (
	"testing"

	"sluice/core/secret"
)

func TestOtherPathsStandWhereTheProviderHasThem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		provider, host string
		options        map[string]string
		rest, query    string
		want           string
	}{
		{"perplexity-ai", "", nil, "/batches", "", "https://api.perplexity.ai/v1/batches"},
		{"perplexity-ai", "", nil, "/search", "", "https://api.perplexity.ai/search"},
		{"together-ai", "", nil, "/files/f/content", "", "https://api.together.xyz/v1/files/f/content"},
		{"azure-ai", "", map[string]string{"azure_foundry_url": "https://r.services.ai.azure.com/models"}, "/files", "purpose=batch", "https://r.services.ai.azure.com/openai/v1/files?purpose=batch"},
		{"azure-ai", "", map[string]string{"azure_foundry_url": "https://r.services.ai.azure.com/models", "azure_api_version": "2024-10-21"}, "/batches/b", "limit=1", "https://r.services.ai.azure.com/openai/batches/b?api-version=2024-10-21&limit=1"},
		{"azure-ai", "", map[string]string{"azure_foundry_url": "https://r.services.ai.azure.com/anthropic"}, "/files", "", "https://r.services.ai.azure.com/anthropic/v1/files"},
		{"azure-ai", "https://own.example.com/x", nil, "/files", "", "https://own.example.com/x/files"},
		{"azure-openai", "", map[string]string{"resource_name": "r", "api_version": "2024-10-21", "deployment_id": "d"}, "/fine_tuning/jobs", "", "https://r.openai.azure.com/openai/fine_tuning/jobs?api-version=2024-10-21"},
		{"azure-openai", "", map[string]string{"resource_name": "r"}, "/batches", "limit=1", "https://r.openai.azure.com/openai/v1/batches?limit=1"},
	}
	for _, tt := range tests {
		spec, _ := Find(tt.provider)
		set := Settings{CustomHost: tt.host, Options: map[string]secret.Value{}}
		for k, v := range tt.options {
			set.Options[k] = secret.New(v)
		}
		u, err := spec.RelayURL(set, tt.rest, tt.query)
		if err != nil || u.String() != tt.want {
			t.Errorf("%s %s: %v, %v; want %s", tt.provider, tt.rest, u, err, tt.want)
		}
	}
}
