package gateway

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
)

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
