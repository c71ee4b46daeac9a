package provider

import (
	"context"
	"net/http"
	"strings"
)

// Cloudflare's AI Gateway takes the key of the provider behind it, or has one
// stored, and its own token beside it. Whoever owns the account sees requests.
func init() {
	add(Spec{
		ID: "cloudflare-ai-gateway", Name: "Cloudflare AI Gateway", Docs: "https://developers.cloudflare.com/ai-gateway/usage/chat-completion/",
		BaseURL: "https://gateway.ai.cloudflare.com/v1/{cloudflare_account_id}/{cloudflare_gateway_id}/compat",
		Options: []Option{
			{Key: "cloudflare_account_id", Headers: []string{"cloudflare-account-id"}, Host: true},
			{Key: "cloudflare_gateway_id", Headers: []string{"cloudflare-gateway-id"}, Default: "default", Host: true},
			{Key: "cloudflare_gateway_token", Headers: []string{"cloudflare-gateway-token"}, Plain: []string{"Cf-Aig-Authorization"}},
		},
		Auth: cloudflareGatewayAuth, KeepDeveloper: true,
	})
}

func cloudflareGatewayAuth(_ context.Context, r *http.Request, s Settings) error {
	token := strings.TrimPrefix(s.Option("cloudflare_gateway_token"), "Bearer ")
	if s.APIKey.IsZero() && token == "" {
		return missingKey("cloudflare-ai-gateway", " or the gateway's token in x-portkey-cloudflare-gateway-token")
	}
	if !s.APIKey.IsZero() {
		bearer(r, s.APIKey)
	}
	if token != "" {
		r.Header.Set("Cf-Aig-Authorization", "Bearer "+token)
	}
	return nil
}
