package usage

import (
	"bytes"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
)

// unitsOf says what a provider's report means in units that have prices.
// Tokens are counted alike everywhere; what else costs money, each provider
// tells in words of its own.
func unitsOf(provider, model string, u *llm.Usage, others []llm.Counted) price.Units {
	units := price.UnitsOf(u)
	for _, c := range others {
		units.Items = append(units.Items, price.Item{Unit: countedAs[c.What], Quality: c.Quality, Size: c.Size, Count: c.Count})
	}
	switch {
	case u.Native.Dialect == llm.Anthropic:
		ofAnthropic(&units, u.Native.Members)
	case u.Native.Dialect == llm.OpenAIChat && provider == "perplexity-ai":
		ofPerplexity(&units, u.Native.Members, model)
	case u.Native.Dialect == llm.OpenAIChat:
		ofImages(&units, u.Native.Members)
	case u.Native.Dialect == llm.Cohere:
		ofCohere(&units, u.Native.Members)
	}
	return units
}

// countedAs are the units that have prices.
var countedAs = [...]price.Unit{llm.Images: price.Image, llm.Milliseconds: price.Minute, llm.Characters: price.Character, llm.Searches: price.Search}

// ofImages reads which tokens were images. Chat's usage has other names for
// its details.
//
// https://platform.openai.com/docs/api-reference/images/object
func ofImages(units *price.Units, native json.Value) {
	if !bytes.Contains(native, []byte("image_tokens")) { // as in nearly every answer
		return
	}
	units.ImageInput = number(json.Lookup(native, "input_tokens_details", "image_tokens"))
	units.ImageOutput = number(json.Lookup(native, "output_tokens_details", "image_tokens"))
}

// ofAnthropic reads where a request was served, how fast, and the searches
// that the model made.
//
// https://platform.claude.com/docs/en/api/messages/create
func ofAnthropic(units *price.Units, native json.Value) {
	units.Region = json.Unquote(json.Lookup(native, "inference_geo"))
	if json.Unquote(json.Lookup(native, "speed")) == price.Fast {
		units.ServedTier = price.Fast
	}
	if n := number(json.Lookup(native, "server_tool_use", "web_search_requests")); n > 0 {
		units.Items = append(units.Items, price.Item{Unit: price.WebSearch, Count: n})
	}
}

// ofPerplexity reads the fee for a request, which depends on how much its
// search read, and what deep research counts beside the completion: what it
// thought and what it cited.
//
// https://docs.perplexity.ai/getting-started/pricing
func ofPerplexity(units *price.Units, native json.Value, model string) {
	searches, size := json.Lookup(native, "num_search_queries"), json.Unquote(json.Lookup(native, "search_context_size"))
	count := number(searches)
	if searches == nil && size != "" {
		count = 1
	}
	if count > 0 {
		units.Items = append(units.Items, price.Item{Unit: price.WebSearch, Quality: size, Count: count})
	}
	if !strings.Contains(model, "deep-research") {
		return
	}
	units.Input += number(json.Lookup(native, "citation_tokens"))
	if thought := number(json.Lookup(native, "reasoning_tokens")); units.Reasoning == 0 {
		units.Output += thought
		units.Reasoning = thought
	}
}

// ofCohere reads what is billed, which is less than what the model read: it
// also reads what Cohere puts around a prompt.
//
// https://docs.cohere.com/docs/how-does-cohere-pricing-work
func ofCohere(units *price.Units, native json.Value) {
	billed := json.Lookup(native, "billed_units")
	input, output := json.Lookup(billed, "input_tokens"), json.Lookup(billed, "output_tokens")
	if input == nil || output == nil {
		return
	}
	units.Input, units.CacheRead, units.Output = number(input), 0, number(output)
}

// most keeps sums from overflowing.
const most = 1 << 40

// number reads a count; what is none is 0.
func number(v json.Value) int64 {
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0
	}
	return min(max(n, 0), most)
}
