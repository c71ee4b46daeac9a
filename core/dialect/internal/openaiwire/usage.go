package openaiwire

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usage has the members under which OpenAI and its followers count tokens.
type usage struct {
	Prompt        Count `json:"prompt_tokens"`
	Completion    Count `json:"completion_tokens"`
	Total         Count `json:"total_tokens"`
	PromptDetails struct {
		Cached     Count `json:"cached_tokens"`
		Audio      Count `json:"audio_tokens"`
		CacheWrite Count `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning Count `json:"reasoning_tokens"`
		Audio     Count `json:"audio_tokens"`
	} `json:"completion_tokens_details"`
	CacheHit      Count `json:"prompt_cache_hit_tokens"`     // DeepSeek
	Cached        Count `json:"cached_tokens"`               // Moonshot
	CacheRead     Count `json:"cache_read_input_tokens"`     // gateways before Anthropic
	CacheCreation Count `json:"cache_creation_input_tokens"` // gateways before Anthropic
}

// DecodeUsage reads the usage of a chat or text completion, nil if v is not an
// object. The object itself stays native: it is what a client of the dialect
// d is told.
func DecodeUsage(d llm.Dialect, v json.Value, tier string) *llm.Usage {
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
		Native:      llm.Native{Dialect: d, Members: v.Clone()},
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

// WriteUsage writes the member usage for a client of d: cached tokens are in
// the prompt tokens, and again under Anthropic's names, unless Gemini counted
// them: it has no price for what is written to a cache.
func WriteUsage(w *json.Writer, d llm.Dialect, u *llm.Usage) {
	w.Open("usage", '{')
	if v := u.Native.For(d); v != nil {
		w.Splice(v)
		w.Close('}')
		return
	}
	w.Int("prompt_tokens", u.Prompt())
	w.Int("completion_tokens", u.Output)
	w.Int("total_tokens", total(u))
	details(w, "prompt_tokens_details", named{"cached_tokens", u.CacheRead}, named{"audio_tokens", u.AudioInput})
	details(w, "completion_tokens_details", named{"reasoning_tokens", u.Reasoning}, named{"audio_tokens", u.AudioOutput})
	if written := u.CacheWrite + u.CacheWrite1h; (u.CacheRead > 0 || written > 0) && u.Native.Dialect != llm.Gemini {
		w.Int("cache_read_input_tokens", u.CacheRead)
		w.Int("cache_creation_input_tokens", written)
	}
	w.Close('}')
}

// total is the sum, unless Converse, which states it, says otherwise.
func total(u *llm.Usage) int64 {
	stated := json.Lookup(u.Native.For(llm.Converse), "totalTokens")
	return cmp.Or(WholeNumber(stated), u.Total())
}

type named struct {
	name string
	n    int64
}

// details writes an object of the counts that are not zero.
func details(w *json.Writer, name string, counts ...named) {
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
