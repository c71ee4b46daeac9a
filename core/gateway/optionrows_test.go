package gateway

import (
	"slices"
	"strings"

	"sluice/core/provider"
)

const (
	claudeChat  = `{"model":"anthropic.claude-sonnet-4-20250514-v1:0","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	vertexChat  = `{"model":"claude-sonnet-4@20250514","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	rowOfClaude = `{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":` + claudeChat + `}`
	bareRow     = `{"custom_id":"1","body":{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}]}}`
	oneImage    = `{"model":"core","prompt":"a cat"}`
)

// file is an upload of one row.
func file(row string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"rows.jsonl\"\r\n\r\n" + row + "\n\r\n--b--\r\n"
}

// prefixed is the header of a key, where its name follows from it.
func prefixed(key string) string { return provider.HeaderPrefix + strings.ReplaceAll(key, "_", "-") }

func azureRows() []optionRow {
	rows := []optionRow{
		{id: "azure-openai", key: "resource_name", header: "x-portkey-azure-resource-name", value: "mine", want: "POST https://mine.openai.azure.com/openai/v1/chat/completions"},
		{id: "azure-openai", key: "deployment_id", header: "x-portkey-azure-deployment-id", value: "dep", with: []string{"resource_name", "r"}, want: `"model":"dep"`},
		{id: "azure-openai", key: "deployment_id", header: "x-portkey-azure-deployment-id", value: "dep", with: []string{"resource_name", "r", "api_version", "2024-10-21"}, want: "/openai/deployments/dep/chat/completions?"},
		{id: "azure-openai", key: "api_version", header: "x-portkey-azure-api-version", value: "2024-10-21", with: []string{"resource_name", "r"}, want: "/openai/deployments/m/chat/completions?api-version=2024-10-21"},
		{id: "azure-openai", key: "openai_beta", header: "x-portkey-openai-beta", value: "assistants=v2", with: []string{"resource_name", "r"}, want: "Openai-Beta: assistants=v2"},
		{id: "azure-openai", key: "openai_beta", header: "openai-beta", value: "assistants=v2", with: []string{"resource_name", "r"}, want: "Openai-Beta: assistants=v2"},
		{id: "azure-ai", key: "azure_foundry_url", header: "x-portkey-azure-foundry-url", value: "https://r.services.ai.azure.com/models", want: "POST https://r.services.ai.azure.com/models/chat/completions"},
		{id: "azure-ai", key: "azure_api_version", header: "x-portkey-azure-api-version", value: "2024-05-01-preview", with: foundry, want: "?api-version=2024-05-01-preview"},
		{id: "azure-ai", key: "azure_extra_parameters", header: "x-portkey-azure-extra-params", value: "pass-through", with: foundry, want: "Extra-Parameters: pass-through"},
		{id: "azure-ai", key: "azure_deployment_name", value: "blue", with: foundry, want: "Azureml-Model-Deployment: blue"},
		{id: "github", key: "azure_extra_parameters", header: "x-portkey-azure-extra-params", value: "error", want: "Extra-Parameters: error"},
	}
	rows = append(rows, anthropicRows("azure-ai", []string{"azure_foundry_url", "https://r.services.ai.azure.com/anthropic"}, "", "")...)
	rows = append(rows, azureIdentityRows("azure-openai", []string{"resource_name", "r"})...)
	return append(rows, azureIdentityRows("azure-ai", foundry)...)
}

var foundry = []string{"azure_foundry_url", "https://r.services.ai.azure.com/models"}

func azureIdentityRows(id string, with []string) []optionRow {
	entra := func(but string) []string {
		out := slices.Clone(with)
		for _, pair := range [][2]string{{"azure_auth_mode", "entra"}, {"azure_entra_client_id", "c"}, {"azure_entra_client_secret", "s"}, {"azure_entra_tenant_id", "t"}} {
			if pair[0] != but {
				out = append(out, pair[0], pair[1])
			}
		}
		return out
	}
	mode := func(m string) []string { return append(slices.Clip(with), "azure_auth_mode", m) }
	rows := []optionRow{
		{key: "azure_ad_token", value: "eyJ0", with: with, want: "Authorization: Bearer eyJ0"},
		{key: "azure_auth_mode", value: "entra", with: entra("azure_auth_mode"), want: "Authorization: Bearer bought"},
		{key: "azure_auth_mode", value: "managed", with: with, want: "GET http://169.254.169.254/metadata/identity/oauth2/token?"},
		{key: "azure_auth_mode", value: "workload", with: with, want: "client_assertion=federated"},
		{key: "azure_managed_client_id", value: "mine", with: mode("managed"), want: "&client_id=mine"},
		{key: "azure_workload_client_id", value: "mine", with: mode("workload"), want: "&client_id=mine"},
		{key: "azure_entra_client_id", value: "mine", with: entra("azure_entra_client_id"), want: "client_id=mine"},
		{key: "azure_entra_client_secret", value: "mine", with: entra("azure_entra_client_secret"), want: "client_secret=mine"},
		{key: "azure_entra_tenant_id", value: "mine", with: entra("azure_entra_tenant_id"), want: "POST https://login.microsoftonline.com/mine/oauth2/v2.0/token"},
		{key: "azure_entra_scope", value: "https://ai.azure.com/.default", with: entra(""), want: "scope=https%3A%2F%2Fai.azure.com%2F.default"},
	}
	for i := range rows {
		rows[i].id, rows[i].header = id, prefixed(rows[i].key)
	}
	return rows
}

// anthropicRows are those of what Messages has in headers, with and without
// the prefix. Version is what the option does, empty: the header.
func anthropicRows(id string, with []string, body, version string) []optionRow {
	if version == "" {
		version = "Anthropic-Version: 2099-01-01"
	}
	value := strings.Trim(version[strings.LastIndexAny(version, ` :`)+1:], `"`)
	var rows []optionRow
	for _, prefix := range []string{"", provider.HeaderPrefix} {
		rows = append(rows,
			optionRow{id: id, key: "anthropic_version", header: prefix + "anthropic-version", value: value, with: with, body: body, want: version},
			optionRow{id: id, key: "anthropic_beta", header: prefix + "anthropic-beta", value: "context-1m-2025-08-07", with: with, body: body, want: "context-1m-2025-08-07"},
		)
	}
	return rows
}

