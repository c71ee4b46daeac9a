package gemini

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usage has the counters. Prompt includes what came from the cache; thoughts
// and the prompts of tools that Google ran are counted beside the others.
//
// https://ai.google.dev/api/generate-content#UsageMetadata
type usage struct {
	Prompt        count      `json:"promptTokenCount"`
	Cached        count      `json:"cachedContentTokenCount"`
	ToolPrompt    count      `json:"toolUsePromptTokenCount"`
	Candidates    count      `json:"candidatesTokenCount"`
	Thoughts      count      `json:"thoughtsTokenCount"`
	PromptBy      modalities `json:"promptTokensDetails"`
	CachedBy      modalities `json:"cacheTokensDetails"`
	CandidatesBy  modalities `json:"candidatesTokensDetails"`
	ResponseCount count      `json:"responseTokenCount"` // candidates, as Live and some proxies say
}

// count is a number of tokens. What is no number, or is negative, is none: a
// provider's slip in a counter must not cost the answer. The limit keeps sums
// from overflowing.
type count int64

const maxCount = 1 << 40

func (c *count) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	n, _ := integer(v)
	*c = count(min(max(n, 0), maxCount))
	return err
}

// modalities has only the tokens of sound, which has a price of its own.
type modalities struct{ audio count }

func (m *modalities) UnmarshalJSONFrom(d *json.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	var all []struct {
		Modality json.Value `json:"modality"`
		Count    count      `json:"tokenCount"`
	}
	if json.UnmarshalLoose(v, &all) != nil {
		return nil
	}
	for _, x := range all {
		if json.Unquote(x.Modality) == "AUDIO" {
			m.audio = min(m.audio+x.Count, maxCount)
		}
	}
	return nil
}

// decodeUsage returns nil if v is not an object. The object itself stays
// native: it is what a client of this dialect is told.
func decodeUsage(v json.Value) *llm.Usage {
	var w usage
	if v.Kind() != '{' || json.UnmarshalLoose(v, &w) != nil {
		return nil
	}
	if w.Candidates == 0 {
		w.Candidates = w.ResponseCount
	}
	cached := min(w.Cached, w.Prompt)
	u := &llm.Usage{
		Input:       int64(w.Prompt - cached + w.ToolPrompt),
		CacheRead:   int64(cached),
		Output:      int64(w.Candidates + w.Thoughts),
		Reasoning:   int64(w.Thoughts),
		AudioOutput: int64(min(w.CandidatesBy.audio, w.Candidates)),
		Native:      llm.Native{Dialect: llm.Gemini, Members: v.Clone()},
	}
	u.AudioInput = min(int64(max(w.PromptBy.audio-w.CachedBy.audio, 0)), u.Input)
	return u
}

// encodeUsage writes the counters for a client.
func encodeUsage(u *llm.Usage) json.Value {
	if u == nil {
		return nil
	}
	if v := u.Native.For(llm.Gemini); v != nil {
		return v
	}
	var w json.Object
	counter := func(name string, n int64, always bool) {
		if n != 0 || always {
			w.Add(name, number(&n))
		}
	}
	counter("promptTokenCount", u.Prompt(), true)
	counter("cachedContentTokenCount", u.CacheRead, false)
	counter("candidatesTokenCount", u.Output-u.Reasoning, true)
	counter("thoughtsTokenCount", u.Reasoning, false)
	counter("totalTokenCount", u.Total(), true)
	audio := func(name string, all, n int64) {
		if n > 0 {
			rest := all - n
			w.Add(name, array([]json.Value{modality("TEXT", rest), modality("AUDIO", n)}))
		}
	}
	audio("promptTokensDetails", u.Prompt(), u.AudioInput)
	audio("candidatesTokensDetails", u.Output-u.Reasoning, u.AudioOutput)
	return w.Value()
}

func modality(name string, n int64) json.Value {
	return json.Object{json.Named("modality", json.Quote(name)), json.Named("tokenCount", number(&n))}.Value()
}
