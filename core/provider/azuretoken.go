package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/core/internal/json"
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

// A tokenRequest buys a token: a form to post, or else a query.
type tokenRequest struct {
	seller    string // for messages; empty: Azure
	url       string
	form      url.Values
	assertion string // file that the form's client_assertion is read from
}

// key depends on all that a token depends on. A caller that knows another's
// client id, but not its secret, gets another key.
func (q tokenRequest) key() tokenKey {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q", q.url, q.form.Encode(), q.assertion))
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
		url: entraAuthority + "/" + tenant + "/oauth2/v2.0/token",
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
	return tokenRequest{url: metadataTokens + "?" + query.Encode()}, err
}

func workloadRequest(s Settings, host string) (tokenRequest, error) {
	w := s.ambient().AzureWorkload
	if w == nil {
		return tokenRequest{}, llm.Errorf(llm.Credential, "this gateway lends no workload identity")
	}
	scope, err := ownScope(s, host)
	return tokenRequest{
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

// buyTimeout bounds one purchase.
const buyTimeout = 15 * time.Second

// noRedirects is for requests that carry a credential.
var noRedirects = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (q tokenRequest) buy(ctx context.Context, client *http.Client) (string, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, buyTimeout)
	defer cancel()
	req, err := q.http(ctx)
	if err != nil {
		return "", 0, &llm.Error{Kind: llm.Credential, Message: "no access token from " + q.from(), Err: err}
	}
	resp, err := cmp.Or(client, noRedirects).Do(req)
	if err != nil {
		kind := llm.Unreachable
		if errors.Is(err, context.DeadlineExceeded) {
			kind = llm.Timeout
		}
		return "", 0, &llm.Error{Kind: kind, Message: "no access token from " + q.from(), Err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", 0, &llm.Error{Kind: llm.Unreachable, Message: "no access token from " + q.from(), Err: err}
	}
	return q.read(resp.StatusCode, body)
}

func (q tokenRequest) http(ctx context.Context) (*http.Request, error) {
	if q.form == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, nil)
		if err == nil {
			req.Header.Set("Metadata", "true")
		}
		return req, err
	}
	form := q.form
	if q.assertion != "" {
		// Kubernetes replaces the file about every hour.
		jwt, err := os.ReadFile(q.assertion)
		if err != nil {
			return nil, err
		}
		form = url.Values{"client_assertion": {strings.TrimSpace(string(jwt))}}
		for k, v := range q.form {
			form[k] = slices.Clone(v)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, err
}

func (q tokenRequest) from() string { return cmp.Or(q.seller, "Azure") }

func (q tokenRequest) read(status int, body []byte) (string, time.Duration, error) {
	var a struct {
		Token   string     `json:"access_token"`
		Expires json.Value `json:"expires_in"` // seconds; the metadata service quotes them
		Error   string     `json:"error_description"`
	}
	err := json.UnmarshalLoose(body, &a)
	switch {
	case status/100 == 5 || status == http.StatusTooManyRequests:
		return "", 0, &llm.Error{Kind: llm.Upstream, Message: fmt.Sprintf("%s answered %d to a request for an access token", q.from(), status), Err: err}
	case status != http.StatusOK || err != nil || a.Token == "":
		return "", 0, &llm.Error{Kind: llm.Credential, Message: cmp.Or(a.Error, fmt.Sprintf("%s gave no access token (status %d)", q.from(), status)), Err: err}
	}
	seconds, err := strconv.ParseInt(cmp.Or(json.Unquote(a.Expires), string(a.Expires)), 10, 32)
	if err != nil {
		seconds = 0 // used once
	}
	return a.Token, time.Duration(max(seconds, 0)) * time.Second, nil
}
