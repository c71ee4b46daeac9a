package provider

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sluice/core/llm"
)

const (
	entraAuthority = "https://login.microsoftonline.com"
	cognitiveScope = "https://cognitiveservices.azure.com/.default"
	foundryScope   = "https://ai.azure.com/.default"

	// metadataTokens is Azure's instance metadata service.
	// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
	metadataTokens = "http://169.254.169.254/metadata/identity/oauth2/token"
)

// metadataHeader is what Azure's metadata service insists on.
var metadataHeader = http.Header{"Metadata": {"true"}}

// azureOptions are the credentials of a target on Azure.
var azureOptions = []Option{
	{Key: "azure_ad_token", Headers: []string{"azure-ad-token"}},
	{Key: "azure_auth_mode", Headers: []string{"azure-auth-mode"}},
	{Key: "azure_managed_client_id", Headers: []string{"azure-managed-client-id"}},
	{Key: "azure_workload_client_id", Headers: []string{"azure-workload-client-id"}},
	{Key: "azure_entra_client_id", Headers: []string{"azure-entra-client-id"}},
	{Key: "azure_entra_client_secret", Headers: []string{"azure-entra-client-secret"}},
	{Key: "azure_entra_tenant_id", Headers: []string{"azure-entra-tenant-id"}},
	{Key: "azure_entra_scope", Headers: []string{"azure-entra-scope"}},
}

// azureToken gives the access token for a target: the one it brings, or one
// that its credential buys. It is empty when the target has an API key only.
func azureToken(ctx context.Context, s Settings, host string) (string, error) {
	if t := s.Option("azure_ad_token"); t != "" {
		return strings.TrimPrefix(t, "Bearer "), nil
	}
	var q tokenRequest
	var err error
	switch mode := s.Option("azure_auth_mode"); mode {
	case "":
		return "", nil
	case "entra":
		q, err = entraRequest(s)
	case "managed":
		q, err = managedRequest(s, host)
	case "workload":
		q, err = workloadRequest(s, host)
	default:
		err = llm.Errorf(llm.BadRequest, "azure_auth_mode must be entra, managed or workload")
	}
	if err != nil {
		return "", err
	}
	return s.ambient().tokens.get(ctx, q.key(), func(ctx context.Context) (string, time.Duration, error) {
		return q.buy(ctx, s.ambient().Client)
	})
}

// AzureToken gives the access token that the options of a target on Azure buy,
// to be shown to a host.
func AzureToken(ctx context.Context, s Settings, host string) (string, error) {
	return azureToken(ctx, s, host)
}

// entraRequest is OAuth's client credentials grant.
//
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func entraRequest(s Settings) (tokenRequest, error) {
	id, key := s.Option("azure_entra_client_id"), s.Option("azure_entra_client_secret")
	if id == "" || key == "" {
		return tokenRequest{}, llm.Errorf(llm.Credential, "azure_auth_mode entra needs azure_entra_tenant_id, azure_entra_client_id and azure_entra_client_secret")
	}
	tenant, err := segment("azure_entra_tenant_id", s.Option("azure_entra_tenant_id"))
	return tokenRequest{
		seller: "Azure", url: entraAuthority + "/" + tenant + "/oauth2/v2.0/token",
		form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {key},
			"scope": {cmp.Or(s.Option("azure_entra_scope"), cognitiveScope)},
		},
	}, err
}

func managedRequest(s Settings, host string) (tokenRequest, error) {
	if !s.ambient().AzureManaged {
		return tokenRequest{}, llm.Errorf(llm.Credential, "this gateway lends no managed identity")
	}
	scope, err := ownScope(s, host)
	query := url.Values{"api-version": {"2018-02-01"}, "resource": {strings.TrimSuffix(scope, ".default")}}
	if id := s.Option("azure_managed_client_id"); id != "" {
		query.Set("client_id", id)
	}
	return tokenRequest{seller: "Azure", url: metadataTokens + "?" + query.Encode(), header: metadataHeader}, err
}

func workloadRequest(s Settings, host string) (tokenRequest, error) {
	w := s.ambient().AzureWorkload
	if w == nil {
		return tokenRequest{}, llm.Errorf(llm.Credential, "this gateway lends no workload identity")
	}
	scope, err := ownScope(s, host)
	return tokenRequest{
		seller:    "Azure",
		url:       strings.TrimRight(cmp.Or(w.Authority, entraAuthority), "/") + "/" + w.TenantID + "/oauth2/v2.0/token",
		assertion: w.TokenFile,
		form: url.Values{
			"grant_type": {"client_credentials"}, "scope": {scope},
			"client_id":             {cmp.Or(s.Option("azure_workload_client_id"), w.ClientID)},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		},
	}, err
}

// ownScope guards the gateway's own identities: a client may use them for
// models, and at hosts that hand no token on to the owner of what runs there.
func ownScope(s Settings, host string) (string, error) {
	scope := cmp.Or(s.Option("azure_entra_scope"), cognitiveScope)
	if scope != cognitiveScope && scope != foundryScope {
		return "", llm.Errorf(llm.BadRequest, "azure_entra_scope must be %s or %s for the gateway's own identity", cognitiveScope, foundryScope)
	}
	for _, domain := range []string{".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"} {
		if strings.HasSuffix(strings.ToLower(host), domain) {
			return scope, nil
		}
	}
	return "", llm.Errorf(llm.BadRequest, "the gateway's own identity is only shown to Azure's own hosts")
}
