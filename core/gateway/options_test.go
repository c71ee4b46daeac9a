package gateway

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
	"sluice/core/provider"
)

// inert are options and headers of the reference that change no request, and
// why.
var inert = map[string]string{
	"azure-openai azure_model_name": "names what runs behind a deployment, for people",
	"x-portkey-azure-model-name":    "names what runs behind a deployment, for people",
	"azure-ai azure_endpoint_name":  "the reference reads it, too, and does nothing with it",
	"x-portkey-azure-endpoint-name": "the reference reads it, too, and does nothing with it",
	"x-portkey-file-upload-size":    "files for Fireworks are held, so that their size is known",
	"x-portkey-model-type":          "rows say by their url what they are for",
}

// headersOfReference are all that its section on providers' headers lists.
const headersOfReference = `
	x-portkey-azure-resource-name x-portkey-azure-deployment-id x-portkey-azure-api-version x-portkey-azure-ad-token x-portkey-azure-auth-mode
	x-portkey-azure-managed-client-id x-portkey-azure-workload-client-id x-portkey-azure-entra-client-id x-portkey-azure-entra-client-secret
	x-portkey-azure-entra-tenant-id x-portkey-azure-entra-scope x-portkey-azure-model-name x-portkey-openai-beta openai-beta
	x-portkey-azure-foundry-url x-portkey-azure-endpoint-name x-portkey-azure-extra-params
	x-portkey-anthropic-version x-portkey-anthropic-beta anthropic-version anthropic-beta x-api-key
	x-portkey-aws-access-key-id x-portkey-aws-secret-access-key x-portkey-aws-session-token x-portkey-aws-region x-portkey-aws-role-arn
	x-portkey-aws-auth-type x-portkey-aws-external-id x-portkey-aws-s3-bucket x-portkey-aws-s3-object-key x-portkey-provider-file-name
	x-portkey-aws-bedrock-model x-portkey-provider-model x-portkey-amz-server-side-encryption
	x-portkey-amz-server-side-encryption-aws-kms-key-id
	x-portkey-amzn-sagemaker-custom-attributes x-portkey-amzn-sagemaker-target-model x-portkey-amzn-sagemaker-target-variant
	x-portkey-amzn-sagemaker-target-container-hostname x-portkey-amzn-sagemaker-inference-id x-portkey-amzn-sagemaker-enable-explanations
	x-portkey-amzn-sagemaker-inference-component x-portkey-amzn-sagemaker-session-id x-portkey-amzn-sagemaker-model-name
	x-portkey-openai-organization x-portkey-openai-project
	x-portkey-vertex-project-id x-portkey-vertex-region x-portkey-vertex-service-account-json x-portkey-vertex-storage-bucket-name
	x-portkey-provider-batch-endpoint x-portkey-workers-ai-account-id x-portkey-huggingface-base-url
	x-portkey-stability-client-id x-portkey-stability-client-user-id x-portkey-stability-client-version
	x-portkey-fireworks-account-id x-portkey-file-upload-size x-portkey-snowflake-account
	x-portkey-oracle-api-version x-portkey-oracle-region x-portkey-oracle-compartment-id x-portkey-oracle-serving-mode x-portkey-oracle-tenancy
	x-portkey-oracle-user x-portkey-oracle-fingerprint x-portkey-oracle-private-key x-portkey-oracle-key-passphrase
	x-portkey-mistral-fim-completion x-portkey-model-type`

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

