package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"sluice/core/dialect/dialecttest"
	"sluice/core/gateway"
	"sluice/core/price"
	"sluice/core/usage"
)

// The pages that the rows were written from.
const (
	anthropicPage  = "https://platform.claude.com/docs/en/about-claude/pricing"
	claudeOnClouds = "https://platform.claude.com/docs/en/about-claude/pricing#third-party-platform-pricing"
	openAIPage     = "https://developers.openai.com/api/docs/pricing"
	audioPage      = "https://developers.openai.com/api/docs/models/gpt-4o-audio-preview"
	bedrockPage    = "https://aws.amazon.com/bedrock/pricing/"
	azurePage      = "https://azure.microsoft.com/en-us/pricing/details/cognitive-services/openai-service/"
)

// A paid request is one whose cost was computed by hand from the provider's
// page, as it stood at the date of the data. A µ$ is a millionth of a dollar,
// so a price for a million tokens times tokens is µ$.
type paid struct {
	name, page      string
	provider, model string
	asked           string // service tier of the request, in chat's words
	served          string // model that the answer names; empty: the one that was called
	tier            string // service tier that the answer names
	usage           string // as the provider writes it
	sum             string // how want was computed
	want            string // US dollars
}

var paidRequests = []paid{
	{"input and output", openAIPage, "openai", "gpt-4o", "", "gpt-4o-2024-08-06", "default",
		`{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}`,
		"1000×2.50 + 500×10 = 7500 µ$", "0.0075"},
	{"cached input", openAIPage, "openai", "gpt-4o-2024-08-06", "", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":800,"audio_tokens":0}}`,
		"200×2.50 + 800×1.25 + 100×10 = 2500 µ$", "0.0025"},
	{"a small request", openAIPage, "openai", "gpt-4o-mini", "", "gpt-4o-mini-2024-07-18", "default",
		`{"prompt_tokens":123,"completion_tokens":45,"total_tokens":168}`,
		"123×0.15 + 45×0.60 = 45.45 µ$", "0.00004545"},
	{"priority", openAIPage, "openai", "gpt-4.1", "priority", "gpt-4.1-2025-04-14", "priority",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×3.50 + 1000×0.875 + 1000×14 = 18375 µ$", "0.018375"},
	{"priority asked for, default served", openAIPage, "openai", "gpt-4.1", "priority", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×2 + 1000×8 = 10000 µ$", "0.01"},
	{"priority asked for, nothing said", openAIPage, "openai", "gpt-4o", "priority", "", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×4.25 + 1000×17 = 21250 µ$", "0.02125"},
	{"flex, reasoning is output", openAIPage, "openai", "o3", "flex", "", "flex",
		`{"prompt_tokens":2000,"completion_tokens":2000,"total_tokens":4000,"prompt_tokens_details":{"cached_tokens":1000},"completion_tokens_details":{"reasoning_tokens":1500}}`,
		"1000×1 + 1000×0.25 + 2000×4 = 9250 µ$", "0.00925"},
	{"reasoning is output", openAIPage, "openai", "gpt-5", "auto", "gpt-5-2025-08-07", "default",
		`{"prompt_tokens":1000,"completion_tokens":3000,"total_tokens":4000,"completion_tokens_details":{"reasoning_tokens":2500,"audio_tokens":0}}`,
		"1000×1.25 + 3000×10 = 31250 µ$", "0.03125"},
	{"272,000 tokens are short", openAIPage, "openai", "gpt-5.4", "", "", "default",
		`{"prompt_tokens":272000,"completion_tokens":1000,"total_tokens":273000}`,
		"272000×2.50 + 1000×15 = 695000 µ$", "0.695"},
	{"272,001 tokens are long, output too", openAIPage, "openai", "gpt-5.4", "", "", "default",
		`{"prompt_tokens":272001,"completion_tokens":1000,"total_tokens":273001}`,
		"272001×5 + 1000×22.50 = 1382505 µ$", "1.382505"},
	{"cached tokens make a prompt long", openAIPage, "openai", "gpt-5.4", "", "", "default",
		`{"prompt_tokens":272001,"completion_tokens":100,"total_tokens":272101,"prompt_tokens_details":{"cached_tokens":270000}}`,
		"2001×5 + 270000×0.50 + 100×22.50 = 147255 µ$", "0.147255"},
	{"audio in and out", audioPage, "openai", "gpt-4o-audio-preview", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"prompt_tokens_details":{"audio_tokens":600,"cached_tokens":0},"completion_tokens_details":{"audio_tokens":400}}`,
		"400×2.50 + 600×40 + 100×10 + 400×80 = 58000 µ$", "0.058"},
	{"cached at a quarter", openAIPage, "openai", "gpt-4.1-mini", "", "", "default",
		`{"prompt_tokens":3000,"completion_tokens":500,"total_tokens":3500,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"2000×0.40 + 1000×0.10 + 500×1.60 = 1700 µ$", "0.0017"},
	{"cached at a quarter, smaller", openAIPage, "openai", "gpt-4.1-nano", "", "", "default",
		`{"prompt_tokens":1001,"completion_tokens":7,"total_tokens":1008,"prompt_tokens_details":{"cached_tokens":1}}`,
		"1000×0.10 + 1×0.025 + 7×0.40 = 102.825 µ$", "0.000102825"},
	{"input and output", openAIPage, "openai", "gpt-4-turbo", "", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}`,
		"1000×10 + 200×30 = 16000 µ$", "0.016"},
	{"input and output", openAIPage, "openai", "gpt-3.5-turbo", "", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×0.50 + 1000×1.50 = 2000 µ$", "0.002"},
	{"input and output", openAIPage, "openai", "gpt-4", "", "", "default",
		`{"prompt_tokens":10,"completion_tokens":10,"total_tokens":20}`,
		"10×30 + 10×60 = 900 µ$", "0.0009"},
	{"cached at half", openAIPage, "openai", "o1", "", "", "default",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×15 + 1000×7.50 + 1000×60 = 82500 µ$", "0.0825"},
	{"cached at half", openAIPage, "openai", "o3-mini", "", "", "default",
		`{"prompt_tokens":2000,"completion_tokens":100,"total_tokens":2100,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×1.10 + 1000×0.55 + 100×4.40 = 2090 µ$", "0.00209"},
	{"cached at a quarter", openAIPage, "openai", "o4-mini", "", "", "default",
		`{"prompt_tokens":2000,"completion_tokens":100,"total_tokens":2100,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×1.10 + 1000×0.275 + 100×4.40 = 1815 µ$", "0.001815"},
	{"cached at a tenth", openAIPage, "openai", "gpt-5-mini", "", "", "default",
		`{"prompt_tokens":2000,"completion_tokens":400,"total_tokens":2400,"prompt_tokens_details":{"cached_tokens":1500}}`,
		"500×0.25 + 1500×0.025 + 400×2 = 962.5 µ$", "0.0009625"},
	{"nano-dollars", openAIPage, "openai", "gpt-5-nano", "", "", "default",
		`{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"prompt_tokens_details":{"cached_tokens":1}}`,
		"2×0.05 + 1×0.005 + 1×0.40 = 0.505 µ$", "0.000000505"},
	{"a fine-tuned model", openAIPage, "openai", "ft:gpt-4o-2024-08-06:acme::abc123", "", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×3.75 + 1000×15 = 18750 µ$", "0.01875"},
	{"a model that nobody sells", openAIPage, "openai", "gpt-99-secret", "", "", "default",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"no page has it", "unknown: no price"},
	{"a tier that has no price", openAIPage, "openai", "gpt-4.1", "", "", "scale",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"sold by contract", "unknown: no price for the service tier"},

	{"input and output", anthropicPage, "anthropic", "claude-sonnet-4-5", "", "claude-sonnet-4-5-20250929", "standard",
		`{"input_tokens":1000,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":500}`,
		"1000×3 + 500×15 = 10500 µ$", "0.0105"},
	{"both lifetimes of cache writes", anthropicPage, "anthropic", "claude-sonnet-4-5-20250929", "", "", "standard",
		`{"input_tokens":10,"cache_creation_input_tokens":1000,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":600},"output_tokens":20}`,
		"10×3 + 400×3.75 + 600×6 + 20×15 = 5430 µ$", "0.00543"},
	{"cache writes of no lifetime", anthropicPage, "anthropic", "claude-sonnet-4-5", "", "", "standard",
		`{"input_tokens":10,"cache_creation_input_tokens":1000,"output_tokens":20}`,
		"10×3 + 1000×3.75 + 20×15 = 4080 µ$", "0.00408"},
	{"cache read", anthropicPage, "anthropic", "claude-opus-4-6", "", "", "standard",
		`{"input_tokens":50,"cache_creation_input_tokens":0,"cache_read_input_tokens":100000,"output_tokens":1000}`,
		"50×5 + 100000×0.50 + 1000×25 = 75250 µ$", "0.07525"},
	{"cache writes and reads at once", anthropicPage, "anthropic", "claude-haiku-4-5-20251001", "", "", "standard",
		`{"input_tokens":100,"cache_creation_input_tokens":200,"cache_read_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":0},"output_tokens":40}`,
		"100×1 + 200×1.25 + 300×0.10 + 40×5 = 580 µ$", "0.00058"},
	{"cache read", anthropicPage, "anthropic", "claude-opus-4-5-20251101", "", "", "standard",
		`{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":100}`,
		"10×5 + 1000×0.50 + 100×25 = 3050 µ$", "0.00305"},
	{"every kind of input", anthropicPage, "anthropic", "claude-opus-4-1-20250805", "", "", "standard",
		`{"input_tokens":1000,"cache_creation_input_tokens":200,"cache_read_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":100},"output_tokens":100}`,
		"1000×15 + 100×18.75 + 100×30 + 1000×1.50 + 100×75 = 28875 µ$", "0.028875"},
	{"input and output", anthropicPage, "anthropic", "claude-3-5-haiku-20241022", "", "", "standard",
		`{"input_tokens":123,"cache_creation_input_tokens":0,"cache_read_input_tokens":100,"output_tokens":45}`,
		"123×0.80 + 100×0.08 + 45×4 = 286.4 µ$", "0.0002864"},
	{"fractions of a micro-dollar", anthropicPage, "anthropic", "claude-3-haiku-20240307", "", "", "",
		`{"input_tokens":101,"cache_creation_input_tokens":2000,"cache_read_input_tokens":1001,"output_tokens":11}`,
		"101×0.25 + 1001×0.03 + 2000×0.30 + 11×1.25 = 669.03 µ$", "0.00066903"},
	{"no surcharge for long prompts", anthropicPage, "anthropic", "claude-sonnet-4-6", "", "", "standard",
		`{"input_tokens":300000,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1000}`,
		"300000×3 + 1000×15 = 915000 µ$", "0.915"},
	{"inference in the US", anthropicPage, "anthropic", "claude-opus-4-6", "", "", "standard",
		`{"input_tokens":1000,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"output_tokens":1000,"inference_geo":"us"}`,
		"1.1 × (1000×5 + 1000×0.50 + 1000×25) = 33550 µ$", "0.03355"},
	{"fast mode", anthropicPage, "anthropic", "claude-opus-4-6", "", "", "standard",
		`{"input_tokens":1000,"output_tokens":1000,"speed":"fast"}`,
		"1000×30 + 1000×150 = 180000 µ$", "0.18"},
	{"web searches", anthropicPage, "anthropic", "claude-opus-4-8", "", "", "standard",
		`{"input_tokens":5000,"output_tokens":800,"server_tool_use":{"web_search_requests":3}}`,
		"5000×5 + 800×25 = 45000 µ$; 3 × $10/1000", "0.075"},

	{"a geography that has a price", claudeOnClouds, "bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "", "",
		`{"inputTokens":1000,"outputTokens":1000,"totalTokens":2000}`,
		"1.1 × (1000×3 + 1000×15) = 19800 µ$", "0.0198"},
	{"cache writes by lifetime", claudeOnClouds, "bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "", "", "",
		`{"inputTokens":10,"outputTokens":20,"totalTokens":1030,"cacheReadInputTokens":0,"cacheWriteInputTokens":1000,"cacheDetails":[{"ttl":"1h","inputTokens":600},{"ttl":"5m","inputTokens":400}]}`,
		"10×3 + 400×3.75 + 600×6 + 20×15 = 5430 µ$", "0.00543"},
	{"the ARN of a profile", claudeOnClouds, "bedrock", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1", "", "", "",
		`{"inputTokens":1000,"outputTokens":0,"totalTokens":2000,"cacheReadInputTokens":1000,"cacheWriteInputTokens":0}`,
		"1.1 × (1000×5 + 1000×0.50) = 6050 µ$", "0.00605"},
	{"a geography that changes no price", bedrockPage, "bedrock", "us.amazon.nova-lite-v1:0", "", "", "",
		`{"inputTokens":10000,"outputTokens":1000,"totalTokens":11000}`,
		"10000×0.06 + 1000×0.24 = 840 µ$", "0.00084"},
	{"cache reads at a quarter", bedrockPage, "bedrock", "amazon.nova-micro-v1:0", "", "", "",
		`{"inputTokens":1000,"outputTokens":0,"totalTokens":11000,"cacheReadInputTokens":10000}`,
		"1000×0.035 + 10000×0.00875 = 122.50 µ$", "0.0001225"},
	{"input and output", bedrockPage, "bedrock", "amazon.nova-pro-v1:0", "", "", "",
		`{"inputTokens":1000,"outputTokens":500,"totalTokens":1500}`,
		"1000×0.80 + 500×3.20 = 2400 µ$", "0.0024"},
	{"flex at half price", bedrockPage, "bedrock", "openai.gpt-oss-120b-1:0", "", "", "flex",
		`{"inputTokens":1000,"outputTokens":1000,"totalTokens":2000}`,
		"1000×0.075 + 1000×0.30 = 375 µ$", "0.000375"},
	{"priority at 1.75 times", bedrockPage, "bedrock", "openai.gpt-oss-120b-1:0", "", "", "priority",
		`{"inputTokens":1000,"outputTokens":1000,"totalTokens":2000}`,
		"1000×0.2625 + 1000×1.05 = 1312.50 µ$", "0.0013125"},

	{"a deployment", azurePage, "azure-openai", "prod-chat", "", "gpt-4o-2024-08-06", "",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×2.50 + 1000×1.25 + 1000×10 = 13750 µ$", "0.01375"},
	{"a deployment with the name of another model", azurePage, "azure-openai", "gpt-4o", "", "gpt-4.1-2025-04-14", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×2 + 1000×8 = 10000 µ$", "0.01"},

	{"usage at its own place", "https://groq.com/pricing", "groq", "llama-3.1-8b-instant", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"queue_time":0.01,"prompt_time":0.001}`,
		"1000×0.05 + 1000×0.08 = 130 µ$", "0.00013"},
	{"input and output, larger", "https://groq.com/pricing", "groq", "llama-3.3-70b-versatile", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`,
		"1000×0.59 + 1000×0.79 = 1380 µ$", "0.00138"},
	{"flex costs no more or less", "https://console.groq.com/docs/flex-processing", "groq", "openai/gpt-oss-120b", "flex", "", "flex",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×0.15 + 1000×0.075 + 1000×0.60 = 825 µ$", "0.000825"},
	{"hits of the cache", "https://api-docs.deepseek.com/quick_start/pricing", "deepseek", "deepseek-v4-flash", "", "", "",
		`{"prompt_tokens":11000,"completion_tokens":1000,"total_tokens":12000,"prompt_cache_hit_tokens":10000,"prompt_cache_miss_tokens":1000}`,
		"1000×0.14 + 10000×0.0028 + 1000×0.28 = 448 µ$", "0.000448"},
	{"cached input under a name of its own", "https://platform.moonshot.ai/docs/pricing/chat", "moonshot", "kimi-k2.6", "", "", "",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"cached_tokens":1000}`,
		"1000×0.95 + 1000×0.16 + 1000×4 = 5110 µ$", "0.00511"},
	{"cached input", "https://docs.x.ai/docs/models", "x-ai", "grok-4", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":50,"total_tokens":1050,"prompt_tokens_details":{"text_tokens":1000,"cached_tokens":900},"num_sources_used":0}`,
		"100×3 + 900×0.75 + 50×15 = 1725 µ$", "0.001725"},
	{"reasoning beside the completion", "https://docs.x.ai/docs/models", "x-ai", "grok-3-mini", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":2000,"completion_tokens_details":{"reasoning_tokens":800}}`,
		"1000×0.30 + 1000×0.50 = 800 µ$", "0.0008"},
	{"a name with its path", "https://docs.fireworks.ai/serverless/pricing", "fireworks-ai", "accounts/fireworks/models/kimi-k2p6", "", "", "",
		`{"prompt_tokens":2000,"completion_tokens":1000,"total_tokens":3000,"prompt_tokens_details":{"cached_tokens":1000}}`,
		"1000×0.95 + 1000×0.16 + 1000×4 = 5110 µ$", "0.00511"},
	{"a fee for the request", "https://docs.perplexity.ai/getting-started/pricing", "perplexity-ai", "sonar", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,"search_context_size":"low"}`,
		"1000×1 + 500×1 = 1500 µ$; $5/1000", "0.0065"},
	{"input and output", "https://mistral.ai/pricing", "mistral-ai", "mistral-large-latest", "", "", "",
		`{"prompt_tokens":1000,"total_tokens":2000,"completion_tokens":1000}`,
		"1000×0.50 + 1000×1.50 = 2000 µ$", "0.002"},
	{"input and output", "https://www.cerebras.ai/pricing", "cerebras", "gpt-oss-120b", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"prompt_tokens_details":{"cached_tokens":0}}`,
		"1000×0.35 + 1000×0.75 = 1100 µ$", "0.0011"},
	{"input and output", "https://www.together.ai/pricing", "together-ai", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "", "", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"cached_tokens":0}`,
		"1000×0.88 + 1000×0.88 = 1760 µ$", "0.00176"},
	{"a model that says it is free", "https://openrouter.ai/models", "openrouter", "openai/gpt-oss-20b:free", "", "openai/gpt-oss-20b:free", "",
		`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000,"cost":0}`,
		"free", "0"},
}

func TestARequestCostsWhatThePricePageSays(t *testing.T) {
	t.Parallel()
	for _, row := range paidRequests {
		t.Run(row.provider+"/"+row.name, func(t *testing.T) {
			t.Parallel()
			b := &books{}
			front, up := serve(t, gateway.Config{Sinks: []usage.Sink{b}}, row.answer(t))
			paths := bothRoutes
			if row.asked != "" {
				paths = bothRoutes[:1] // messages has other words for tiers
			}
			for _, path := range paths {
				for _, streamed := range []bool{false, true} {
					header := row.ask(t, front.URL+path, up.URL, streamed)
					r := b.next(t)
					what := fmt.Sprintf("%s streamed %t", path, streamed)
					if r.Cost == nil || r.Cost.String() != row.want || r.Usage.Estimated || r.Cost.Version != price.Default().Version() {
						t.Errorf("%s: the record says %+v, want %s: %s\n%+v\n%s", what, r.Cost, row.want, row.sum, r.Usage, row.page)
					}
					if want := map[bool]string{false: row.want}[streamed]; header.Get("X-Sluice-Cost") != want {
						t.Errorf("%s: x-sluice-cost %q, want %q: %s", what, header.Get("X-Sluice-Cost"), want, row.sum)
					}
				}
			}
		})
	}
}

// next takes the record that comes next.
func (b *books) next(t *testing.T) *usage.Record {
	t.Helper()
	for range 500 {
		b.mu.Lock()
		if len(b.rows) > 0 {
			r := b.rows[0]
			b.rows = b.rows[1:]
			b.mu.Unlock()
			return r
		}
		b.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no record")
	return nil
}

// ask sends the request and returns the headers of the answer.
func (p *paid) ask(t *testing.T, url, upstream string, streamed bool) http.Header {
	t.Helper()
	body := map[string]any{"model": p.model, "stream": streamed, "max_tokens": 9, "messages": []any{map[string]string{"role": "user", "content": "Hi"}}}
	if p.asked != "" {
		body["service_tier"] = p.asked
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"Content-Type": "application/json", "Authorization": "Bearer k", "X-Portkey-Provider": p.provider, "X-Portkey-Custom-Host": upstream} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", resp.StatusCode, got, err)
	}
	return resp.Header
}

// answer is the provider: whole or streamed, with the usage where it has it.
func (p *paid) answer(t *testing.T) http.HandlerFunc {
	served := p.served
	if served == "" {
		served = p.model
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		streamed := bytes.Contains(body, []byte(`"stream":true`)) || strings.HasSuffix(r.URL.Path, "/converse-stream")
		contentType, text := "text/event-stream", ""
		switch {
		case p.provider == "bedrock" && streamed:
			contentType, text = "application/vnd.amazon.eventstream", string(dialecttest.EventStream(t, []byte(p.converseStream())))
		case p.provider == "bedrock":
			text = `{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","metrics":{"latencyMs":1},` + p.converseEnd() + `}`
		case p.provider == "anthropic" && streamed:
			text = p.messagesStream(t, served)
		case p.provider == "anthropic":
			text = fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":%s}`,
				served, p.messagesUsage(t, nil))
		case streamed:
			text = p.chatStream(served)
		default:
			text = fmt.Sprintf(`{"id":"c","object":"chat.completion","created":1726000000,"model":%q%s,"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":%s}`,
				served, p.chatTier(), p.usage)
		}
		if !streamed {
			contentType = "application/json"
		}
		w.Header().Set("Content-Type", contentType)
		write(w, text)
	}
}

func (p *paid) chatTier() string {
	if p.tier == "" {
		return ""
	}
	return fmt.Sprintf(`,"service_tier":%q`, p.tier)
}

func (p *paid) chatStream(served string) string {
	head := fmt.Sprintf(`data: {"id":"c","object":"chat.completion.chunk","created":1726000000,"model":%q%s,`, served, p.chatTier())
	stream := head + `"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}` + "\n\n"
	if p.provider == "groq" {
		return stream + head + `"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":` + p.usage + "}}\n\ndata: [DONE]\n\n"
	}
	return stream + head + `"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" + head + `"choices":[],"usage":` + p.usage + "}\n\ndata: [DONE]\n\n"
}

// messagesUsage is the usage with some members set.
func (p *paid) messagesUsage(t *testing.T, set map[string]any) string {
	var u map[string]any
	if err := json.Unmarshal([]byte(p.usage), &u); err != nil {
		t.Error(err)
	}
	if p.tier != "" {
		u["service_tier"] = p.tier
	}
	maps.Copy(u, set)
	b, err := json.Marshal(u)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// messagesStream tells the prompt at its start, where nothing is written yet,
// and totals at its end, without what cannot have changed.
func (p *paid) messagesStream(t *testing.T, served string) string {
	var end map[string]any
	if err := json.Unmarshal([]byte(p.usage), &end); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"cache_creation", "inference_geo", "speed", "service_tier"} {
		delete(end, name)
	}
	total, err := json.Marshal(end)
	if err != nil {
		t.Error(err)
	}
	start := p.messagesUsage(t, map[string]any{"output_tokens": 1, "server_tool_use": map[string]int{"web_search_requests": 0}})
	return "event: message_start\ndata: " + fmt.Sprintf(`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[],"stop_reason":null,"stop_sequence":null,"usage":%s}}`, served, start) + `

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":` + string(total) + `}

event: message_stop
data: {"type":"message_stop"}

`
}

func (p *paid) converseEnd() string {
	if p.tier == "" {
		return `"usage":` + p.usage
	}
	return fmt.Sprintf(`"usage":%s,"serviceTier":{"type":%q}`, p.usage, p.tier)
}

func (p *paid) converseStream() string {
	return `messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Hi"}}
contentBlockStop {"contentBlockIndex":0}
messageStop {"stopReason":"end_turn"}
metadata {"metrics":{"latencyMs":1},` + p.converseEnd() + "}\n"
}
