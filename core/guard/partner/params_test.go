package partner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/core/guard"
)

func TestParametersThatAreWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, params, at string }{
		{"aporia.validateProject", `{CRED}`, "projectID"},
		{"aporia.validateProject", `{"projectID":"",CRED}`, "projectID"},
		{"aporia.validateProject", `{"projectID":"p","credentials":{"apiKey":""}}`, "credentials.apiKey"},
		{"crowdstrike-aidr.guardChatCompletions", `{"credentials":{"apiKey":"k","baseUrl":""}}`, "credentials.baseUrl"},
		{"promptsecurity.protectPrompt", `{"credentials":{"apiKey":"k","apiDomain":""}}`, "credentials.apiDomain"},
		{"javelin.guardrails", `{"credentials":{"apiKey":"k","application":""}}`, "credentials.application"},
		{"acuvity.scan", `{"credentials":{"apiKey":""}}`, "credentials.apiKey"},
		{"panw-prisma-airs.intercept", `{"credentials":{"apiKey":"k"}}`, "credentials.AIRS_API_KEY"},
		{"azure.pii", `{"credentials":{"pii":{"apiKey":"","resourceName":"r"}}}`, "credentials.pii.apiKey"},
		{"azure.pii", `{"credentials":{"apiKey":"k","resourceName":"r"}}`, "credentials.pii.apiKey"},
		{"bedrock.guard", `{"guardrailId":"","guardrailVersion":"1","credentials":{"awsAccessKeyId":"a","awsSecretAccessKey":"b","awsRegion":"r"}}`, "guardrailId"},
		{"aporia.validateProject", `{"projectID":"p","credentials":{"apiKey":"k","apiEndpoint":"https://u:p@h"}}`, "credentials.apiEndpoint"},
		{"sydelabs.sydeguard", `{"toxicity_threshold":"high",CRED}`, "toxicity_threshold"},
		{"pillar.scanPrompt", `{CRED}`, "scanners"},
		{"pillar.scanPrompt", `{"scanners":[],CRED}`, "scanners"},
		{"pillar.scanPrompt", `{"scanners":["psi"],CRED}`, "scanners"},
		{"pillar.scanResponse", `{"scanners":["prompt_injection"],CRED}`, "scanners"},
		{"mistral.moderateContent", `{CRED}`, "categories"},
		{"mistral.moderateContent", `{"categories":["weather"],CRED}`, "categories"},
		{"mistral.moderateContent", `{"categories":["pii"],"timeout":0,CRED}`, "timeout"},
		{"mistral.moderateContent", `{"categories":["pii"],"credentials":{"apiKey":"a\nb"}}`, "credentials.apiKey"},
		{"portkey.moderateContent", `{"categories":["weather"],CRED}`, "categories"},
		{"portkey.language", `{CRED}`, "language"},
		{"portkey.pii", `{"categories":["SHOE_SIZE"],CRED}`, "categories"},
		{"pangea.pii", `{CRED}`, "credentials.domain"},
		{"pangea.textGuard", `{"credentials":{"apiKey":"k","domain":"evil.com/x"}}`, "credentials.domain"},
		{"pangea.textGuard", `{"overrides":"x","credentials":{"apiKey":"k","domain":"d"}}`, "overrides"},
		{"promptsecurity.protectPrompt", `{CRED}`, "credentials.apiDomain"},
		{"promptsecurity.protectPrompt", `{"credentials":{"apiKey":"k","apiDomain":"a@b"}}`, "credentials.apiDomain"},
		{"javelin.guardrails", `{CRED}`, "credentials.application"},
		{"javelin.guardrails", `{"apiKey":"k","application":"a","domain":"h:80"}`, "domain"},
		{"f5-guardrails.scan", `{"credentials":{"apiKey":"k","calypsoUrl":"ftp://h"}}`, "credentials.calypsoUrl"},
		{"crowdstrike-aidr.guardChatCompletions", `{CRED}`, "credentials.baseUrl"},
		{"crowdstrike-aidr.guardChatCompletions", `{"credentials":{"apiKey":"k","baseUrl":"https://h?x"}}`, "credentials.baseUrl"},
		{"qualifire.policy", `{CRED}`, "policies"},
		{"qualifire.policy", `{"policies":["a"],"policy_target":"all",CRED}`, "policy_target"},
		{"qualifire.grounding", `{"mode":"slow",CRED}`, "mode"},
		{"patronus.custom", `{CRED}`, "profile"},
		{"exa.online", `{"numResults":-1,CRED}`, "numResults"},
		{"acuvity.scan", `{"credentials":{"apiKey":"no token"}}`, "credentials.apiKey"},
		{"acuvity.scan", `{"credentials":{"apiKey":"` + jwt("file:///etc/passwd") + `"}}`, "credentials.apiKey"},
		{"acuvity.scan", `{"pii_redact":true,"credentials":{"apiKey":"JWT"}}`, "pii_categories"},
		{"azure.pii", `{"credentials":{"pii":{"apiKey":"k"}}}`, "credentials.pii.resourceName"},
		{"azure.pii", `{"credentials":{"pii":{"apiKey":"k","resourceName":"a/b"}}}`, "credentials.pii.resourceName"},
		{"azure.pii", `{"credentials":{"pii":{"azureAuthMode":"entra","resourceName":"a","clientId":"c","tenantId":"t"}}}`, "credentials.pii.clientSecret"},
		{"azure.pii", `{"credentials":{"pii":{"azureAuthMode":"magic","resourceName":"a"}}}`, "credentials.pii.azureAuthMode"},
		{"azure.contentSafety", `{"categories":["Spam"],"credentials":{"contentSafety":{"apiKey":"k","resourceName":"a"}}}`, "categories"},
		{"azure.contentSafety", `{"apiVersion":"1&x=2","credentials":{"contentSafety":{"apiKey":"k","resourceName":"a"}}}`, "apiVersion"},
		{"bedrock.guard", `{"credentials":{"awsAccessKeyId":"a","awsSecretAccessKey":"b","awsRegion":"r"}}`, "guardrailId"},
		{"bedrock.guard", `{"guardrailId":"g","guardrailVersion":"1","credentials":{"awsAccessKeyId":"a","awsRegion":"r"}}`, "credentials"},
		{"bedrock.guard", `{"guardrailId":"g","guardrailVersion":"1","credentials":{"awsAuthType":"assumedRole","awsRegion":"r"}}`, "credentials.awsRoleArn"},
		{"bedrock.guard", `{"guardrailId":"g","guardrailVersion":"1","credentials":{"awsAccessKeyId":"a","awsSecretAccessKey":"b"}}`, "credentials.awsRegion"},
	}
	for _, tt := range tests {
		_, faults := try(t, guard.Env{}, tt.id, full(tt.params))
		if !slices.ContainsFunc(faults, func(f guard.Fault) bool { return f.Param == tt.at }) {
			t.Errorf("%s %s: faults %v, want one at %s", tt.id, tt.params, faults, tt.at)
		}
		if strings.Contains(fmt.Sprint(faults), key) {
			t.Errorf("%s: a fault quotes the key", tt.id)
		}
	}
}