var awsKeys = []string{"aws_access_key_id", "AKIDOTHER", "aws_secret_access_key", "s"}

// awsRows are who asks AWS, where, and as whom.
func awsRows(id, service, host, body string) []optionRow {
	const role = "arn:aws:iam::123456789012:role/r"
	as := append(slices.Clip(awsKeys), "aws_auth_type", "assumedRole")
	rows := []optionRow{
		{key: "aws_access_key_id", value: "AKIDMINE", with: []string{"aws_secret_access_key", "s"}, want: "Credential=AKIDMINE/20000101/us-east-1/" + service + "/aws4_request"},
		{key: "aws_secret_access_key", value: "mine", with: []string{"aws_access_key_id", "AKIDMINE"}},
		{key: "aws_session_token", value: "tok", with: awsKeys, want: "X-Amz-Security-Token: tok"},
		{key: "aws_region", value: "eu-west-1", with: awsKeys, want: "POST https://" + strings.ReplaceAll(host, "{region}", "eu-west-1") + "/"},
		{key: "aws_region", value: "eu-west-1", with: awsKeys, want: "/eu-west-1/" + service + "/aws4_request"},
		{key: "aws_auth_type", value: "assumedRole", with: append(slices.Clip(awsKeys), "aws_role_arn", role), want: "Credential=ASIAROLE/"},
		{key: "aws_role_arn", value: role, with: as, want: "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr"},
		{key: "aws_external_id", value: "ext", with: append(slices.Clip(as), "aws_role_arn", role), want: "ExternalId=ext"},
	}
	for i := range rows {
		rows[i].id, rows[i].header, rows[i].body = id, prefixed(rows[i].key), body
	}
	return rows
}

