package guard

import (
	"context"
	"strings"
)

func init() {
	add(Spec{ID: "default.alluppercase", Form: true, New: func(p *Params, _ Env) Check {
		return &letterCase{"uppercase", "lowercase", "abcdefghijklmnopqrstuvwxyz", p.Bool("not", false)}
	}})
	add(Spec{ID: "default.alllowercase", Form: true, New: func(p *Params, _ Env) Check {
		return &letterCase{"lowercase", "uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", p.Bool("not", false)}
	}})
}

// letterCase passes texts without the letters of the other case. Only those of
// ASCII count, as in the reference: a Chinese text passes.
type letterCase struct {
	wanted, other string
	others        string
	not           bool
}

var _ Windowed = (*letterCase)(nil)

// Window is 1, a letter of the other case; that there is one, as not wants,
// shows only at the end.
func (c *letterCase) Window() int { return choose(c.not, 0, 1) }

func (c *letterCase) Check(_ context.Context, in *Input) (Verdict, error) {
	text := in.Text()
	if text == "" {
		return Verdict{}, ErrNoText
	}
	all := !strings.ContainsAny(text, c.others)
	pass := all != c.not
	return found(pass, struct {
		Verdict     bool   `json:"verdict"`
		Not         bool   `json:"not"`
		Explanation string `json:"explanation"`
		TextExcerpt string `json:"textExcerpt"`
	}{pass, c.not, choose(all,
		"All alphabetic characters in the text are "+c.wanted+".",
		"The text contains "+c.other+" characters."), excerpt(text)}), nil
}
