package provider

import (
	"net/http"
	"testing"

	"sluice/core/llm"
	"sluice/core/secret"
)

// TestOneProviderSeveralDialects: the model and the host decide what AI21,
// Reka, Bytez and PaLM are asked, and where.
func TestOneProviderSeveralDialects(t *testing.T) {
	t.Parallel()
	tests := []struct{ id, host, model, body, dialect, url string }{
		{"ai21", "", "jamba-large", "{}", "openai-chat", "https://api.ai21.com/studio/v1/chat/completions"},
		{"ai21", "", "j2-ultra", "{}", "ai21-j2", "https://api.ai21.com/studio/v1/j2-ultra/chat"},
		{"ai21", "https://e.x/p", "j2-ultra", `{"prompt":"x"}`, "ai21-j2", "https://e.x/p/j2-ultra/complete"},
		{"palm", "", "chat-bison-001", `{"prompt":{"messages":[]}}`, "palm", "https://generativelanguage.googleapis.com/v1beta3/models/chat-bison-001:generateMessage"},
		{"palm", "https://e.x", "text-bison-001", `{"prompt":{"text":"x"}}`, "palm", "https://e.x/models/text-bison-001:generateText"},
		{"reka-ai", "", "reka-flash", "{}", "reka-chat", "https://api.reka.ai/v1/chat"},
		{"reka-ai", "", "reka-flash-research", "{}", "openai-chat", "https://api.reka.ai/v1/chat/completions"},
		{"reka-ai", "https://e.x/v1/", "reka-flash", "{}", "reka-chat", "https://e.x/v1/chat"},
		{"reka-ai", "https://e.x", "reka-core", "{}", "reka", "https://e.x/chat"},
		{"bytez", "", "Qwen/Qwen3-4B", "{}", "openai-chat", "https://api.bytez.com/models/v2/openai/v1/chat/completions"},
		{"bytez", "https://e.x/openai/v1", "Qwen/Qwen3-4B", "{}", "openai-chat", "https://e.x/openai/v1/chat/completions"},
		{"bytez", "https://e.x", "Qwen/Qwen3-4B", "{}", "bytez", "https://e.x/models/v2/Qwen/Qwen3-4B"},
	}
	for _, tt := range tests {
		spec, _ := Find(tt.id)
		set := Settings{CustomHost: tt.host}
		e, ok := spec.Endpoint(llm.Generate, llm.Anthropic, set, tt.model)
		if !ok || string(e.Codec.Dialect()) != tt.dialect {
			t.Errorf("%s %s at %q: %+v, want %s", tt.id, tt.model, tt.host, e, tt.dialect)
			continue
		}
		u, err := spec.Resolve(set, e, Request{Model: tt.model, Body: []byte(tt.body)})
		if err != nil || u.String() != tt.url {
			t.Errorf("%s %s at %q: %v (%v), want %s", tt.id, tt.model, tt.host, u, err, tt.url)
		}
	}
}

func TestRekaLooksForItsKeyInTwoPlaces(t *testing.T) {
	t.Parallel()
	spec, _ := Find("reka-ai")
	for path, header := range map[string]string{"/v1/chat": "X-Api-Key", "/chat": "X-Api-Key", "/v1/chat/completions": "Authorization"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.reka.ai"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := spec.Authorize(t.Context(), r, Settings{APIKey: secret.New("k")}); err != nil || len(r.Header) != 1 || r.Header.Get(header) == "" {
			t.Errorf("%s: %v (%v)", path, r.Header, err)
		}
	}
}
