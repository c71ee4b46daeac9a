package guard

import (
	"context"
	"fmt"
	"strings"
)

func init() {
	add(Spec{ID: "default.sentenceCount", Form: true, New: newSentenceCount})
	add(Spec{ID: "default.wordCount", Form: true, New: newWordCount})
	add(Spec{ID: "default.characterCount", Form: true, New: newCharacterCount})
}

// limits are how much of something a text may have.
type limits struct {
	min, max int
	not      bool
}

// readLimits reads minWords and maxWords, say, and not.
func readLimits(p *Params, what string, most int) limits {
	l := limits{p.Count("min"+what, 0), p.Count("max"+what, most), p.Bool("not", false)}
	if l.min > l.max {
		p.Fail("min"+what, "Must not be more than max%s", what)
	}
	return l
}

// judge says whether a number is within the limits, and what follows.
func (l limits) judge(n int) (within, pass bool) {
	within = l.min <= n && n <= l.max
	return within, within != l.not
}

func (l limits) explain(n int, what string) string {
	within, pass := l.judge(n)
	return fmt.Sprintf("The text contains %d %s, which is %s the specified range of %d-%d %s%s.",
		n, what, choose(within, "within", "outside"), l.min, l.max, what, choose(l.not && pass, " as expected", ""))
}

// sentenceEnds are the characters that sentences are counted by: the
// reference's, and those of Chinese and Japanese.
const sentenceEnds = ".!?。！？．"

// newSentenceCount counts sentences. An empty text has none.
func newSentenceCount(p *Params, _ Env) Check {
	l := readLimits(p, "Sentences", 99999)
	return inputCheck(func(_ context.Context, in *Input) (Verdict, error) {
		text, n := in.Text(), 0
		for _, r := range text {
			if strings.ContainsRune(sentenceEnds, r) {
				n++
			}
		}
		within, pass := l.judge(n)
		return found(pass, struct {
			SentenceCount int    `json:"sentenceCount"`
			MinCount      int    `json:"minCount"`
			MaxCount      int    `json:"maxCount"`
			Not           bool   `json:"not"`
			Verdict       bool   `json:"verdict"`
			Explanation   string `json:"explanation"`
			TextExcerpt   string `json:"textExcerpt"`
		}{n, l.min, l.max, l.not, pass,
			fmt.Sprintf("The sentence count (%d) is %s the specified range of %d to %d.", n, choose(within, "within", "outside"), l.min, l.max),
			excerpt(text)}), nil
	})
}

// newWordCount counts what stands between white space.
func newWordCount(p *Params, _ Env) Check {
	l := readLimits(p, "Words", 99999)
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		n := 0
		for range strings.FieldsSeq(text) {
			n++
		}
		_, pass := l.judge(n)
		return found(pass, struct {
			WordCount   int    `json:"wordCount"`
			MinWords    int    `json:"minWords"`
			MaxWords    int    `json:"maxWords"`
			Not         bool   `json:"not"`
			Verdict     bool   `json:"verdict"`
			Explanation string `json:"explanation"`
			TextExcerpt string `json:"textExcerpt"`
		}{n, l.min, l.max, l.not, pass, l.explain(n, "words"), excerpt(text)}), nil
	})
}

// newCharacterCount counts UTF-16 units, as the reference does: an emoji has
// two.
func newCharacterCount(p *Params, _ Env) Check {
	l := readLimits(p, "Characters", 9999999)
	return textCheck(func(_ context.Context, text string) (Verdict, error) {
		n := utf16Length(text)
		_, pass := l.judge(n)
		return found(pass, struct {
			CharacterCount int    `json:"characterCount"`
			MinCharacters  int    `json:"minCharacters"`
			MaxCharacters  int    `json:"maxCharacters"`
			Not            bool   `json:"not"`
			Verdict        bool   `json:"verdict"`
			Explanation    string `json:"explanation"`
			TextExcerpt    string `json:"textExcerpt"`
		}{n, l.min, l.max, l.not, pass, l.explain(n, "characters"), excerpt(text)}), nil
	})
}
