package guard

import (
	"context"
	"fmt"

	"sluice/core/internal/json"
)

func init() { add(Spec{ID: "default.regexMatch", New: newRegexMatch}) }

// regexMatch passes texts in which an expression matches somewhere.
type regexMatch struct {
	rule    string
	pattern *pattern
	not     bool
}

var _ Windowed = (*regexMatch)(nil)

func newRegexMatch(p *Params, _ Env) Check {
	c := &regexMatch{rule: requiredText(p, "rule"), not: p.Bool("not", false)}
	c.pattern = readPattern(p, "rule", c.rule, "")
	return c
}

// Window is the longest match if there may be none. That there is one shows
// only at the end.
func (c *regexMatch) Window() int {
	if !c.not || !c.pattern.bounded {
		return 0
	}
	return c.pattern.length
}

// matchDetails say where a match is. Index is in UTF-16 units.
type matchDetails struct {
	MatchedText string            `json:"matchedText"`
	Index       int               `json:"index"`
	Groups      map[string]string `json:"groups"`
	Captures    []json.Value      `json:"captures"` // null: took no part in it
}

func (c *regexMatch) Check(ctx context.Context, in *Input) (Verdict, error) {
	text := in.Text()
	if text == "" {
		return Verdict{}, ErrNoText
	}
	at, err := c.pattern.find(ctx, text)
	if err != nil {
		return Verdict{}, &Error{"TimeoutError", "the expression took too long"}
	}
	matched := at != nil
	pass := matched != c.not
	return found(pass, struct {
		RegexPattern string        `json:"regexPattern"`
		Not          bool          `json:"not"`
		Verdict      bool          `json:"verdict"`
		Explanation  string        `json:"explanation"`
		MatchDetails *matchDetails `json:"matchDetails"`
		TextExcerpt  string        `json:"textExcerpt"`
	}{c.rule, c.not, pass, fmt.Sprintf("The regex pattern '%s' %s the text%s.", c.rule,
		choose(matched, "matched", "did not match"),
		choose(c.not, choose(matched, " when it should not have", " as expected"), "")),
		c.pattern.details(text, at), excerpt(text)}), nil
}

// details lists what the groups of a match are; nil if there is none.
func (p *pattern) details(text string, at []int) *matchDetails {
	if at == nil {
		return nil
	}
	d := &matchDetails{text[at[0]:at[1]], utf16Length(text[:at[0]]), map[string]string{}, []json.Value{}}
	for i, name := range p.re.SubexpNames()[1:] {
		start, end := at[2*i+2], at[2*i+3]
		if start < 0 {
			d.Captures = append(d.Captures, json.Value("null"))
			continue
		}
		d.Captures = append(d.Captures, json.Quote(text[start:end]))
		if name != "" {
			d.Groups[name] = text[start:end]
		}
	}
	return d
}
