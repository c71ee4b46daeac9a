package provider

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/secret"
)

const (
	// googleTokens sells tokens. A credential may name another address, which
	// is not listened to: clients bring credentials.
	googleTokens = "https://oauth2.googleapis.com/token"
	googleScope  = "https://www.googleapis.com/auth/cloud-platform"

	// googleMetadata is the metadata server of machines, containers and Cloud Run.
	// https://cloud.google.com/compute/docs/access/authenticate-workloads
	googleMetadata = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
)

// A googleCredential is a key file, in either of the forms that Google's
// tools write.
type googleCredential struct {
	Type         string `json:"type"` // service_account or authorized_user
	ProjectID    string `json:"project_id"`
	Email        string `json:"client_email"`
	KeyID        string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"` // PEM
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

// GoogleToken gives the access token of a target on Google Cloud: its API key
// when that is one, or one that its service account or the process's own
// identity buys. It is empty when the target brings none of them, or an API key
// that is no token.
func GoogleToken(ctx context.Context, s Settings) (string, error) {
	switch {
	case s.Option("vertex_service_account_json") != "":
		return buyGoogle(ctx, s.ambient(), s.Option("vertex_service_account_json"))
	case s.Option("vertex_auth_mode") == "ambient":
		return ambientGoogle(ctx, s.ambient())
	case s.Option("vertex_auth_mode") != "":
		return "", llm.Errorf(llm.BadRequest, "vertex_auth_mode must be ambient, or not be set")
	case GoogleAPIKey(s.APIKey):
		return "", nil
	}
	return s.APIKey.Reveal(), nil
}

// GoogleAPIKey tells API keys from access tokens by how they begin. Vertex AI
// asks for no project with one (express mode).
//
// https://cloud.google.com/docs/authentication/api-keys
func GoogleAPIKey(key secret.Value) bool {
	return strings.HasPrefix(key.Reveal(), "AIza") || strings.HasPrefix(key.Reveal(), "AQ.")
}

func readGoogle(text string) (googleCredential, error) {
	var c googleCredential
	if err := json.UnmarshalLoose([]byte(text), &c); err != nil { // the parser's error could quote the key
		return c, llm.Errorf(llm.Credential, "the service account of vertex-ai is not a JSON object of texts")
	}
	return c, nil
}

// buyGoogle exchanges a credential for a token. Tokens are kept by a hash over
// all of it: whoever knows only the name of an account does not get its
// token, and a key that was replaced is not used on.
func buyGoogle(ctx context.Context, a *Ambient, text string) (string, error) {
	c, err := readGoogle(text)
	if err != nil {
		return "", err
	}
	return a.tokens.get(ctx, sha256.Sum256([]byte("google "+text)), func(ctx context.Context) (string, time.Duration, error) {
		form, err := c.grant(time.Now())
		if err != nil {
			return "", 0, err
		}
		return tokenRequest{seller: "Google", url: googleTokens, form: form}.buy(ctx, a.Client)
	})
}

// grant is what is sent for a token.
//
// https://developers.google.com/identity/protocols/oauth2/service-account
func (c googleCredential) grant(now time.Time) (url.Values, error) {
	switch {
	case c.Type == "authorized_user":
		return url.Values{
			"grant_type": {"refresh_token"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret}, "refresh_token": {c.RefreshToken},
		}, nil
	case c.Type != "" && c.Type != "service_account":
		return nil, llm.Errorf(llm.Credential, "credentials of type %q are not supported for vertex-ai: use a service account's key", c.Type)
	}
	jwt, err := c.assertion(now)
	return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}, err
}

// ambientGoogle lends the process's own identity.
func ambientGoogle(ctx context.Context, a *Ambient) (string, error) {
	g := a.Google
	switch {
	case g == nil:
		return "", llm.Errorf(llm.Credential, "this gateway lends no Google identity")
	case g.File != "":
		text, err := os.ReadFile(g.File)
		if err != nil {
			return "", &llm.Error{Kind: llm.Credential, Message: "the gateway's own Google credential cannot be read"}
		}
		return buyGoogle(ctx, a, string(text))
	case !g.Metadata:
		return "", llm.Errorf(llm.Credential, "this gateway lends no Google identity")
	}
	q := tokenRequest{
		seller: "Google", header: http.Header{"Metadata-Flavor": {"Google"}},
		url: fmt.Sprintf("%s?scopes=%s", googleMetadata, url.QueryEscape(googleScope)),
	}
	return a.tokens.get(ctx, q.key(), func(ctx context.Context) (string, time.Duration, error) { return q.buy(ctx, a.Client) })
}
