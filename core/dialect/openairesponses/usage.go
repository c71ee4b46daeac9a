package openairesponses

import (
	"cmp"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usage has the members under which the API counts tokens.
type usage struct {
	Input        count `json:"input_tokens"`
	Output       count `json:"output_tokens"`
	InputDetails struct {
		Cached     count `json:"cached_tokens"`
		CacheWrite count `json:"cache_write_tokens"`
		Audio      count `json:"audio_tokens"`
	} `json:"input_tokens_details"`
	OutputDetails struct {
		Reasoning count `json:"reasoning_tokens"`
		Audio     count `json:"audio_tokens"`
	} `json:"output_tokens_details"`
}

// decodeUsage returns nil if v is not an object. The object itself stays
// native: it is what a client of the dialect is told.
func decodeUsage(v json.Value, tier string) *llm.Usage {
	if v.Kind() != '{' {
		return nil
	}
	var u usage
	if json.UnmarshalLoose(v, &u) != nil {
		return nil
	}
	read, written := int64(u.InputDetails.Cached), int64(u.InputDetails.CacheWrite)
	out := &llm.Usage{
		Input: int64(u.Input), CacheRead: read, CacheWrite: written,
		Output: int64(u.Output), Reasoning: int64(u.OutputDetails.Reasoning),
		AudioInput: int64(u.InputDetails.Audio), AudioOutput: int64(u.OutputDetails.Audio),
		ServiceTier: tier, Native: llm.NativeOf(llm.OpenAIResponses, v),
	}
	if read+written <= out.Input {
		out.Input -= read + written
	}
	return out
}

// usage writes what was used. Clients read all of its members.
func (w *writer) usage(u *llm.Usage) {
	w.Open("usage", '{')
	if v := u.Native.For(llm.OpenAIResponses); v != nil {
		w.Splice(v)
		w.Close('}')
		return
	}
	w.Int("input_tokens", u.Prompt())
	w.Open("input_tokens_details", '{')
	w.Int("cached_tokens", u.CacheRead)
	w.Close('}')
	w.Int("output_tokens", u.Output)
	w.Open("output_tokens_details", '{')
	w.Int("reasoning_tokens", u.Reasoning)
	w.Close('}')
	w.Int("total_tokens", u.Total())
	w.Close('}')
}

// usageOr is what was used, else what was expected of it.
func usageOr(u, estimate *llm.Usage) *llm.Usage {
	return cmp.Or(u, estimate, &llm.Usage{})
}
