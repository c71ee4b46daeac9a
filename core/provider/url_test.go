package provider

import (
	"errors"
	"strings"
	"testing"

	"sluice/core/llm"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	azure := options("resource_name", "res", "deployment_id", "gpt dep")
	dated := options("resource_name", "res", "deployment_id", "gpt-4o-dep", "api_version", "2024-06-01")
	tests := []struct {
		name, id string
		op       llm.Operation
		set      Settings
		r        Request
		want     string
	}{
		{"openai", "openai", "", Settings{}, Request{Model: "gpt-4o"}, "https://api.openai.com/v1/chat/completions"},
		{"custom host replaces the base", "openai", "", Settings{CustomHost: "http://127.0.0.1:1/v2/"}, Request{}, "http://127.0.0.1:1/v2/chat/completions"},
		{"version in the path", "302ai", "", Settings{}, Request{}, "https://api.302.ai/v1/chat/completions"},
		{"version stays behind a custom host", "302ai", "", Settings{CustomHost: "http://h"}, Request{}, "http://h/v1/chat/completions"},
		{"lepton", "lepton", "", Settings{CustomHost: "http://h"}, Request{}, "http://h/api/v1/chat/completions"},
		{"ollama", "ollama", "", Settings{CustomHost: "http://localhost:11434"}, Request{}, "http://localhost:11434/v1/chat/completions"},
		{"novita's documented path", "novita-ai", "", Settings{}, Request{}, "https://api.novita.ai/openai/v1/chat/completions"},
		{"github's new host", "github", "", Settings{}, Request{}, "https://models.github.ai/inference/chat/completions"},
		{"client's query is not for others", "openai", "", Settings{}, Request{Query: "a=b"}, "https://api.openai.com/v1/chat/completions"},

		{"anthropic", "anthropic", "", Settings{}, Request{}, "https://api.anthropic.com/v1/messages"},
		{"anthropic counts", "anthropic", llm.CountTokens, Settings{}, Request{}, "https://api.anthropic.com/v1/messages/count_tokens"},

		{"azure v1 by default", "azure-openai", "", Settings{Options: azure}, Request{Model: "m"}, "https://res.openai.azure.com/openai/v1/chat/completions"},
		{"azure dated", "azure-openai", "", Settings{Options: dated}, Request{Model: "m"},
			"https://res.openai.azure.com/openai/deployments/gpt-4o-dep/chat/completions?api-version=2024-06-01"},
		{"azure keeps the query, but not its version", "azure-openai", "", Settings{Options: dated}, Request{Query: "api-version=x&a=1%262"},
			"https://res.openai.azure.com/openai/deployments/gpt-4o-dep/chat/completions?a=1%262&api-version=2024-06-01"},
		{"azure without a deployment takes the model", "azure-openai", "", Settings{Options: options("resource_name", "res", "api_version", "2024-06-01")},
			Request{Model: "gpt-4o"}, "https://res.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-06-01"},
		{"azure behind a custom host", "azure-openai", "", Settings{CustomHost: "http://h", Options: dated}, Request{},
			"http://h/deployments/gpt-4o-dep/chat/completions?api-version=2024-06-01"},
		{"azure v1 behind a custom host", "azure-openai", "", Settings{CustomHost: "http://h", Options: azure}, Request{}, "http://h/v1/chat/completions"},

		{"foundry", "azure-ai", "", Settings{Options: options("azure_foundry_url", "https://res.services.ai.azure.com/models/", "azure_api_version", "2024-05-01-preview")},
			Request{}, "https://res.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"},
		{"claude on foundry", "azure-ai", "", Settings{Options: options("azure_foundry_url", "https://res.services.ai.azure.com/anthropic")},
			Request{}, "https://res.services.ai.azure.com/anthropic/v1/messages"},
		{"claude on foundry behind a custom host", "azure-ai", "",
			Settings{CustomHost: "http://h", Options: options("azure_foundry_url", "https://res.services.ai.azure.com/anthropic", "azure_api_version", "v")},
			Request{}, "http://h/v1/messages?api-version=v"},

		{"bedrock", "bedrock", "", Settings{}, Request{Model: "us.anthropic.claude-v2:1"},
			"https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-v2:1/converse"},
		{"bedrock streams", "bedrock", "", Settings{Options: options("aws_region", "eu-west-1")}, Request{Model: "m", Stream: true},
			"https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream"},
		{"bedrock with an ARN is one segment", "bedrock", "", Settings{}, Request{Model: "arn:aws:bedrock:us-east-1:1:inference-profile/a/b"},
			"https://bedrock-runtime.us-east-1.amazonaws.com/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fa%2Fb/converse"},
		{"bedrock counts", "bedrock", llm.CountTokens, Settings{}, Request{Model: "anthropic.claude-v2:1"},
			"https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-v2:1/count-tokens"},

		{"cortex", "cortex", "", Settings{Options: options("snowflake_account", "xy1.us-east-2.aws")}, Request{},
			"https://xy1.us-east-2.aws.snowflakecomputing.com/api/v2/cortex/v1/chat/completions"},

		{"workers ai", "workers-ai", "", Settings{Options: options("workers_ai_account_id", "acc")}, Request{Model: "@cf/meta/llama-3.1-8b-instruct"},
			"https://api.cloudflare.com/client/v4/accounts/acc/ai/run/@cf/meta/llama-3.1-8b-instruct"},
		{"oracle", "oracle", "", Settings{Options: options("oracle_region", "eu-frankfurt-1")}, Request{Model: "m"},
			"https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/20231130/actions/chat"},
		{"vllm", "vllm", "", Settings{CustomHost: "http://gpu:8000"}, Request{}, "http://gpu:8000/v1/chat/completions"},
		{"databricks", "databricks", "", Settings{CustomHost: "https://dbc-1.cloud.databricks.com"}, Request{},
			"https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions"},
		{"cloudflare's gateway", "cloudflare-ai-gateway", "", Settings{Options: options("cloudflare_account_id", "acc")}, Request{},
			"https://gateway.ai.cloudflare.com/v1/acc/default/compat/chat/completions"},
		{"watsonx", "watsonx", "", Settings{Options: options("watsonx_region", "eu-de")}, Request{}, "https://eu-de.ml.cloud.ibm.com/ml/gateway/v1/chat/completions"},
		{"oracle in openai's dialect", "oracle-openai", "", Settings{}, Request{},
			"https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/openai/v1/chat/completions"},
		{"runpod", "runpod", "", Settings{Options: options("runpod_endpoint_id", "abc")}, Request{}, "https://api.runpod.ai/v2/abc/openai/v1/chat/completions"},
		{"writer", "writer", "", Settings{}, Request{}, "https://api.writer.com/v1/chat"},

		{"mistral", "mistral-ai", "", Settings{}, Request{}, "https://api.mistral.ai/v1/chat/completions"},
		{"mistral fills in the middle", "mistral-ai", "", Settings{CustomHost: "http://h", Options: options("mistral_fim_completion", "true")},
			Request{}, "http://h/fim/completions"},

		{"hugging face's router", "huggingface", "", Settings{}, Request{Model: "a/b"}, "https://router.huggingface.co/v1/chat/completions"},
		{"hugging face behind a custom host", "huggingface", "", Settings{CustomHost: "http://h"}, Request{Model: "meta-llama/L:3,x"},
			"http://h/models/meta-llama/L:3%2Cx/v1/chat/completions"},
		{"hugging face dedicated", "huggingface", "", Settings{Options: options("huggingface_base_url", "https://x.endpoints.huggingface.cloud/v1/")},
			Request{Model: "tgi"}, "https://x.endpoints.huggingface.cloud/v1/chat/completions"},
		{"hugging face dedicated behind a custom host", "huggingface", "", Settings{CustomHost: "http://h", Options: options("huggingface_base_url", "https://x")},
			Request{Model: "tgi"}, "http://h/v1/chat/completions"},

		{"predibase", "predibase", "", Settings{}, Request{Model: "llama-3-8b:news/2", Body: []byte(`{"user":"tenant-1"}`)},
			"https://serving.app.predibase.com/tenant-1/deployments/v2/llms/llama-3-8b/v1/chat/completions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := resolve(t, tt.id, tt.op, tt.set, tt.r)
			if err != nil {
				t.Fatal(err)
			}
			if u != tt.want {
				t.Errorf("got  %s\nwant %s", u, tt.want)
			}
		})
	}
}

