package gateway

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sluice/core/llm"
	"sluice/core/provider"
)

// addresses are the options without which a provider has no address, as
// headers.
var addresses = map[string][]string{
	"azure-ai":              {"x-portkey-azure-foundry-url", "https://r.services.ai.azure.com/models"},
	"azure-openai":          {"x-portkey-azure-resource-name", "r"},
	"cloudflare-ai-gateway": {"x-portkey-cloudflare-account-id", "a"},
	"cortex":                {"x-portkey-snowflake-account", "a"},
	"snowflake":             {"x-portkey-snowflake-account", "a"},
	"databricks":            {"x-portkey-custom-host", "https://own.example.com"},
	"modal":                 {"x-portkey-custom-host", "https://own.example.com/v1"},
	"milvus":                {"x-portkey-custom-host", "https://own.example.com"},
	"qdrant":                {"x-portkey-custom-host", "https://own.example.com"},
	"oracle":                {"x-portkey-oracle-compartment-id", "c"},
	"runpod":                {"x-portkey-runpod-endpoint-id", "e"},
	"vertex-ai":             {"x-portkey-vertex-project-id", "p", "x-portkey-vertex-region", "global"},
	"workers-ai":            {"x-portkey-workers-ai-account-id", "a"},
}

// schemes are the headers of keys, where they are no bearer tokens, as each
// provider's page on authentication says (its Docs).
var schemes = map[string]string{
	"anthropic": "X-Api-Key: KEY", "assemblyai": "Authorization: KEY", "azure-openai": "Api-Key: KEY", "bytez": "Authorization: Key KEY",
	"deepgram": "Authorization: Token KEY", "elevenlabs": "Xi-Api-Key: KEY", "google": "X-Goog-Api-Key: KEY", "palm": "X-Goog-Api-Key: KEY",
	"qdrant": "Api-Key: KEY", "reka-ai": "X-Api-Key: KEY", "sarvam": "Api-Subscription-Key: KEY", "segmind": "X-Api-Key: KEY",
}

// keyless are the providers that ask for no key. They are sent one if the
// client has it.
var keyless = []string{
	"docker-model-runner", "echo", "litellm", "llamacpp", "llamafile", "lmstudio", "localai", "ollama", "ollama-native", "sglang", "tgi", "triton", "vllm", "xinference",
}

// plainCall is a client's request for whatever the provider does first.
func plainCall(t *testing.T, s *provider.Spec, key string) *http.Request {
	path, body := "/v1/chat/completions", `{"model":"m","max_tokens":9,"user":"u","messages":[{"role":"user","content":"Hi"}]}`
	if all := s.Available(provider.Settings{}); len(all) == 0 {
		path, body = "/v1/proxy/anything", "{}"
	} else if all[0].Operation == llm.Embed {
		path, body = "/v1/embeddings", `{"model":"m","input":"Hi"}`
	} else if all[0].Operation == llm.GenerateImage {
		path, body = "/v1/images/generations", `{"model":"core","prompt":"a cat"}`
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Portkey-Provider", s.ID)
	if s.BaseURL == "" && s.Keyless {
		r.Header.Set("X-Portkey-Custom-Host", "https://own.example.com")
	}
	for i := 0; i < len(addresses[s.ID]); i += 2 {
		r.Header.Set(addresses[s.ID][i], addresses[s.ID][i+1])
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return r
}

func eachProvider(t *testing.T, f func(t *testing.T, s *provider.Spec)) {
	t.Helper()
	for _, id := range provider.IDs() {
		s, _ := provider.Find(id)
		t.Run(id, func(t *testing.T) { f(t, s) })
	}
}

func TestAKeyGoesWhereItsProviderLooksForItAndNowhereElse(t *testing.T) {
	eachProvider(t, func(t *testing.T, s *provider.Spec) {
		const key = "canary-of-a-key"
		all := sent(t, "", func(t *testing.T) *http.Request { return plainCall(t, s, key) })
		request, _, _ := strings.Cut(all, "\nanswer ")
		want := "\n" + strings.Replace("Authorization: Bearer KEY", "KEY", key, 1) + "\n"
		if other := schemes[s.ID]; other != "" {
			want = "\n" + strings.Replace(other, "KEY", key, 1) + "\n"
		}
		switch {
		case s.Local != nil, s.ID == "sagemaker": // nobody is asked; SageMaker knows no keys
			if strings.Contains(all, key) {
				t.Errorf("the key is in\n%s", all)
			}
		case !strings.Contains(request, want) || strings.Count(all, key) != 1:
			t.Errorf("want %q, once, in\n%s", want, all)
		}
		if url, _, _ := strings.Cut(request, "\n"); strings.Contains(url, key) {
			t.Errorf("the key is in the URL %s", url)
		}
	})
}

func TestWithoutAKeyNothingIsSentAndTheClientHearsWhereToPutIt(t *testing.T) {
	eachProvider(t, func(t *testing.T, s *provider.Spec) {
		all := sent(t, "", func(t *testing.T) *http.Request { return plainCall(t, s, "") })
		request, answer, _ := strings.Cut(all, "\nanswer ")
		if slices.Contains(keyless, s.ID) != s.Keyless {
			t.Errorf("keyless: %t", s.Keyless)
		}
		if s.Keyless {
			if (request == "") != (s.Local != nil) || strings.Contains(request, "Authorization") {
				t.Errorf("sent\n%s", all)
			}
			return
		}
		place := "in the header Authorization"
		switch {
		case s.Transport != "" || s.Signed != "":
			place = "aws_access_key_id"
		case s.ID == "modal":
			place = "modal-key"
		}
		if strings.TrimSpace(request) != "" || !strings.HasPrefix(answer, "401 ") || !strings.Contains(answer, s.ID) || !strings.Contains(answer, place) {
			t.Errorf("got\n%s", all)
		}
	})
}
