package guard

import (
	"context"
	"strings"
)

func init() {
	add(Spec{ID: "default.alluppercase", New: func(p *Params, _ Env) Check {
		return newLetterCase(p, "uppercase", "lowercase", "abcdefghijklmnopqrstuvwxyz")
	}})
	add(Spec{ID: "default.alllowercase", New: func(p *Params, _ Env) Check {
		return newLetterCase(p, "lowercase", "uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}})
}

// newLetterCase passes texts without certain letters. Only those of ASCII
// count, as in the reference: a Chinese text passes.
func newLetterCase(p *Params, wanted, other, others string) Check {
	not := p.Bool("not", false)
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		all := !strings.ContainsAny(text, others)
		return found(all != not, struct {
			Verdict     bool   `json:"verdict"`
			Not         bool   `json:"not"`
			Explanation string `json:"explanation"`
			TextExcerpt string `json:"textExcerpt"`
		}{all != not, not, choose(all,
			"All alphabetic characters in the text are "+wanted+".",
			"The text contains "+other+" characters."), excerpt(text)}), nil
	})
}
