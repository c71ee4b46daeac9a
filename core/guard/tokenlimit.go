package guard

import (
	"context"
	"fmt"

	"sluice/core/llm"
)

func init() { add(Spec{ID: "default.tokenLimit", New: newTokenLimit}) }

// tokenLimit bounds the tokens of all texts together. They are estimated, four
// bytes of UTF-8 each: that is right within a fifth for English, and too low
// for code and for Chinese and Japanese, of which a character is three bytes
// and about one token.
type tokenLimit struct {
	from, to int
	not      bool
}

func newTokenLimit(p *Params, _ Env) Check {
	if p.Value("minTokens") == nil {
		p.Required("maxTokens")
	}
	t := &tokenLimit{p.Count("minTokens", 0), p.Count("maxTokens", 1<<31-1), p.Bool("not", false)}
	if t.from > t.to {
		p.Fail("maxTokens", "Must not be below minTokens")
	}
	return t
}

func (t *tokenLimit) Check(_ context.Context, in *Input) (Verdict, error) {
	size := 0
	for _, text := range in.Texts {
		size += len(text.Text)
	}
	n := int(llm.Estimate(int64(size), 0).Input)
	pass := (n >= t.from && n <= t.to) != t.not
	return found(pass, struct {
		TokenCount  int    `json:"tokenCount"`
		MinTokens   int    `json:"minTokens"`
		MaxTokens   int    `json:"maxTokens"`
		Not         bool   `json:"not"`
		Verdict     bool   `json:"verdict"`
		Explanation string `json:"explanation"`
	}{n, t.from, t.to, t.not, pass, fmt.Sprintf("about %d tokens; %d to %d are allowed", n, t.from, t.to)}), nil
}
