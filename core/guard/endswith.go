package guard

import (
	"context"
	"fmt"
	"strings"
)

func init() { add(Spec{ID: "default.endsWith", Form: true, New: newEndsWith}) }

// newEndsWith passes texts with a certain end; a full stop may follow it, that
// of Chinese and Japanese as well.
func newEndsWith(p *Params, _ Env) Check {
	suffix, not := requiredText(p, "suffix"), p.Bool("not", false)
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		ends := strings.HasSuffix(text, suffix) || strings.HasSuffix(text, suffix+".") || strings.HasSuffix(text, suffix+"。")
		return found(ends != not, struct {
			Suffix      string `json:"suffix"`
			Not         bool   `json:"not"`
			Verdict     bool   `json:"verdict"`
			Explanation string `json:"explanation"`
			TextExcerpt string `json:"textExcerpt"`
		}{suffix, not, ends != not, fmt.Sprintf("The text %s with %q%s.", choose(ends, "ends", "does not end"), suffix,
			choose(ends == not, choose(not, " when it should not", " when it should"), "")), excerpt(text)}), nil
	})
}
