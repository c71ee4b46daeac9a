package cohere

import (
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// usage counts what the model saw and wrote (tokens), which includes what
// Cohere puts around a prompt, and what is paid for (billed_units).
type usage struct {
	Billed *tokens    `json:"billed_units"`
	Tokens *tokens    `json:"tokens"`
	Cached json.Value `json:"cached_tokens"`
}

type tokens struct {
	Input  json.Value `json:"input_tokens"`
	Output json.Value `json:"output_tokens"`
}

// decodeUsage returns nil if nothing was counted. The object itself stays
// native: it says what is billed.
func decodeUsage(v json.Value) *llm.Usage {
	var u usage
	if v.Kind() != '{' || json.UnmarshalLoose(v, &u) != nil {
		return nil
	}
	t := u.Tokens
	if t == nil {
		t = u.Billed
	}
	if t == nil {
		return nil
	}
	out := &llm.Usage{
		CacheRead: count(u.Cached), Output: count(t.Output), Native: llm.Native{Dialect: llm.Cohere, Members: v.Clone()},
	}
	input := count(t.Input)
	out.CacheRead = min(out.CacheRead, input)
	out.Input = input - out.CacheRead
	return out
}

// maxCount keeps sums from overflowing.
const maxCount = 1 << 40

// count reads a number of tokens, which Cohere also writes with a fraction.
// What is none, or negative, is 0.
func count(v json.Value) int64 {
	n, _ := wholeNumber(v)
	return min(max(n, 0), maxCount)
}

func wholeNumber(v json.Value) (int64, bool) {
	if v.Kind() != '0' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	return int64(f), true
}

func (w *writer) usage(u *llm.Usage) {
	w.Open("usage", '{')
	if v := u.Native.For(llm.Cohere); v != nil {
		w.Splice(v)
		w.Close('}')
		return
	}
	for _, name := range []string{"billed_units", "tokens"} {
		w.Open(name, '{')
		w.Int("input_tokens", u.Prompt())
		w.Int("output_tokens", u.Output)
		w.Close('}')
	}
	if u.CacheRead > 0 {
		w.Int("cached_tokens", u.CacheRead)
	}
	w.Close('}')
}
