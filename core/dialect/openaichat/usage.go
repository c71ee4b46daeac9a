package openaichat

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usage has the members under which OpenAI and its followers count tokens.
type usage struct {
	Prompt        count `json:"prompt_tokens"`
	Completion    count `json:"completion_tokens"`
	Total         count `json:"total_tokens"`
	PromptDetails struct {
		Cached     count `json:"cached_tokens"`
		Audio      count `json:"audio_tokens"`
		CacheWrite count `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning count `json:"reasoning_tokens"`
		Audio     count `json:"audio_tokens"`
	} `json:"completion_tokens_details"`
	CacheHit      count `json:"prompt_cache_hit_tokens"`     // DeepSeek
	Cached        count `json:"cached_tokens"`               // Moonshot
	CacheRead     count `json:"cache_read_input_tokens"`     // gateways before Anthropic
	CacheCreation count `json:"cache_creation_input_tokens"` // gateways before Anthropic
}

// count is a number of tokens. What is no number, or is negative, is none: a
// provider's slip in a counter must not cost the answer. The limit keeps sums
// from overflowing.
type count int64

const maxCount = 1 << 40

func (c *count) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	*c = count(min(max(wholeNumber(v), 0), maxCount))
	return err
}

// decodeUsage returns nil if v is not an object. The object itself stays
// native: it is what a chat client is told.
func decodeUsage(v json.Value, tier string) *llm.Usage {
	if v.Kind() != '{' {
		return nil
	}
	var u usage
	if json.UnmarshalLoose(v, &u) != nil {
		return nil
	}
	out := &llm.Usage{
		CacheRead:   int64(cmp.Or(u.PromptDetails.Cached, u.CacheHit, u.CacheRead, u.Cached)),
		CacheWrite:  int64(cmp.Or(u.PromptDetails.CacheWrite, u.CacheCreation)),
		Output:      int64(u.Completion),
		Reasoning:   int64(u.CompletionDetails.Reasoning),
		AudioInput:  int64(u.PromptDetails.Audio),
		AudioOutput: int64(u.CompletionDetails.Audio),
		ServiceTier: tier,
		Native:      llm.Native{Dialect: llm.OpenAIChat, Members: v.Clone()},
	}
	out.Input = int64(u.Prompt)
	if cached := out.CacheRead + out.CacheWrite; u.includesCache(cached) {
		out.Input -= cached
	}
	// xAI counts reasoning beside the completion; the total gives it away.
	if r := u.CompletionDetails.Reasoning; r > 0 && u.Total == u.Prompt+u.Completion+r {
		out.Output += out.Reasoning
	}
	return out
}

// includesCache reports whether the prompt tokens contain the cached ones, as
// OpenAI has it. Gateways that stand before Anthropic may leave them out; then
// the total is larger than the two parts, or the cached tokens more than all.
func (u *usage) includesCache(cached int64) bool {
	if cached > int64(u.Prompt) {
		return false
	}
	return cached == 0 || int64(u.Total) != int64(u.Prompt)+int64(u.Completion)+cached
}

// usage writes what was used, for clients: cached tokens are in the prompt
// tokens, and again under Anthropic's names.
func (w *writer) usage(u *llm.Usage) {
	w.Open("usage", '{')
	if v := u.Native.For(llm.OpenAIChat); v != nil {
		w.Splice(v)
		w.Close('}')
		return
	}
	w.Int("prompt_tokens", u.Prompt())
	w.Int("completion_tokens", u.Output)
	w.Int("total_tokens", total(u))
	w.details("prompt_tokens_details", named{"cached_tokens", u.CacheRead}, named{"audio_tokens", u.AudioInput})
	w.details("completion_tokens_details", named{"reasoning_tokens", u.Reasoning}, named{"audio_tokens", u.AudioOutput})
	if written := u.CacheWrite + u.CacheWrite1h; u.CacheRead > 0 || written > 0 {
		w.Int("cache_read_input_tokens", u.CacheRead)
		w.Int("cache_creation_input_tokens", written)
	}
	w.Close('}')
}

// total is the sum, unless Converse, which states it, says otherwise.
func total(u *llm.Usage) int64 {
	stated := json.Lookup(u.Native.For(llm.Converse), "totalTokens")
	return cmp.Or(wholeNumber(stated), u.Total())
}

type named struct {
	name string
	n    int64
}

// details writes an object of the counts that are not zero.
func (w *writer) details(name string, counts ...named) {
	open := false
	for _, c := range counts {
		if c.n == 0 {
			continue
		}
		if !open {
			w.Open(name, '{')
			open = true
		}
		w.Int(c.name, c.n)
	}
	if open {
		w.Close('}')
	}
}
