package guard

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

func init() { add(Spec{ID: "default.contains", New: newContains}) }

// contains looks for words in a text, which may stand within others.
// Upper and lower case differ.
type contains struct {
	words    []string
	operator string
}

var _ Windowed = (*contains)(nil)

func newContains(p *Params, _ Env) Check {
	return &contains{wordList(p, "words"), p.OneOf("operator", "any", "all", "none")}
}

// wordList reads a list that has to have entries, none of them empty: the
// empty word is in every text.
func wordList(p *Params, name string) []string {
	p.Required(name)
	before := len(p.Faults())
	words := p.Texts(name)
	if len(p.Faults()) == before && words != nil && len(words) == 0 {
		p.Fail(name, "Must not be empty")
	}
	for i, w := range words {
		if w == "" {
			p.Fail(name, "Must not be empty at index %d", i)
		}
	}
	return words
}

func (c *contains) Check(_ context.Context, in *Input) (Verdict, error) {
	text := in.Text()
	present, missing := divide(c.words, func(w string) bool { return strings.Contains(text, w) })
	pass := satisfies(c.operator, present, missing)
	return found(pass, struct {
		Explanation  string   `json:"explanation"`
		FoundWords   []string `json:"foundWords"`
		MissingWords []string `json:"missingWords"`
		Operator     string   `json:"operator"`
	}{explainSets(c.operator, pass, "words"), present, missing, c.operator}), nil
}

// Window is the longest word if none may stand in the text. That one is
// there, or all, shows only at the end.
func (c *contains) Window() int {
	if c.operator != "none" {
		return 0
	}
	longest := 0
	for _, w := range c.words {
		longest = max(longest, utf8.RuneCountInString(w))
	}
	return longest
}

// optionalList reads a list that may be absent. If it is there it has entries.
func optionalList(p *Params, name string) []string {
	if p.Value(name) == nil {
		return nil
	}
	return wordList(p, name)
}

// requiredText reads a text that has to be there and not empty.
func requiredText(p *Params, name string) string {
	p.Required(name)
	text := p.Text(name, "")
	if p.Value(name).Kind() == '"' && text == "" {
		p.Fail(name, "Must not be empty")
	}
	return text
}

// divide splits a list in two.
func divide(list []string, in func(string) bool) (yes, no []string) {
	for _, s := range list {
		if in(s) {
			yes = append(yes, s)
		} else {
			no = append(no, s)
		}
	}
	return yes, no
}

// satisfies says whether enough of a list is there: any, all or none of it.
func satisfies(operator string, present, missing []string) bool {
	switch operator {
	case "any":
		return len(present) > 0
	case "all":
		return len(missing) == 0
	}
	return len(present) == 0
}

func explainSets(operator string, pass bool, what string) string {
	said := map[string][2]string{ // operator → when it fails, when it passes
		"any":  {"No %s were found.", "At least one of the %s was found."},
		"all":  {"Some %s were missing.", "All %s were found."},
		"none": {"Some %s were found.", "No %s were found."},
	}[operator]
	return fmt.Sprintf("Check %s for '%s' %s. ", choose(pass, "passed", "failed"), operator, what) +
		fmt.Sprintf(choose(pass, said[1], said[0]), what)
}
