package usage

import (
	"testing"

	"sluice/core/llm"
	"sluice/core/price"
)

func TestWhatProvidersTellBesideTokens(t *testing.T) {
	t.Parallel()
	const (
		claude = "https://platform.claude.com/docs/en/about-claude/pricing"
		sonar  = "https://docs.perplexity.ai/getting-started/pricing"
	)
	tests := []struct {
		name, page      string
		provider, model string
		dialect         llm.Dialect
		native          string
		usage           llm.Usage
		sum, want       string
	}{
		{"searches that happened", claude, "anthropic", "claude-opus-4-8", llm.Anthropic, `{"server_tool_use":{"web_search_requests":3,"web_fetch_requests":2}}`,
			llm.Usage{Input: 5000, Output: 800}, "5000×5 + 800×25 = 45000 µ$; 3 × $10/1000", "0.075"},
		{"searches that did not", claude, "anthropic", "claude-opus-4-8", llm.Anthropic, `{"server_tool_use":{"web_search_requests":0}}`,
			llm.Usage{Input: 5000, Output: 800}, "5000×5 + 800×25 = 45000 µ$", "0.045"},
		{"inference in the US", claude, "anthropic", "claude-opus-4-6", llm.Anthropic, `{"inference_geo":"us"}`,
			llm.Usage{Input: 1000, CacheRead: 1000, Output: 1000}, "1.1 × (1000×5 + 1000×0.50 + 1000×25) = 33550 µ$", "0.03355"},
		{"inference anywhere", claude, "anthropic", "claude-opus-4-6", llm.Anthropic, `{"inference_geo":"not_available"}`,
			llm.Usage{Input: 1000, Output: 1000}, "1000×5 + 1000×25 = 30000 µ$", "0.03"},
		{"fast mode", claude, "anthropic", "claude-opus-4-6", llm.Anthropic, `{"speed":"fast"}`,
			llm.Usage{Input: 1000, Output: 1000, ServiceTier: "standard"}, "1000×30 + 1000×150 = 180000 µ$", "0.18"},
		{"fast mode asked for and not had", claude, "anthropic", "claude-opus-4-6", llm.Anthropic, `{"speed":"standard"}`,
			llm.Usage{Input: 1000, Output: 1000, ServiceTier: "standard"}, "1000×5 + 1000×25 = 30000 µ$", "0.03"},
		{"a fee for the request", sonar, "perplexity-ai", "sonar", llm.OpenAIChat, `{"search_context_size":"low"}`,
			llm.Usage{Input: 1000, Output: 500}, "1000×1 + 500×1 = 1500 µ$; $5/1000", "0.0065"},
		{"a fee by the size of the context", sonar, "perplexity-ai", "sonar-pro", llm.OpenAIChat, `{"search_context_size":"high","num_search_queries":3}`,
			llm.Usage{Input: 100, Output: 200}, "100×3 + 200×15 = 3300 µ$; $14/1000", "0.0173"},
		{"deep research counts apart", sonar, "perplexity-ai", "sonar-deep-research", llm.OpenAIChat, `{"citation_tokens":500,"num_search_queries":10,"reasoning_tokens":2000}`,
			llm.Usage{Input: 500, Output: 1000}, "(500+500)×2 + 1000×8 + 2000×3 = 16000 µ$; 10 × $5/1000", "0.066"},
		{"billed units, not what the model read", "https://cohere.com/pricing", "cohere", "command-r7b", llm.Cohere, `{"billed_units":{"input_tokens":1000,"output_tokens":1000},"tokens":{"input_tokens":1500,"output_tokens":1004}}`,
			llm.Usage{Input: 1436, CacheRead: 64, Output: 1004}, "1000×0.0375 + 1000×0.15 = 187.50 µ$", "0.0001875"},
		{"nonsense costs nothing", claude, "anthropic", "claude-opus-4-8", llm.Anthropic, `{"server_tool_use":{"web_search_requests":"many"},"inference_geo":7,"speed":{}}`,
			llm.Usage{Input: 1000}, "1000×5 = 5000 µ$", "0.005"},
		{"nor does less than nothing", claude, "anthropic", "claude-opus-4-8", llm.Anthropic, `{"server_tool_use":{"web_search_requests":-5}}`,
			llm.Usage{Input: 1000}, "1000×5 = 5000 µ$", "0.005"},
	}
	for _, tt := range tests {
		u := tt.usage
		u.Native = llm.Native{Dialect: tt.dialect, Members: []byte(tt.native)}
		if c := Bill(price.Default(), tt.provider, tt.model, "", "", &u); c.String() != tt.want {
			t.Errorf("%s: %s, want %s: %s (%s)\n%+v", tt.name, c, tt.want, tt.sum, tt.page, c.Lines)
		}
	}
}

func TestTheUsageSaysWhereItWasServedBeforeAnybodyElse(t *testing.T) {
	t.Parallel()
	u := llm.Usage{Input: 1000, Native: llm.Native{Dialect: llm.Anthropic, Members: []byte(`{"inference_geo":"global"}`)}}
	if c := Bill(price.Default(), "anthropic", "claude-opus-4-6", "us", "", &u); c.String() != "0.005" {
		t.Errorf("got %s", c)
	}
	u.Native = llm.Native{}
	if c := Bill(price.Default(), "anthropic", "claude-opus-4-6", "us", "", &u); c.String() != "0.0055" {
		t.Errorf("got %s", c)
	}
}
