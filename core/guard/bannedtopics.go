package guard

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func init() { add(Spec{ID: "default.bannedTopics", New: newBannedTopics}) }

// bannedTopics fails if a text has a word of a topic. Words are whole words,
// but for those in scripts that have no spaces; upper and lower case do not
// differ, nor do the widths of letters and of kana, nor does it matter which
// and how many spaces stand between two words.
//
//	topics   names of lists: of those built in, or of "words"
//	words    {"name": ["word", …], …}, or a list; all of them count
//	not      the check passes if there is such a word
//
// It knows words, not meanings: a warning has the words of what it warns of.
//
// It has no window: pineapple has no apple, but its last five letters have.
type bannedTopics struct {
	words map[string][]string // folded, by topic
	not   bool
}

// Limits of the lists.
const (
	maxTopicWords = 10_000
	maxTopicWord  = 100 // characters
)

func newBannedTopics(p *Params, _ Env) Check {
	b := &bannedTopics{words: map[string][]string{}, not: p.Bool("not", false)}
	lists := p.topicWords()
	for topic, words := range lists {
		b.add(p, topic, words)
	}
	for _, topic := range p.Texts("topics") {
		switch words, ok := topics[topic]; {
		case ok:
			b.add(p, topic, words)
		case lists[topic] == nil:
			p.Fail("topics", "There is no topic %q; there are %s", topic, strings.Join(slices.Sorted(maps.Keys(topics)), ", "))
		}
	}
	if len(b.words) == 0 && len(p.Faults()) == 0 {
		p.Fail("topics", "Required")
	}
	return b
}

// topicWords reads lists of words by topic.
func (p *Params) topicWords() map[string][]string {
	lists := map[string][]string{}
	switch p.kind("words", `{["`, "object or array of strings").Kind() {
	case '{':
		inner := p.Object("words")
		for _, m := range inner.members {
			lists[m.Name] = inner.Texts(m.Name)
		}
		p.Within("words", inner)
	case '[', '"':
		lists["words"] = p.Texts("words")
	}
	return lists
}

func (b *bannedTopics) add(p *Params, topic string, words []string) {
	for _, w := range words {
		folded := fold(w)
		length := utf8.RuneCountInString(folded)
		if length == 0 || length > maxTopicWord || len(b.words[topic]) == maxTopicWords {
			p.Fail("words", "A topic has 1 to %d words of 1 to %d characters", maxTopicWords, maxTopicWord)
			return
		}
		b.words[topic] = append(b.words[topic], folded)
	}
}

func (b *bannedTopics) Check(ctx context.Context, in *Input) (Verdict, error) {
	hit := []string{}
	for i := range in.Texts {
		text := fold(in.Texts[i].Text)
		for topic, words := range b.words {
			if !slices.Contains(hit, topic) && slices.ContainsFunc(words, func(w string) bool { return ctx.Err() == nil && hasWord(text, w) }) {
				hit = append(hit, topic)
			}
		}
	}
	if ctx.Err() != nil {
		return Verdict{}, &Error{"TimeoutError", "the words could not be looked for in time"}
	}
	slices.Sort(hit)
	pass := (len(hit) == 0) != b.not
	return found(pass, struct {
		Verdict     bool     `json:"verdict"`
		Not         bool     `json:"not"`
		Explanation string   `json:"explanation"`
		Topics      []string `json:"topics"`
	}{pass, b.not, choose(len(hit) == 0, "no word of a banned topic", "words of banned topics"), hit}), nil
}

// hasWord finds a whole word in a folded text.
func hasWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if edge(text[:i], word) && edgeAfter(word, text[i+len(word):]) {
			return true
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		from = i + n
	}
}

func edge(before, word string) bool {
	a, _ := utf8.DecodeLastRuneInString(before)
	b, _ := utf8.DecodeRuneInString(word)
	return before == "" || !joins(a) || !joins(b)
}

func edgeAfter(word, after string) bool {
	a, _ := utf8.DecodeLastRuneInString(word)
	b, _ := utf8.DecodeRuneInString(after)
	return after == "" || !joins(a) || !joins(b)
}

// joins reports whether a character makes one word with its neighbours. Those
// of scripts without spaces do not.
func joins(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}
