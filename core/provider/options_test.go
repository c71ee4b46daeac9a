package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/secret"
)

func TestOptionsFromHeaders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id string
		h        map[string]string
		want     string
	}{
		{"none", "openai", map[string]string{"Authorization": "Bearer k", "X-Portkey-Provider": "openai"}, ""},
		{"one without options", "groq", map[string]string{"X-Portkey-Openai-Beta": "x"}, ""},
		{"openai", "openai", map[string]string{"X-Portkey-Openai-Organization": "o", "X-Portkey-Openai-Project": "p", "X-Portkey-Openai-Beta": "b"},
			"openai_beta=b openai_organization=o openai_project=p"},
		{"plain", "openai", map[string]string{"Openai-Beta": "b"}, "openai_beta=b"},
		{"the prefix counts more", "anthropic", map[string]string{"X-Portkey-Anthropic-Beta": "a", "Anthropic-Beta": "b", "X-Api-Key": "k", "Anthropic-Version": "v"},
			"anthropic_api_key=k anthropic_beta=a anthropic_version=v"},
		{"azure", "azure-openai", map[string]string{
			"X-Portkey-Azure-Resource-Name": "r", "X-Portkey-Azure-Deployment-Id": "d", "X-Portkey-Azure-Api-Version": "v1", "X-Portkey-Azure-Model-Name": "m",
			"X-Portkey-Azure-Ad-Token": "t", "X-Portkey-Azure-Auth-Mode": "entra", "X-Portkey-Azure-Entra-Client-Id": "c", "X-Portkey-Azure-Entra-Client-Secret": "s",
			"X-Portkey-Azure-Entra-Tenant-Id": "n", "X-Portkey-Azure-Entra-Scope": "o", "X-Portkey-Azure-Managed-Client-Id": "g", "X-Portkey-Azure-Workload-Client-Id": "w",
		}, "api_version=v1 azure_ad_token=t azure_auth_mode=entra azure_entra_client_id=c azure_entra_client_secret=s azure_entra_scope=o azure_entra_tenant_id=n " +
			"azure_managed_client_id=g azure_model_name=m azure_workload_client_id=w deployment_id=d resource_name=r"},
		{"foundry", "azure-ai", map[string]string{"X-Portkey-Azure-Foundry-Url": "u", "X-Portkey-Azure-Api-Version": "v", "X-Portkey-Azure-Extra-Params": "e", "X-Portkey-Anthropic-Version": "a"},
			"anthropic_version=a azure_api_version=v azure_extra_parameters=e azure_foundry_url=u"},
		{"bedrock", "bedrock", map[string]string{"X-Portkey-Aws-Region": "r", "X-Portkey-Aws-Access-Key-Id": "i", "X-Portkey-Provider-Model": "second", "X-Portkey-Aws-Bedrock-Model": "first"},
			"aws_access_key_id=i aws_bedrock_model=first aws_region=r"},
		{"the second name", "bedrock", map[string]string{"X-Portkey-Provider-Model": "second"}, "aws_bedrock_model=second"},
		{"empty is absent", "openai", map[string]string{"X-Portkey-Openai-Beta": " ", "Openai-Beta": "b"}, "openai_beta=b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := Find(tt.id)
			h := http.Header{}
			for name, v := range tt.h {
				h.Set(name, v)
			}
			if got := list(s.OptionsFromHeader(h)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestOptionsFromConfig(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Set("X-Portkey-Anthropic-Version", "from the header")
	h.Add("Anthropic-Beta", "a")
	h.Add("Anthropic-Beta", "b")
	tests := []struct {
		name, id, config string
		want             string
	}{
		{"plain headers fill gaps, others do not", "anthropic", `{"api_key":"k"}`, "anthropic_beta=a,b"},
		{"the config counts more", "anthropic", `{"anthropic_beta":"c","anthropic_version":"v"}`, "anthropic_beta=c anthropic_version=v"},
		{"other types than text", "mistral-ai", `{"mistral_fim_completion": true }`, "mistral_fim_completion=true"},
		{"null is absent", "mistral-ai", `{"mistral_fim_completion":null}`, ""},
		{"text with quotes", "azure-ai", `{"azure_foundry_url":"https:\/\/a"}`, "anthropic_beta=a,b azure_foundry_url=https://a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var config map[string]json.Value
			if err := json.Unmarshal([]byte(tt.config), &config); err != nil {
				t.Fatal(err)
			}
			s, _ := Find(tt.id)
			if got := list(s.OptionsFromConfig(config, h)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func list(o map[string]secret.Value) string {
	var out []string
	for k, v := range o {
		out = append(out, fmt.Sprintf("%s=%s", k, v.Reveal()))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
