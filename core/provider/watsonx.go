package provider

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"sluice/core/llm"
)

// IBM's model gateway speaks OpenAI's dialect.
func init() {
	add(Spec{
		ID: "watsonx", Name: "IBM watsonx.ai", Docs: "https://www.ibm.com/docs/en/watsonx/saas?topic=generation-inferencing-gateway-models",
		BaseURL: "https://{watsonx_region}.ml.cloud.ibm.com/ml/gateway/v1",
		Options: []Option{
			{Key: "watsonx_region", Headers: []string{"watsonx-region"}, Default: "us-south"},
			{Key: "watsonx_auth_mode", Headers: []string{"watsonx-auth-mode"}},
		},
		Endpoints: with(chat, llm.Embed), Auth: watsonxAuth,
	})
}

// ibmTokens sells access tokens for API keys.
//
// https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey
const ibmTokens = "https://iam.cloud.ibm.com/identity/token"

// watsonxAuth sends the key as it is, which is an access token then, or with
// the mode iam the token that it buys.
func watsonxAuth(ctx context.Context, r *http.Request, s Settings) error {
	mode := s.Option("watsonx_auth_mode")
	switch {
	case s.APIKey.IsZero():
		return missingKey("watsonx", "")
	case mode == "":
		bearer(r, s.APIKey)
		return nil
	case mode != "iam":
		return llm.Errorf(llm.BadRequest, "watsonx_auth_mode must be iam, or absent for a key that is an access token")
	}
	q := tokenRequest{seller: "IBM Cloud", url: ibmTokens, form: url.Values{
		"grant_type": {"urn:ibm:params:oauth:grant-type:apikey"}, "apikey": {s.APIKey.Reveal()},
	}}
	token, err := s.ambient().tokens.get(ctx, q.key(), func(ctx context.Context) (string, time.Duration, error) {
		return q.buy(ctx, s.ambient().Client)
	})
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}
