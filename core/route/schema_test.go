package route

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigsThatFanOutAreRefused(t *testing.T) {
	t.Parallel()
	const leaf = `{"provider":"openai"}`
	node := func(mode, child string, n int) string {
		list := strings.TrimSuffix(strings.Repeat(child+",", n), ",")
		more := ""
		if mode == "conditional" {
			more = `,"conditions":[{"query":{},"then":"x"}],"default":"x"`
			list = strings.Replace(list, "{", `{"name":"x",`, 1)
		}
		return `{"strategy":{"mode":"` + mode + `"` + more + `},"targets":[` + list + `]}`
	}
	deep := func(levels int) string {
		return strings.Repeat(`{"strategy":{"mode":"single"},"targets":[`, levels) + leaf + strings.Repeat(`]}`, levels)
	}
	tests := []struct{ name, config, want string }{
		{"as many as the root may have", node("fallback", leaf, 100), ""},
		{"one more", node("fallback", leaf, 101), "path: targets, message: more than 100 targets"},
		{"as many as conditions may choose from", node("conditional", leaf, 1000), ""},
		{"one more for conditions", node("conditional", leaf, 1001), "path: targets, message: more than 1000 targets"},
		{"as many as a target may have", node("single", node("fallback", leaf, 50), 1), ""},
		{"one more in a target", node("single", node("fallback", leaf, 51), 1), "path: targets,0,targets, message: more than 50 targets"},
		{"conditions in a target", node("single", node("conditional", leaf, 51), 1), "path: targets,0,targets, message: more than 50 targets"},
		{"in all", node("fallback", node("fallback", leaf, 50), 21), "path: targets,20,targets, message: more than 1024 targets in all"},
		{"as deep as it goes", deep(8), ""},
		{"too deep", deep(9), "path: targets" + strings.Repeat(",0,targets", 8) + ",0, message: targets nest deeper than 8 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := faultsOf(t, tt.config); got == "" != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Every key of the reference's schema is known in both spellings, and what it
// cannot have is refused at its path.
func TestEveryKeyOfTheSchemaIsChecked(t *testing.T) {
	t.Parallel()
	const targets = `"targets":[{"name":"a","provider":"openai"},{"name":"b","provider":"groq"}]`
	tests := []struct{ snake, camel, good, bad, want string }{ // %s is where the key stands
		{"mode", "", `{"strategy":{"%s":"single"},` + targets + `}`, `{"strategy":{"%s":7},` + targets + `}`, "path: strategy,%s, message: Expected string"},
		{"on_status_codes", "onStatusCodes", `{"strategy":{"mode":"fallback","%s":[429]},` + targets + `}`, `{"strategy":{"mode":"fallback","%s":"429"},` + targets + `}`, "path: strategy,%s, message: Expected array"},
		{"conditions", "", `{"strategy":{"mode":"conditional","%s":[{"query":{},"then":"a"}]},` + targets + `}`, `{"strategy":{"mode":"conditional","%s":7},` + targets + `}`, "path: strategy,%s"},
		{"default", "", `{"strategy":{"mode":"conditional","conditions":[{"query":{},"then":"a"}],"%s":"b"},` + targets + `}`, `{"strategy":{"mode":"conditional","conditions":[{"query":{},"then":"a"}],"%s":7},` + targets + `}`, "path: strategy,%s"},
		{"targets", "", `{"strategy":{"mode":"single"},"%s":[{"provider":"openai"}]}`, `{"strategy":{"mode":"single"},"%s":7}`, "path: %s, message: Expected array"},
		{"provider", "", `{"%s":"openai"}`, `{"%s":"opneai"}`, "path: %s, message: Invalid 'provider' value"},
		{"virtual_key", "virtualKey", `{"%s":"openai"}`, `{"%s":"prod"}`, "path: %s, message: No provider is known"},
		{"passthrough", "", `{"%s":true}`, `{"%s":1}`, "path: %s, message: Expected boolean"},
		{"api_key", "apiKey", `{"provider":"openai","%s":"k"}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected string"},
		{"weight", "", `{"provider":"openai","%s":0.5}`, `{"provider":"openai","%s":-1}`, "path: %s, message: Number must be"},
		{"name", "", `{"provider":"openai","%s":"n"}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected string"},
		{"id", "", `{"provider":"openai","%s":"i"}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected string"},
		{"is_open", "isOpen", `{"provider":"openai","%s":true}`, `{"provider":"openai","%s":"x"}`, "path: %s, message: Expected boolean"},
		{"override_params", "overrideParams", `{"provider":"openai","%s":{"max_tokens":1}}`, `{"provider":"openai","%s":[]}`, "path: %s, message: Expected object"},
		{"default_params", "defaultParams", `{"provider":"openai","%s":{"max_tokens":1}}`, `{"provider":"openai","%s":"x"}`, "path: %s, message: Expected object"},
		{"drop_params", "dropParams", `{"provider":"openai","%s":["a[*].b"]}`, `{"provider":"openai","%s":["a["]}`, "path: %s,0, message: not a path"},
		{"retry", "", `{"provider":"openai","%s":{"attempts":1}}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected object"},
		{"attempts", "", `{"provider":"openai","retry":{"%s":1}}`, `{"provider":"openai","retry":{"%s":"1"}}`, "path: retry,%s, message: Expected number"},
		{"on_status_codes", "onStatusCodes", `{"provider":"openai","retry":{"attempts":1,"%s":[500]}}`, `{"provider":"openai","retry":{"attempts":1,"%s":["500"]}}`, "path: retry,%s,0, message: Expected number"},
		{"use_retry_after_header", "useRetryAfterHeader", `{"provider":"openai","retry":{"attempts":1,"%s":true}}`, `{"provider":"openai","retry":{"attempts":1,"%s":1}}`, "path: retry,%s, message: Expected boolean"},
		{"use_retry_after_headers", "useRetryAfterHeaders", `{"provider":"openai","retry":{"attempts":1,"%s":true}}`, `{"provider":"openai","retry":{"attempts":1,"%s":1}}`, "path: retry,%s, message: Expected boolean"},
		{"mode", "", `{"provider":"openai","cache":{"%s":"simple"}}`, `{"provider":"openai","cache":{"%s":"x"}}`, "path: cache,%s, message: Invalid 'cache.mode' value"},
		{"max_age", "maxAge", `{"provider":"openai","cache":{"mode":"simple","%s":60}}`, `{"provider":"openai","cache":{"mode":"simple","%s":"60"}}`, "path: cache,%s, message: Expected number"},
		{"request_timeout", "requestTimeout", `{"provider":"openai","%s":100}`, `{"provider":"openai","%s":"100"}`, "path: %s, message: Expected number"},
		{"custom_host", "customHost", `{"provider":"openai","%s":"https://x.example"}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected string"},
		{"forward_headers", "forwardHeaders", `{"provider":"openai","%s":["x-a"]}`, `{"provider":"openai","%s":["x-portkey-forward-headers"]}`, "path: %s, message: forward_headers must not"},
		{"strict_open_ai_compliance", "strictOpenAiCompliance", `{"provider":"openai","%s":true}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected boolean"},
		{"on_status_codes", "onStatusCodes", `{"provider":"openai","%s":[1]}`, `{"provider":"openai","%s":1}`, "path: %s, message: Expected array"},
		{"before_request_hooks", "beforeRequestHooks", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":{}}`, "path: %s, message: Expected array, received object"},
		{"after_request_hooks", "afterRequestHooks", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":{}}`, "path: %s, message: Expected array, received object"},
		{"input_guardrails", "inputGuardrails", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":{}}`, "path: %s, message: Expected array, received object"},
		{"output_guardrails", "outputGuardrails", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":{}}`, "path: %s, message: Expected array, received object"},
		{"input_mutators", "inputMutators", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":{}}`, "path: %s, message: Expected array, received object"},
		{"output_mutators", "outputMutators", `{"provider":"openai","%s":[]}`, `{"provider":"openai","%s":"g"}`, "path: %s, message: Expected array, received string"},
		{"prompt_id", "promptId", "", `{"provider":"openai","%s":"pp-1"}`, "path: %s, message: This version of the gateway has no prompts"},
		{"aws_access_key_id", "awsAccessKeyId", `{"provider":"bedrock","%s":"AKID","aws_secret_access_key":"s"}`, "", ""},
		{"aws_region", "awsRegion", `{"provider":"bedrock","%s":"us-east-1"}`, "", ""},
		{"openai_project", "openaiProject", `{"provider":"openai","%s":"p"}`, "", ""},
		{"openai_organization", "openaiOrganization", `{"provider":"openai","%s":"o"}`, "", ""},
		{"azure_model_name", "azureModelName", `{"provider":"azure-openai","%s":"m"}`, "", ""},
		{"azure_auth_mode", "azureAuthMode", `{"provider":"azure-openai","%s":"entra"}`, "", ""},
		{"vertex_region", "vertexRegion", `{"provider":"vertex-ai","vertex_project_id":"p","%s":"r"}`, `{"provider":"vertex-ai","%s":"r"}`, "message: Invalid configuration. ('vertex_project_id' and 'vertex_region')"},
		{"vertex_project_id", "vertexProjectId", `{"provider":"vertex-ai","vertex_region":"r","%s":"p"}`, `{"provider":"vertex-ai","%s":"p"}`, "message: Invalid configuration. ('vertex_project_id' and 'vertex_region')"},
		{"vertex_service_account_json", "vertexServiceAccountJson", `{"provider":"vertex-ai","vertex_region":"r","%s":{"private_key":"k"}}`, "", ""},
	}
	for _, tt := range tests {
		for _, key := range []string{tt.snake, tt.camel} {
			if key == "" {
				continue
			}
			t.Run(fmt.Sprint(key, " in ", tt.good), func(t *testing.T) {
				t.Parallel()
				if tt.good != "" {
					isKnown(t, fmt.Sprintf(tt.good, key))
				}
				if tt.bad == "" {
					return
				}
				if got, want := faultsOf(t, fmt.Sprintf(tt.bad, key)), strings.Replace(tt.want, "%s", key, 1); !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

// isKnown checks that a config has no fault, and no member that nobody reads.
func isKnown(t *testing.T, config string) {
	t.Helper()
	if got := faultsOf(t, config); got != "" {
		t.Errorf("%s: %s", config, got)
	}
	if c, err := Parse([]byte(config)); err != nil || len(c.Unknown) > 0 {
		t.Errorf("%s: nobody reads %q, %v", config, c.Unknown, err)
	}
}