func resolve(t *testing.T, id string, op llm.Operation, set Settings, r Request) (string, error) {
	t.Helper()
	s, ok := Find(id)
	if !ok {
		t.Fatalf("no provider %s", id)
	}
	if op == "" {
		op = llm.Generate
	}
	e, ok := s.Endpoint(op, llm.OpenAIChat, set, "")
	if !ok {
		t.Fatalf("%s has no %s", id, op)
	}
	u, err := s.Resolve(set, e, r)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// What clients put into options, models and bodies must not move a request,
// with its credential, to another host or path.
func TestURLsCannotBeMoved(t *testing.T) {
	t.Parallel()
	body := func(user string) []byte { return []byte(`{"user":"` + user + `"}`) }
	for _, evil := range []string{
		"", "evil.com/", "evil.com#", "evil.com?", "evil.com/#", "u@evil.com", "a:1@evil.com:80", `evil.com\`, "..", "a..b", ".", "-a", "a-", "a b", "a\n", "%2f", "é", strings.Repeat("a", 64),
	} {
		hosts := []struct {
			id  string
			set Settings
		}{
			{"azure-openai", Settings{Options: options("resource_name", evil, "deployment_id", "d")}},
			{"cortex", Settings{Options: options("snowflake_account", evil)}},
		}
		if evil != "" {
			hosts = append(hosts, struct {
				id  string
				set Settings
			}{"bedrock", Settings{Options: options("aws_region", evil)}})
		}
		for _, h := range hosts {
			refused(t, h.id+" host "+evil, h.id, h.set, Request{Model: "m"})
		}
	}
	dated := func(deployment string) Settings {
		return Settings{Options: options("resource_name", "r", "api_version", "2024-06-01", "deployment_id", deployment)}
	}
	for _, evil := range []string{"../../x", "..", "a/b", "a?b", "a#b", "a@b", `a\b`, "a%2fb", "a\tb"} {
		refused(t, "workers ai account "+evil, "workers-ai", Settings{Options: options("workers_ai_account_id", evil)}, Request{Model: "@cf/m"})
		refused(t, "runpod endpoint "+evil, "runpod", Settings{Options: options("runpod_endpoint_id", evil)}, Request{Model: "m"})
		refused(t, "cloudflare account "+evil, "cloudflare-ai-gateway", Settings{Options: options("cloudflare_account_id", evil)}, Request{Model: "m"})
		refused(t, "deployment "+evil, "azure-openai", dated(evil), Request{Model: "m"})
		refused(t, "model for deployment "+evil, "azure-openai", dated(""), Request{Model: evil})
		refused(t, "predibase model "+evil, "predibase", Settings{}, Request{Model: evil, Body: body("u")})
		if !strings.ContainsAny(evil, "\\\t") {
			refused(t, "predibase user "+evil, "predibase", Settings{}, Request{Model: "m", Body: body(evil)})
		}
	}
	for _, model := range []string{"", ".", "..", "a/../b", "a//b", "a/b?c"} {
		refused(t, "hugging face model "+model, "huggingface", Settings{CustomHost: "http://h"}, Request{Model: model})
	}
	for _, model := range []string{"", "@", "@cf/../x", "@cf//x", "@cf/x?y", "@cf/@x", "..@h/x"} {
		refused(t, "workers ai model "+model, "workers-ai", Settings{CustomHost: "http://h"}, Request{Model: model})
	}
	for _, model := range []string{"", ".", ".."} {
		refused(t, "bedrock model "+model, "bedrock", Settings{}, Request{Model: model})
	}
	for _, u := range []string{"", "http://a.com", "https://", "https://u:p@a.com", "https://a.com?x", "https://a.com/#x", "file:///etc", "::", "//a.com"} {
		refused(t, "foundry "+u, "azure-ai", Settings{Options: options("azure_foundry_url", u)}, Request{})
		if u != "" {
			refused(t, "hugging face base "+u, "huggingface", Settings{Options: options("huggingface_base_url", u)}, Request{Model: "m"})
		}
	}
	for _, host := range []string{"http://h?x=", "http://h#", "http://u@h", "ftp://h", "h", "http://", "http://h:x"} {
		refused(t, "custom host "+host, "openai", Settings{CustomHost: host}, Request{})
		refused(t, "custom host "+host, "azure-openai", Settings{CustomHost: host}, Request{})
	}
	for _, id := range []string{"ollama", "modal"} {
		refused(t, id+" without a host", id, Settings{}, Request{})
	}
}

func refused(t *testing.T, name, id string, set Settings, r Request) {
	t.Helper()
	u, err := resolve(t, id, "", set, r)
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.BadRequest {
		t.Errorf("%s: got %q, %v, want a refusal", name, u, err)
	}
}

func TestBodyModel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id string
		set      Settings
		model    string
		want     string
	}{
		{"openai", "openai", Settings{}, "gpt-4o", "gpt-4o"},
		{"azure v1 names the deployment", "azure-openai", Settings{Options: options("api_version", "v1", "deployment_id", "dep")}, "gpt-4o", "dep"},
		{"azure v1 without one", "azure-openai", Settings{}, "gpt-4o", "gpt-4o"},
		{"azure dated has it in the path", "azure-openai", Settings{Options: options("api_version", "2024-06-01", "deployment_id", "dep")}, "gpt-4o", "gpt-4o"},
		{"predibase names the adapter", "predibase", Settings{}, "llama:news/2", "news/2"},
		{"predibase without one", "predibase", Settings{}, "llama", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := Find(tt.id)
			if got := s.BodyModel(tt.set, tt.model); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
