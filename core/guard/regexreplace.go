package guard

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

func init() {
	add(Spec{ID: "default.regexReplace", Open: true, New: newRegexReplace})
}

// regexReplace replaces what an expression matches, in each text by itself.
// It passes unless it is told to fail then.
//
// The text in place of matches stands as it is written: $& in it does not
// bring back what was to go.
type regexReplace struct {
	rule, redactText string
	pattern          *pattern
	all              bool // flag g: every match, not the first of each text
	sticky           bool // flag y: only at the beginning, or at the end of another match
	fail             bool
}

var _ Changer = (*regexReplace)(nil)

// delimited is an expression between slashes, with flags.
var delimited = regexp.MustCompile(`(?s)^/(.+)/([gimsuyd]*)$`)

func newRegexReplace(p *Params, _ Env) Check {
	c := &regexReplace{rule: requiredText(p, "rule"), redactText: p.Text("redactText", "[REDACTED]"), fail: p.Bool("failOnDetection", false)}
	source, flags := c.rule, ""
	if m := delimited.FindStringSubmatch(c.rule); m != nil {
		source, flags = m[1], m[2]
	}
	c.all, c.sticky = strings.Contains(flags, "g"), strings.Contains(flags, "y")
	c.pattern = readPattern(p, "rule", source, flags)
	return c
}

// Window is the longest match if all are replaced. Which one is the first
// shows only in the whole text, and so does whether nothing is there to be
// replaced between two matches.
func (c *regexReplace) Window() int {
	if !c.all || c.sticky || !c.pattern.bounded || c.pattern.re.MatchString("") {
		return 0
	}
	return c.pattern.length
}

// Replaces is true.
func (c *regexReplace) Replaces() bool { return true }

// Changes are the matches.
func (c *regexReplace) Changes(text string, from int) []Change {
	var changes []Change
	for _, at := range c.pattern.re.FindAllStringIndex(text[from:], -1) {
		changes = append(changes, Change{from + at[0], from + at[1], c.redactText})
	}
	return changes
}

func (c *regexReplace) Check(ctx context.Context, in *Input) (Verdict, error) {
	if in.Text() == "" {
		return Verdict{}, ErrNoText
	}
	texts, matched := make([]string, len(in.Texts)), false
	for i, t := range in.Texts {
		now, err := c.replace(ctx, t.Text)
		if err != nil {
			return Verdict{}, err
		}
		texts[i], matched = now.text, matched || now.matched
	}
	v := found(!matched || !c.fail, struct {
		RegexPattern string `json:"regexPattern"`
		Verdict      bool   `json:"verdict"`
		Explanation  string `json:"explanation"`
	}{c.rule, !matched || !c.fail, choose(matched,
		fmt.Sprintf("Pattern '%s' matched and was replaced with '%s'", c.rule, c.redactText),
		fmt.Sprintf("The regex pattern '%s' did not match any text.", c.rule))})
	if matched {
		v.Texts = texts
	}
	return v, nil
}

// replaced is a text after its matches have been replaced.
type replaced struct {
	text    string
	matched bool
}

func (c *regexReplace) replace(ctx context.Context, text string) (replaced, error) {
	if ctx.Err() != nil || c.pattern.size*len(text) > maxWork {
		return replaced{}, &Error{"Error", "the text is too long for this expression"}
	}
	n := choose(c.all, -1, 1)
	var out strings.Builder
	end, matched := 0, false
	for _, at := range c.pattern.re.FindAllStringIndex(text, n) {
		if c.sticky && at[0] != end {
			break
		}
		matched = true
		out.WriteString(text[end:at[0]])
		out.WriteString(c.redactText)
		end = at[1]
	}
	out.WriteString(text[end:])
	return replaced{out.String(), matched}, nil
}
