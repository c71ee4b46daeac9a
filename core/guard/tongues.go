package guard

import (
	"strings"
	"unicode"
)

// A tongue is a language and how it is known among those of its script.
type tongue struct {
	id    string   // of ISO 639-3, with the script of ISO 15924
	short string   // of ISO 639-1
	also  []string // other codes
	words string   // short and frequent ones
	signs string   // letters that hardly another language of the script has
}

var tongues = []tongue{
	{"eng_Latn", "en", nil, "the and of to is in that it for you with are was this have not be on what how please can i do my we they from", ""},
	{"deu_Latn", "de", []string{"ger"}, "der die das und ist nicht ich ein eine zu mit den von für auf wie sie es wir auch dem bitte was sich haben", "ßäöü"},
	{"fra_Latn", "fr", []string{"fre"}, "le la les et est un une des du je que pour dans pas vous qui sur ce il nous avec comment au cette sont plus", "çêèœàùû"},
	{"spa_Latn", "es", nil, "el la los las y es un una que de en no por para con se cómo qué lo su mi está del más favor usted", "ñ¿¡"},
	{"por_Latn", "pt", nil, "o a os as e é um uma que de em não por para com se como do da você está mais isso meu foi são", "ãõ"},
	{"ita_Latn", "it", nil, "il lo la gli e è un una che di in non per con si come del della sono questo mi più anche ho perché", "ò"},
	{"nld_Latn", "nl", []string{"dut"}, "de het een en is van niet ik dat je in op te zijn met voor wat hoe maar ook wij deze heeft naar", ""},
	{"swe_Latn", "sv", nil, "och att det är en ett inte jag på som för med den till vad hur av har vi om kan", "åäö"},
	{"dan_Latn", "da", nil, "og at det er en et ikke jeg på som for med den til hvad hvordan af har vi kan hvor", "æø"},
	{"nob_Latn", "no", []string{"nor", "nb"}, "og å det er en et ikke jeg på som for med den til hva hvordan av har vi kan hvor", "æø"},
	{"fin_Latn", "fi", nil, "ja on ei se että hän minä mitä miten tämä ovat kuin mutta olen ole voi sinä kun niin", ""},
	{"pol_Latn", "pl", nil, "i w nie na się jest to że z do jak co po dla ale czy mi od tak przez proszę", "łęąśżźć"},
	{"ces_Latn", "cs", []string{"cze"}, "a je se na v že to si ve jak co ale pro jsem jsou není by prosím tak z s", "řěůčž"},
	{"tur_Latn", "tr", nil, "ve bir bu için ne de da mi ile çok ben nasıl var olarak daha gibi değil lütfen ama", "ğış"},
	{"vie_Latn", "vi", nil, "và là của có không một cho được tôi các này những với người bạn trong như thế nào", "ơưđạảấầẩậắằặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửữựỳỵỷỹ"},
	{"ind_Latn", "id", nil, "dan yang di ini itu dengan untuk tidak dari saya ke apa adalah pada akan bisa bagaimana anda kami ada", ""},
	{"rus_Cyrl", "ru", nil, "и в не на что я с как это по но он к у из за вы так же от", "ыэё"},
	{"ukr_Cyrl", "uk", nil, "і в не на що я з як це та у до він за ви але від його мені для", "іїєґ"},
	{"ell_Grek", "el", []string{"gre"}, "", ""}, {"heb_Hebr", "he", nil, "", ""}, {"arb_Arab", "ar", []string{"ara"}, "", ""}, {"pes_Arab", "fa", []string{"fas", "per"}, "", "پچژگ"},
	{"hin_Deva", "hi", nil, "", ""}, {"tha_Thai", "th", nil, "", ""}, {"kor_Hang", "ko", nil, "", ""}, {"jpn_Jpan", "ja", nil, "", ""},
	{"zho_Hans", "zh", []string{"cmn", "chi"}, "", ""}, {"zho_Hant", "zh", nil, "", ""},
}

// Characters that only one of the two ways to write Chinese has.
const (
	simplified  = "们这个来时说为国会对发过还没问题开关长门见车书东马鸟龙语话请谢给让应该样点现经济电脑网络专业学习动业产务员报单让听写读认识间"
	traditional = "們這個來時說為國會對發過還沒問題開關長門見車書東馬鳥龍語話請謝給讓應該樣點現經濟電腦網絡專業學習動業產務員報單聽寫讀認識間"
)

// maxSample is how much of a text is looked at, in bytes.
const maxSample = 64 << 10

// languageOf tells the language of a text by the script that most of its
// letters have, and within a script by frequent words and peculiar letters.
// "" if there is too little to tell by.
func languageOf(text string) string {
	text = strings.ToLower(text[:min(len(text), maxSample)])
	counts := map[string]int{}
	for _, r := range text {
		if unicode.IsLetter(r) {
			counts[scriptOf(r)]++
		}
	}
	// A sign of Chinese or Japanese is about as much as two letters.
	cjk := 2 * (counts["Hani"] + counts["Kana"])
	script, most := "", 0
	for _, s := range []string{"Latn", "Cyrl", "Grek", "Hebr", "Arab", "Deva", "Thai", "Hang"} {
		if counts[s] > most {
			script, most = s, counts[s]
		}
	}
	switch {
	case cjk > most && counts["Kana"]*10 >= counts["Hani"]:
		return "jpn_Jpan"
	case cjk > most:
		return chineseOf(text)
	case most < 2:
		return ""
	}
	return tongueOf(text, script)
}

var scripts = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"Latn", unicode.Latin}, {"Hani", unicode.Han}, {"Kana", unicode.Hiragana}, {"Kana", unicode.Katakana}, {"Cyrl", unicode.Cyrillic}, {"Hang", unicode.Hangul},
	{"Arab", unicode.Arabic}, {"Deva", unicode.Devanagari}, {"Thai", unicode.Thai}, {"Grek", unicode.Greek}, {"Hebr", unicode.Hebrew},
}

func scriptOf(r rune) string {
	for _, s := range scripts {
		if unicode.Is(s.table, r) {
			return s.name
		}
	}
	return ""
}

// chineseOf tells which way Chinese is written; simplified, if nothing says.
func chineseOf(text string) string {
	s, t := 0, 0
	for _, r := range text {
		a, b := strings.ContainsRune(simplified, r), strings.ContainsRune(traditional, r)
		if a != b && a {
			s++
		} else if a != b {
			t++
		}
	}
	return choose(t > s, "zho_Hant", "zho_Hans")
}

// tongueOf is the language of a script with the most of its words and letters.
// A script of one language needs none.
func tongueOf(text, script string) string {
	words := map[string]int{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) }) {
		words[w]++
	}
	best, most := "", 0
	for _, t := range tongues {
		if t.id[4:] != script {
			continue
		}
		score := 0
		for _, w := range strings.Fields(t.words) {
			score += 2 * words[w]
		}
		for _, r := range t.signs {
			score += strings.Count(text, string(r))
		}
		if best == "" && t.words == "" || score > most {
			best, most = t.id, score
		}
	}
	return best
}