func TestParametersChangeWhatIsSent(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, id, params, want string }{ // want is a part of URL, header or body
		{"another host", "aporia.validateProject", `{"projectID":"p","credentials":{"apiKey":"k","apiEndpoint":"https://own.example/x/"}}`, "https://own.example/x/p/validate"},
		{"another host", "portkey.gibberish", `{"credentials":{"apiKey":"k","baseURL":"https://own.example/g"}}`, "https://own.example/g/gibberish"},
		{"another host", "f5-guardrails.scan", `{"credentials":{"apiKey":"k","calypsoUrl":"https://own.example","projectId":"of credentials"}}`, "https://own.example/backend/v1/scans"},
		{"a project among credentials", "f5-guardrails.scan", `{"credentials":{"apiKey":"k","projectId":"of credentials"}}`, `"project":"of credentials"`},
		{"another host", "azure.pii", `{"credentials":{"pii":{"apiKey":"k","customHost":"https://own.example"}}}`, "https://own.example/language/:analyze-text?api-version=2024-11-01"},
		{"another version", "azure.pii", `{"apiVersion":"2025-01-01-preview","credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, "api-version=2025-01-01-preview"},
		{"another language", "azure.pii", `{"language":"zh-hans","domain":"phi","modelVersion":"1","credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, `"language":"zh-hans"`},
		{"another domain", "azure.pii", `{"domain":"phi","credentials":{"pii":{"apiKey":"k","resourceName":"r"}}}`, `"domain":"phi","modelVersion":"latest"}`},
		{"Entra", "azure.pii", `{"credentials":{"pii":{"azureAuthMode":"entra","resourceName":"r","clientId":"c","clientSecret":"s","tenantId":"t"}}}`, "Bearer token of entra for r.cognitiveservices.azure.com"},
		{"managed", "azure.contentSafety", `{"credentials":{"contentSafety":{"azureAuthMode":"managed","resourceName":"r"}}}`, "Bearer token of managed for r.cognitiveservices.azure.com"},
		{"categories", "azure.contentSafety", `{"categories":["Hate"],"credentials":{"contentSafety":{"apiKey":"k","resourceName":"r"}}}`, `"categories":["Hate"]}`},
		{"another host", "crowdstrike-aidr.guardChatCompletions", `{"credentials":{"apiKey":"k","baseUrl":"https://own.example"}}`, "https://own.example/v1/guard_chat_completions"},
		{"another host", "javelin.guardrails", `{"apiKey":"k","application":"my app","domain":"api.javelin.live"}`, "https://api.javelin.live/v1/guardrails/apply"},
		{"application", "javelin.guardrails", `{"apiKey":"k","application":"my app"}`, "X-Javelin-Application:[my app]"},
		{"conversation", "lasso.classify", `{"conversationId":"c1","userId":"u1",CRED}`, "Lasso-Conversation-Id:[c1]"},
		{"user", "lasso.classify", `{"conversation_id":"c1","user_id":"u1",CRED}`, "Lasso-User-Id:[u1]"},
		{"model", "mistral.moderateContent", `{"categories":["pii"],"model":"m2",CRED}`, `{"model":"m2"`},
		{"domains", "exa.online", `{"includeDomains":["a.com"],"excludeDomains":["b.com"],"numResults":3,CRED}`, `"numResults":3,"useAutoprompt":true,"contents":{"text":true},"includeDomains":["a.com"],"excludeDomains":["b.com"]}`},
		{"lists", "walledai.walledprotect", `{"generic_safety_check":false,"greetings_list":["Formal"],"pii_list":[],CRED}`, `"generic_safety_check":false,"greetings_list":["Formal"],"pii_list":[],"compliance_list":[]}`},
		{"profile", "panw-prisma-airs.intercept", `{"profile_id":"1","ai_model":"m","app_user":"u","credentials":{"AIRS_API_KEY":"k"}}`, `"ai_model":"m","app_user":"u","app_name":"Portkey"},"contents":[{"prompt":"x"}],"ai_profile":{"profile_id":"1"}}`},
		{"target", "qualifire.policy", `{"policies":["a"],"policy_target":"input",CRED}`, `{"input":"x","assertions":["a"],"assertions_mode":"balanced"}`},
		{"redactions", "acuvity.scan", `{"pii_redact":true,"pii_categories":["email_address"],"secrets_redact":true,"secrets_categories":["aws"],"credentials":{"apiKey":"JWT"}}`, `"redactions":["email_address","aws"]`},
		{"the code's names", "bedrock.guard", `{"guardrailId":"g","guardrailVersion":"2","credentials":{"awsAccessKeyId":"a","awsSecretAccessKey":"b","awsRegion":"eu-west-1"}}`, "bedrock-runtime.eu-west-1.amazonaws.com/guardrail/g/version/2/apply"},
		{"a role", "bedrock.guard", `{"guardrailId":"g","guardrailVersion":"2","credentials":{"awsAuthType":"assumedRole","awsRoleArn":"arn","awsRegion":"eu-west-1"}}`, "eu-west-1.amazonaws.com"},
	}
	for _, tt := range tests {
		s := newServices(t, "{}")
		mustMake(t, s.env(), tt.id, full(tt.params)).Check(t.Context(), before("x"))
		if len(s.sent) != 1 {
			t.Errorf("%s %s: %d requests", tt.id, tt.name, len(s.sent))
			continue
		}
		got := fmt.Sprintf("%s %v %s", s.sent[0].url, s.sent[0].header, s.sent[0].body)
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s %s: sent %s\nwant %s", tt.id, tt.name, got, tt.want)
		}
	}
}