// TestEveryOptionOfTheReferenceIsRead sends each option as a header, as a key
// in a config and as the same key in camel case, and looks at what goes out.
func TestEveryOptionOfTheReferenceIsRead(t *testing.T) {
	jwt := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(jwt, []byte("federated"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := slices.Concat(azureRows(), amazonRows(), googleRows(t), oracleRows(t), otherRows())
	seen := map[string]bool{}
	for _, row := range rows {
		seen[row.id+" "+row.key] = true
		t.Run(row.id+"/"+row.key+"/"+row.header, func(t *testing.T) {
			if row.header != "" {
				row.check(t, jwt, false, false)
			}
			row.check(t, jwt, true, false)
			row.check(t, jwt, true, true)
		})
	}
	for _, id := range provider.IDs() {
		s, _ := provider.Find(id)
		for _, o := range s.Options {
			if name := id + " " + o.Key; !seen[name] && inert[name] == "" {
				t.Errorf("%s has no row", name)
			}
		}
	}
	for name := range strings.FieldsSeq(headersOfReference) {
		if !slices.ContainsFunc(rows, func(r optionRow) bool { return r.header == name }) && inert[name] == "" {
			t.Errorf("the header %s has no row", name)
		}
	}
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

func rsaKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func googleRows(t *testing.T) []optionRow {
	t.Helper()
	place := []string{"vertex_project_id", "p", "vertex_region", "us-central1"}
	files := append(slices.Clip(place), "vertex_storage_bucket_name", "bkt")
	account := `{"type":"service_account","project_id":"theirs","client_email":"bot@p.iam.gserviceaccount.com","private_key":` + string(json.Quote(rsaKey(t))) + `}`
	rows := []optionRow{
		{key: "vertex_project_id", header: "x-portkey-vertex-project-id", value: "mine", with: []string{"vertex_region", "global"}, want: "/v1/projects/mine/locations/global/"},
		{key: "vertex_region", header: "x-portkey-vertex-region", value: "europe-west4", with: []string{"vertex_project_id", "p"}, want: "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/"},
		{key: "vertex_service_account_json", header: "x-portkey-vertex-service-account-json", value: account, with: place, want: "Authorization: Bearer bought"},
		{key: "vertex_service_account_json", header: "x-portkey-vertex-service-account-json", value: account, with: []string{"vertex_region", "global"}, want: "/projects/theirs/"},
		{key: "vertex_auth_mode", header: "x-portkey-vertex-auth-mode", value: "ambient", with: place, want: "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"},
		{key: "vertex_storage_bucket_name", header: "x-portkey-vertex-storage-bucket-name", value: "bkt", with: place, path: "/v1/files", body: file(bareRow), want: "PUT https://storage.googleapis.com/bkt/"},
		{key: "vertex_model_name", header: "x-portkey-provider-model", value: "gemini-2.5-pro", with: files, path: "/v1/files", body: file(bareRow), want: "X-Goog-Meta-Model: gemini-2.5-pro"},
		{key: "filename", header: "x-portkey-provider-file-name", value: "a/mine.jsonl", with: files, path: "/v1/files", body: file(bareRow), want: "storage.googleapis.com/bkt/a/mine.jsonl"},
		{key: "vertex_batch_endpoint", header: "x-portkey-provider-batch-endpoint", value: "/v1/embeddings", with: files, path: "/v1/files", body: file(bareRow), want: "/v1/embeddings cannot be a part of a batch here"},
	}
	for i := range rows {
		rows[i].id = "vertex-ai"
	}
	return append(rows, anthropicRows("vertex-ai", place, vertexChat, `"anthropic_version":"vertex-2099-01-01"`)...)
}

func oracleRows(t *testing.T) []optionRow {
	t.Helper()
	encrypted, err := os.ReadFile("../provider/testdata/oci-pkcs8-aes128.pem")
	if err != nil {
		t.Fatal(err)
	}
	oneLine := func(s string) string { return strings.ReplaceAll(s, "\n", " ") }
	who := []string{"oracle_tenancy", "ten", "oracle_user", "use", "oracle_fingerprint", "aa:bb", "oracle_private_key", oneLine(rsaKey(t))}
	signed := func(but string) []string {
		out := []string{"oracle_compartment_id", "c"}
		for i := 0; i < len(who); i += 2 {
			if who[i] != but {
				out = append(out, who[i], who[i+1])
			}
		}
		return out
	}
	locked := append(signed("oracle_private_key"), "oracle_private_key", oneLine(string(encrypted)))
	rows := []optionRow{
		{key: "oracle_api_version", value: "20990101", with: signed(""), want: "oraclecloud.com/20990101/actions/chat"},
		{key: "oracle_region", value: "eu-frankfurt-1", with: signed(""), want: "https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/"},
		{key: "oracle_compartment_id", value: "ocid1.mine", want: `"compartmentId":"ocid1.mine"`},
		{key: "oracle_serving_mode", value: "DEDICATED", with: signed(""), want: `"servingType":"DEDICATED"`},
		{key: "oracle_tenancy", value: "mine", with: signed("oracle_tenancy"), want: `keyId="mine/use/aa:bb"`},
		{key: "oracle_user", value: "mine", with: signed("oracle_user"), want: `keyId="ten/mine/aa:bb"`},
		{key: "oracle_fingerprint", value: "cc:dd", with: signed("oracle_fingerprint"), want: `keyId="ten/use/cc:dd"`},
		{key: "oracle_private_key", value: who[7], with: signed("oracle_private_key"), want: `algorithm="rsa-sha256"`},
		{key: "oracle_key_passphrase", value: "open-sesame", with: locked, want: `algorithm="rsa-sha256"`},
	}
	for i := range rows {
		rows[i].id, rows[i].header = "oracle", prefixed(rows[i].key)
	}
	return append(rows, optionRow{id: "oracle-openai", key: "oracle_region", header: "x-portkey-oracle-region", value: "eu-frankfurt-1", want: "https://inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com/"})
}

func otherRows() []optionRow {
	rows := []optionRow{
		{id: "openai", key: "openai_organization", value: "org", want: "Openai-Organization: org"},
		{id: "openai", key: "openai_organization", header: "openai-organization", value: "org", want: "Openai-Organization: org"},
		{id: "openai", key: "openai_project", value: "proj", want: "Openai-Project: proj"},
		{id: "openai", key: "openai_project", header: "openai-project", value: "proj", want: "Openai-Project: proj"},
		{id: "openai", key: "openai_beta", value: "b=1", want: "Openai-Beta: b=1"},
		{id: "openai", key: "openai_beta", header: "openai-beta", value: "b=1", want: "Openai-Beta: b=1"},
		{id: "deepbricks", key: "openai_organization", value: "org", want: "Openai-Organization: org"},
		{id: "deepbricks", key: "openai_project", value: "proj", want: "Openai-Project: proj"},
		{id: "anthropic", key: "anthropic_api_key", header: "x-api-key", value: "sk-ant", alone: true, want: "X-Api-Key: sk-ant"},
		{id: "mistral-ai", key: "mistral_fim_completion", value: "true", body: `{"model":"codestral-latest","prompt":"def f(","suffix":"return"}`, want: "POST https://api.mistral.ai/v1/fim/completions"},
		{id: "workers-ai", key: "workers_ai_account_id", value: "acc", want: "https://api.cloudflare.com/client/v4/accounts/acc/ai/run/m"},
		{id: "huggingface", key: "huggingface_base_url", value: "https://x.endpoints.huggingface.cloud", want: "POST https://x.endpoints.huggingface.cloud/v1/chat/completions"},
		{id: "stability-ai", key: "stability_client_id", value: "app", path: "/v1/images/generations", body: oneImage, want: "Stability-Client-Id: app"},
		{id: "stability-ai", key: "stability_client_user_id", value: "u1", path: "/v1/images/generations", body: oneImage, want: "Stability-Client-User-Id: u1"},
		{id: "stability-ai", key: "stability_client_version", value: "1.2", path: "/v1/images/generations", body: oneImage, want: "Stability-Client-Version: 1.2"},
		{id: "fireworks-ai", key: "fireworks_account_id", value: "acc", path: "/v1/files", body: file(bareRow), want: "POST https://api.fireworks.ai/v1/accounts/acc/datasets"},
		{id: "cortex", key: "snowflake_account", value: "org-acc", want: "POST https://org-acc.snowflakecomputing.com/"},
		{id: "snowflake", key: "snowflake_account", value: "org-acc", want: "POST https://org-acc.snowflakecomputing.com/"},
		{id: "runpod", key: "runpod_endpoint_id", value: "e1", want: "POST https://api.runpod.ai/v2/e1/openai/v1/chat/completions"},
		{id: "watsonx", key: "watsonx_region", value: "eu-de", want: "POST https://eu-de.ml.cloud.ibm.com/"},
		{id: "watsonx", key: "watsonx_auth_mode", value: "iam", want: "Authorization: Bearer bought"},
		{id: "modal", key: "modal_key", header: "modal-key", value: "wk", with: []string{"custom_host", "https://me.modal.run/v1", "modal_secret", "ws"}, alone: true, want: "Modal-Key: wk"},
		{id: "modal", key: "modal_secret", header: "modal-secret", value: "ws", with: []string{"custom_host", "https://me.modal.run/v1", "modal_key", "wk"}, alone: true, want: "Modal-Secret: ws"},
		{id: "cloudflare-ai-gateway", key: "cloudflare_account_id", value: "acc", want: "https://gateway.ai.cloudflare.com/v1/acc/default/compat/"},
		{id: "cloudflare-ai-gateway", key: "cloudflare_gateway_id", value: "gw", with: []string{"cloudflare_account_id", "acc"}, want: "/v1/acc/gw/compat/"},
		{id: "cloudflare-ai-gateway", key: "cloudflare_gateway_token", value: "cf", with: []string{"cloudflare_account_id", "acc"}, want: "Cf-Aig-Authorization: Bearer cf"},
	}
	for i := range rows {
		if rows[i].header == "" {
			rows[i].header = prefixed(rows[i].key)
		}
	}
	return append(rows, anthropicRows("anthropic", nil, "", "")...)
}
