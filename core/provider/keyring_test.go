package provider

import (
	"context"
	"errors"
	"slices"
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

// fromSDKs are the variables that the providers' own SDKs and pages name.
const fromSDKs = `openai OPENAI_API_KEY|anthropic ANTHROPIC_API_KEY|cohere CO_API_KEY|cohere COHERE_API_KEY|google GEMINI_API_KEY|google GOOGLE_API_KEY
	mistral-ai MISTRAL_API_KEY|groq GROQ_API_KEY|together-ai TOGETHER_API_KEY|fireworks-ai FIREWORKS_API_KEY|deepseek DEEPSEEK_API_KEY|x-ai XAI_API_KEY
	perplexity-ai PERPLEXITY_API_KEY|openrouter OPENROUTER_API_KEY|cerebras CEREBRAS_API_KEY|jina JINA_API_KEY|voyage VOYAGE_API_KEY|nvidia-nim NVIDIA_API_KEY
	huggingface HF_TOKEN|azure-openai AZURE_OPENAI_API_KEY|azure-ai AZURE_INFERENCE_CREDENTIAL|databricks DATABRICKS_TOKEN|deepinfra DEEPINFRA_API_TOKEN
	replicate REPLICATE_API_TOKEN|stability-ai STABILITY_API_KEY|reka-ai REKA_API_KEY|ai21 AI21_API_KEY|dashscope DASHSCOPE_API_KEY|moonshot MOONSHOT_API_KEY
	workers-ai CLOUDFLARE_API_TOKEN|cloudflare-ai-gateway CLOUDFLARE_AI_GATEWAY_API_KEY|zhipu ZHIPUAI_API_KEY|z-ai ZAI_API_KEY|ollama-cloud OLLAMA_API_KEY|meta-llama LLAMA_API_KEY
	sambanova SAMBANOVA_API_KEY|nebius NEBIUS_API_KEY|upstage UPSTAGE_API_KEY|vercel AI_GATEWAY_API_KEY|volcengine ARK_API_KEY|elevenlabs ELEVENLABS_API_KEY
	assemblyai ASSEMBLYAI_API_KEY|deepgram DEEPGRAM_API_KEY|friendliai FRIENDLI_TOKEN|snowflake SNOWFLAKE_PAT|github GITHUB_TOKEN|recraft-ai RECRAFT_API_TOKEN`

func TestTheVariablesOfTheProvidersOwnSDKsAreRead(t *testing.T) {
	t.Parallel()
	for _, pair := range strings.FieldsFunc(fromSDKs, func(c rune) bool { return c == '|' || c == '\n' }) {
		id, name, _ := strings.Cut(strings.TrimSpace(pair), " ")
		k := &Keyring{Env: func(n string) string { return map[string]string{name: "of " + name}[n] }}
		if s, err := k.For(t.Context(), id); err != nil || s.Options["api_key"].Reveal() != "of "+name {
			t.Errorf("%s: %s is not read: %v", id, name, err)
		}
	}
}

func TestVariablesAreOfProvidersAndTheirOptions(t *testing.T) {
	t.Parallel()
	for id := range variables {
		if _, ok := Find(id); !ok {
			t.Errorf("there is no provider %s", id)
		}
	}
	for id, options := range more {
		s, ok := Find(id)
		for key, name := range options {
			if !ok || !slices.ContainsFunc(s.Options, func(o Option) bool { return o.Key == key }) {
				t.Errorf("%s has no option %s", id, key)
				continue
			}
			k := &Keyring{Env: func(n string) string {
				if n == name || strings.HasSuffix(n, "_API_KEY") {
					return "of " + n
				}
				return ""
			}}
			if s, err := k.For(t.Context(), id); err != nil || s.Options[key].Reveal() != "of "+name {
				t.Errorf("%s: %s is not read from %s", id, key, name)
			}
		}
	}
}
