package guard

import (
	"context"
	"strings"
)

func init() { add(Spec{ID: "default.promptInjection", New: newPromptInjection}) }

// promptInjection scores how much a text looks like one that tries to take
// over a model: by phrases in ten languages, signs of roles and templates,
// hidden characters, and phrases in base64. Each rule counts once; two of
// weights a and b make 1−(1−a)(1−b). The check fails if a text reaches the
// threshold.
//
//	threshold   0 to 1; 0.7
//	not         the check passes if a text reaches it
//
// It stops what is well known, and nothing more: a new phrase, another
// language, a picture or a clever story passes. It also hits texts about
// injections. Let it be one layer of several.
//
// What the harnesses of coding agents add, such as <system-reminder>, is no
// sign by itself; phrases in it count like anywhere else, since anybody can
// write such a tag. In calls and results of tools, too, only phrases count.
type promptInjection struct {
	threshold float64
	not       bool
}

func newPromptInjection(p *Params, _ Env) Check {
	c := &promptInjection{p.Number("threshold", 0.7), p.Bool("not", false)}
	if c.threshold <= 0 || c.threshold > 1 {
		p.Fail("threshold", "Must be above 0 and at most 1")
	}
	return c
}

func (c *promptInjection) Check(ctx context.Context, in *Input) (Verdict, error) {
	worst, rules := 0.0, []string{}
	for i := range in.Texts {
		if err := ctx.Err(); err != nil {
			return Verdict{}, err
		}
		if score, hit := suspicion(&in.Texts[i]); score > worst {
			worst, rules = score, hit
		}
	}
	hit := worst >= c.threshold
	pass := hit == c.not
	return found(pass, struct {
		Verdict     bool     `json:"verdict"`
		Not         bool     `json:"not"`
		Explanation string   `json:"explanation"`
		Score       float64  `json:"score"`
		Threshold   float64  `json:"threshold"`
		Rules       []string `json:"rules"`
	}{pass, c.not, choose(hit, "looks like a prompt injection", "no known sign of a prompt injection"), worst, c.threshold, rules}), nil
}

// suspicion is the score of a text, and the names of the rules that hit.
func suspicion(t *Text) (score float64, hit []string) {
	innocent := 1.0
	add := func(name string, weight float64, yes bool) {
		if yes {
			innocent *= 1 - weight
			hit = append(hit, name)
		}
	}
	folded := fold(t.Text) + " " // so that the last word is followed by something
	for _, r := range injectionRules {
		add(r.name, r.weight, r.in(folded))
	}
	add("encoded", 0.8, encodedPhrase(t.Text))
	add("tags", 0.8, hiddenTags(t.Text))
	if t.Place != ToolCall && t.Place != ToolResult {
		plain := fold(withoutScaffolding(t.Text))
		for _, r := range structureRules {
			add(r.name, r.weight, r.in(plain))
		}
		add("invisible", 0.4, manyInvisible(t.Text))
	}
	return 1 - innocent, hit
}

// scaffolding are elements that harnesses of coding agents write.
var scaffolding = []string{"system-reminder", "environment_details", "environment_context", "local-command-stdout", "command-message", "command-name", "user_instructions", "env"}

func withoutScaffolding(text string) string {
	for _, name := range scaffolding {
		text = withoutElement(text, "<"+name+">", "</"+name+">")
	}
	return text
}

func withoutElement(text, open, shut string) string {
	if !strings.Contains(text, open) {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, open)
		b.WriteString(before)
		_, after, ended := strings.Cut(rest, shut)
		if !ok || !ended {
			break
		}
		text = after
	}
	return b.String()
}
