package provider

import (
	"context"
	"net/http"

	"sluice/core/llm"
)

// Modal runs its customers' own servers, each at an address of its own.
func init() {
	add(Spec{
		ID: "modal", Name: "Modal", Docs: "https://modal.com/docs/guide/webhook-proxy-auth",
		Options: []Option{
			{Key: "modal_key", Plain: []string{"Modal-Key"}},
			{Key: "modal_secret", Plain: []string{"Modal-Secret"}},
		},
		Auth: modalAuth,
	})
}

// modalAuth sends a key as bearer token, else the proxy token's two halves.
func modalAuth(_ context.Context, r *http.Request, s Settings) error {
	if !s.APIKey.IsZero() {
		bearer(r, s.APIKey)
		return nil
	}
	if s.Option("modal_key") == "" || s.Option("modal_secret") == "" {
		return llm.Errorf(llm.Credential, "no credential for modal: send a key in the header Authorization, or a proxy token in modal-key and modal-secret")
	}
	setOption(r, "Modal-Key", s, "modal_key")
	setOption(r, "Modal-Secret", s, "modal_secret")
	return nil
}
