package guard

import (
	"context"
	"slices"
	"strings"
)

func init() {
	add(Spec{ID: "default.language", Aliases: []string{"default.languages"}, New: newLanguage})
}

// languages passes if a text is in one of some languages.
//
//	languages   codes such as en, eng, eng_Latn, zh-Hant; "language" as well
//	not         it passes if the text is in none of them
//
// It knows scripts, and the short words of languages that share one; see
// [languageOf]. A text that it cannot tell, such as a number or a name, passes
// either way.
type languages struct {
	wanted []string
	not    bool
}

func newLanguage(p *Params, _ Env) Check {
	name := choose(p.Value("languages") == nil && p.Value("language") != nil, "language", "languages")
	p.Required(name)
	l := &languages{not: p.Bool("not", false)}
	list := p.Texts(name)
	if list != nil && len(list) == 0 {
		p.Fail(name, "Must not be empty")
	}
	for _, code := range list {
		id := languageCode(code)
		if id == "" {
			p.Fail(name, "There is no language %q", code)
		}
		l.wanted = append(l.wanted, id)
	}
	return l
}

func (l *languages) Check(_ context.Context, in *Input) (Verdict, error) {
	detected := languageOf(in.Text())
	known := slices.ContainsFunc(l.wanted, func(id string) bool {
		return id == detected || id == "zho" && strings.HasPrefix(detected, "zho")
	})
	pass := detected == "" || known != l.not
	return found(pass, struct {
		Verdict     bool     `json:"verdict"`
		Not         bool     `json:"not"`
		Explanation string   `json:"explanation"`
		Detected    string   `json:"detectedLanguage"`
		Languages   []string `json:"languages"`
	}{pass, l.not, choose(detected == "", "the language cannot be told", "the language was told by its script and short words"), detected, l.wanted}), nil
}

// languageCode reads a code of ISO 639-1 or 639-3, with or without a script;
// "" if the language is not known.
func languageCode(code string) string {
	code = strings.ToLower(strings.ReplaceAll(code, "-", "_"))
	base, script, _ := strings.Cut(code, "_")
	for _, t := range tongues {
		if base == t.short || base == t.id[:3] || slices.Contains(t.also, base) {
			switch {
			case t.short != "zh":
				return t.id
			case script == "hant" || script == "tw" || script == "hk":
				return "zho_Hant"
			case script == "hans" || script == "cn" || script == "sg":
				return "zho_Hans"
			}
			return "zho"
		}
	}
	return ""
}
