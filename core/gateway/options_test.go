package gateway

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
