package provider

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/core/secret"
)

// vault is a document that can be changed and be away.
type vault struct {
	text string
	err  error
}

func (v *vault) Secret(context.Context, secret.Ref) (secret.Value, error) {
	return secret.New(v.text), v.err
}

func ring(v *vault, now *time.Time, env map[string]string) *Keyring {
	return &Keyring{
		Cache: secret.NewCached(v, func() time.Time { return *now }), Ref: secret.Ref{Scheme: "aws", Name: "x"},
		Env: func(n string) string { return env[n] },
	}
}

func TestKeyringReadsTheDocumentThenTheEnvironment(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	env := map[string]string{
		"OPENAI_API_KEY": "env-openai", "GROQ_API_KEY": "env-groq", "XAI_API_KEY": "env-xai", "PPLX_API_KEY": "env-pplx",
		"AZURE_OPENAI_API_KEY": "env-azure", "AZURE_OPENAI_RESOURCE": "res",
	}
	k := ring(&vault{text: `{"openai":{"apiKey":"doc-openai","openaiProject":"p"},"bedrock":{"aws_region":"eu-west-1"},"empty":{"api_key":""}}`}, &now, env)
	tests := []struct{ id, key, want string }{
		{"openai", "api_key", "doc-openai"},
		{"openai", "openai_project", "p"},
		{"bedrock", "aws_region", "eu-west-1"},
		{"groq", "api_key", "env-groq"},
		{"x-ai", "api_key", "env-xai"},
		{"perplexity-ai", "api_key", "env-pplx"},
		{"azure-openai", "resource_name", "res"},
		{"cohere", "api_key", ""},
		{"empty", "api_key", ""},
	}
	for _, tt := range tests {
		s, err := k.For(t.Context(), tt.id)
		if err != nil || s.Options[tt.key].Reveal() != tt.want {
			t.Errorf("%s of %s: %q, %v; want %q", tt.key, tt.id, s.Options[tt.key].Reveal(), err, tt.want)
		}
	}
	if s, err := (*Keyring)(nil).For(t.Context(), "openai"); err != nil || !s.IsZero() {
		t.Errorf("no keyring has %v, %v", s, err)
	}
}

func TestAKeyringThatCannotBeReadSaysSoWithoutQuoting(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	for _, v := range []*vault{{err: errors.New("away")}, {text: `{"openai":{"api_key":"CANARY"`}} {
		if _, err := ring(v, &now, nil).For(t.Context(), "openai"); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("got %v", err)
		}
	}
	if s, err := ring(&vault{err: secret.ErrNotFound}, &now, map[string]string{"OPENAI_API_KEY": "k"}).For(t.Context(), "openai"); err != nil || s.IsZero() {
		t.Errorf("without a document the environment counts: %v, %v", s, err)
	}
}

func TestARotatedKeyIsPickedUpWhenTheOldOneIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	v := &vault{text: `{"openai":{"api_key":"old"},"groq":{"api_key":"same"}}`}
	k := ring(v, &now, nil)
	old, _ := k.For(t.Context(), "openai")
	groq, _ := k.For(t.Context(), "groq")
	now = now.Add(time.Minute)
	v.text = `{"openai":{"api_key":"new"},"groq":{"api_key":"same"}}`
	if s, ok := k.Renew(t.Context(), "openai", old); !ok || s.Options["api_key"].Reveal() != "new" {
		t.Errorf("got %q, %t", s.Options["api_key"].Reveal(), ok)
	}
	if _, ok := k.Renew(t.Context(), "groq", groq); ok {
		t.Error("a key that has not changed is tried again")
	}
}
