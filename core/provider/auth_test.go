package provider

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/secret"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	key := secret.New("sk-1")
	claude := func(more ...string) Settings {
		return Settings{APIKey: key, Options: options(append(more, "azure_foundry_url", "https://r.services.ai.azure.com/anthropic")...)}
	}
	tests := []struct {
		name, id string
		set      Settings
		before   http.Header // what the exchange wants
		want     string
	}{
		{"bearer by default", "groq", Settings{APIKey: key}, nil, "Authorization: Bearer sk-1"},
		{"ollama without a key", "ollama", Settings{}, nil, ""},
		{"ollama with a key", "ollama", Settings{APIKey: key}, nil, "Authorization: Bearer sk-1"},
		{"openai", "openai", Settings{APIKey: key, Options: options("openai_organization", "org", "openai_project", "proj", "openai_beta", "assistants=v2")}, nil,
			"Authorization: Bearer sk-1\nOpenai-Beta: assistants=v2\nOpenai-Organization: org\nOpenai-Project: proj"},
		{"github", "github", Settings{APIKey: key}, nil, "Authorization: Bearer sk-1\nExtra-Parameters: drop"},

		{"anthropic", "anthropic", Settings{APIKey: key}, nil, "Anthropic-Version: 2023-06-01\nX-Api-Key: sk-1"},
		{"anthropic with the client's key", "anthropic", Settings{Options: options("anthropic_api_key", "sk-2")}, nil, "Anthropic-Version: 2023-06-01\nX-Api-Key: sk-2"},
		{"a target's key counts more", "anthropic", Settings{APIKey: key, Options: options("anthropic_api_key", "sk-2")}, nil, "Anthropic-Version: 2023-06-01\nX-Api-Key: sk-1"},
		{"anthropic options", "anthropic", Settings{APIKey: key, Options: options("anthropic_version", "2023-01-01", "anthropic_beta", "a")}, nil,
			"Anthropic-Beta: a\nAnthropic-Version: 2023-01-01\nX-Api-Key: sk-1"},
		{"betas are joined, each once", "anthropic", Settings{APIKey: key, Options: options("anthropic_beta", "b, c ,a,")},
			http.Header{"Anthropic-Beta": {"a", "b,d"}}, "Anthropic-Beta: a,b,d,c\nAnthropic-Version: 2023-06-01\nX-Api-Key: sk-1"},

		{"azure key", "azure-openai", Settings{APIKey: key}, nil, "Api-Key: sk-1"},
		{"azure token counts more", "azure-openai", Settings{APIKey: key, Options: options("azure_ad_token", "eyJ0", "openai_beta", "x")}, nil,
			"Authorization: Bearer eyJ0\nOpenai-Beta: x"},
		{"azure token with its scheme", "azure-openai", Settings{Options: options("azure_ad_token", "Bearer eyJ0")}, nil, "Authorization: Bearer eyJ0"},

		{"foundry", "azure-ai", Settings{APIKey: key}, nil, "Authorization: Bearer sk-1\nExtra-Parameters: drop"},
		{"foundry options", "azure-ai", Settings{APIKey: key, Options: options("azure_extra_parameters", "pass-through", "azure_deployment_name", "blue")}, nil,
			"Authorization: Bearer sk-1\nAzureml-Model-Deployment: blue\nExtra-Parameters: pass-through"},
		{"claude on foundry", "azure-ai", claude(), nil, "Anthropic-Version: 2023-06-01\nX-Api-Key: sk-1"},
		{"claude on foundry with a token has no key", "azure-ai", claude("azure_ad_token", "eyJ0", "anthropic_beta", "a"), nil,
			"Anthropic-Beta: a\nAnthropic-Version: 2023-06-01\nAuthorization: Bearer eyJ0"},

		{"modal's key", "modal", Settings{APIKey: key, Options: options("modal_key", "k", "modal_secret", "s")}, nil, "Authorization: Bearer sk-1"},
		{"modal's proxy token", "modal", Settings{Options: options("modal_key", "k", "modal_secret", "s")}, nil, "Modal-Key: k\nModal-Secret: s"},
		{"deepgram's scheme", "deepgram", Settings{APIKey: key}, nil, "Authorization: Token sk-1"},
		{"elevenlabs' header", "elevenlabs", Settings{APIKey: key}, nil, "Xi-Api-Key: sk-1"},
		{"assemblyai has no scheme", "assemblyai", Settings{APIKey: key}, nil, "Authorization: sk-1"},
		{"qdrant's bare key", "qdrant", Settings{APIKey: key}, nil, "Api-Key: sk-1"},
		{"vllm without a key", "vllm", Settings{}, nil, ""},
		{"cloudflare's gateway with both", "cloudflare-ai-gateway", Settings{APIKey: key, Options: options("cloudflare_gateway_token", "Bearer cf")}, nil,
			"Authorization: Bearer sk-1\nCf-Aig-Authorization: Bearer cf"},
		{"cloudflare's gateway has the key", "cloudflare-ai-gateway", Settings{Options: options("cloudflare_gateway_token", "cf")}, nil, "Cf-Aig-Authorization: Bearer cf"},
		{"watsonx with a token", "watsonx", Settings{APIKey: key}, nil, "Authorization: Bearer sk-1"},
		{"bedrock's transport signs", "bedrock", Settings{APIKey: key}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := Find(tt.id)
			r := newRequest(t)
			for name, values := range tt.before {
				r.Header[name] = values
			}
			if err := s.Authorize(t.Context(), r, tt.set); err != nil {
				t.Fatal(err)
			}
			if got := dump(r.Header); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func dump(h http.Header) string {
	var lines []string
	for name, values := range h {
		lines = append(lines, fmt.Sprintf("%s: %s", name, strings.Join(values, "|")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestHalfACredentialIsNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id string
		set      Settings
		kind     llm.ErrorKind
	}{
		{"half a proxy token", "modal", Settings{Options: options("modal_key", "k")}, llm.Credential},
		{"entra without a secret", "azure-openai", Settings{Options: options("azure_auth_mode", "entra", "azure_entra_tenant_id", "t", "azure_entra_client_id", "c")}, llm.Credential},
		{"a tenant that is none", "azure-openai",
			Settings{Options: options("azure_auth_mode", "entra", "azure_entra_tenant_id", "../x", "azure_entra_client_id", "c", "azure_entra_client_secret", "s")}, llm.BadRequest},
		{"no such mode at IBM", "watsonx", Settings{APIKey: secret.New("k"), Options: options("watsonx_auth_mode", "entra")}, llm.BadRequest},
		{"no such mode", "azure-ai", Settings{APIKey: secret.New("k"), Options: options("azure_auth_mode", "Entra")}, llm.BadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := Find(tt.id)
			err := s.Authorize(t.Context(), newRequest(t), tt.set)
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != tt.kind {
				t.Errorf("got %v, want %s", err, tt.kind)
			}
		})
	}
}