func amazonRows() []optionRow {
	files := append(slices.Clip(awsKeys), "aws_s3_bucket", "bkt")
	encrypted := append(slices.Clip(files), "aws_server_side_encryption", "aws:kms")
	sse := []optionRow{
		{key: "aws_s3_bucket", header: "x-portkey-aws-s3-bucket", value: "bkt", with: awsKeys, want: "PUT https://bkt.s3.us-east-1.amazonaws.com/"},
		{key: "aws_s3_object_key", header: "x-portkey-aws-s3-object-key", value: "a/mine.jsonl", with: files, want: "amazonaws.com/a/mine.jsonl"},
		{key: "aws_s3_object_key", header: "x-portkey-provider-file-name", value: "a/mine.jsonl", with: files, want: "amazonaws.com/a/mine.jsonl"},
		{key: "aws_bedrock_model", header: "x-portkey-aws-bedrock-model", value: "amazon.nova-lite-v1:0", with: files, want: "X-Amz-Meta-Model: amazon.nova-lite-v1:0"},
		{key: "aws_bedrock_model", header: "x-portkey-provider-model", value: "amazon.nova-lite-v1:0", with: files, want: "X-Amz-Meta-Model: amazon.nova-lite-v1:0"},
		{key: "aws_server_side_encryption", header: "x-portkey-amz-server-side-encryption", value: "aws:kms", with: files, want: "X-Amz-Server-Side-Encryption: aws:kms"},
		{key: "aws_server_side_encryption_kms_key_id", header: "x-portkey-amz-server-side-encryption-aws-kms-key-id", value: "k1", with: encrypted, want: "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id: k1"},
	}
	for i := range sse {
		sse[i].id, sse[i].path, sse[i].body = "bedrock", "/v1/files", file(rowOfClaude)
	}
	rows := append(sse,
		optionRow{id: "bedrock", key: "aws_batch_role_arn", header: "x-portkey-aws-batch-role-arn", value: "arn:aws:iam::123456789012:role/b", with: files, path: "/v1/batches",
			body: `{"input_file_id":"s3%3A%2F%2Fbkt%2Fin%2Frows.jsonl","endpoint":"/v1/chat/completions","completion_window":"24h","model":"amazon.nova-lite-v1:0"}`, want: `"roleArn":"arn:aws:iam::123456789012:role/b"`},
		optionRow{id: "bedrock", key: "aws_auth_type", header: "x-portkey-aws-auth-type", value: "apiKey", with: awsKeys, want: "Authorization: Bearer sk-1"},
		optionRow{id: "bedrock", key: "aws_bedrock_api", header: "x-portkey-aws-bedrock-api", value: "invoke", with: awsKeys, body: claudeChat, want: "/invoke\n"},
	)
	for _, name := range []string{"custom-attributes", "target-model", "target-variant", "target-container-hostname", "inference-id", "enable-explanations", "inference-component", "session-id", "model-name"} {
		words := strings.Split("x-amzn-sagemaker-"+name, "-")
		for i, w := range words {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
		rows = append(rows, optionRow{id: "sagemaker", key: "amzn_sagemaker_" + strings.ReplaceAll(name, "-", "_"), header: "x-portkey-amzn-sagemaker-" + name, value: "v1", with: awsKeys, want: strings.Join(words, "-") + ": v1"})
	}
	mantle := strings.Replace(claudeChat, "anthropic.claude-sonnet-4-20250514-v1:0", "anthropic.claude-sonnet-4", 1)
	return slices.Concat(rows,
		awsRows("bedrock", "bedrock", "bedrock-runtime.{region}.amazonaws.com", claudeChat),
		awsRows("sagemaker", "sagemaker", "runtime.sagemaker.{region}.amazonaws.com", ""),
		awsRows("bedrock-mantle", "bedrock-mantle", "bedrock-mantle.{region}.api.aws", ""),
		anthropicRows("bedrock", append(slices.Clip(awsKeys), "aws_bedrock_api", "invoke"), claudeChat, `"anthropic_version":"bedrock-2099-01-01"`),
		anthropicRows("bedrock-mantle", awsKeys, mantle, ""),
	)
}
