package find

import "strings"

// A keyForm is how keys of a provider look: a beginning, and then at least
// some characters.
type keyForm struct {
	prefix string
	signs  string // that may stand in the rest beside letters and digits
	min    int
	exact  bool // the rest has min characters, neither more nor less
}

// keyForms are the documented forms, and those of the push protection of
// GitHub. Of two that begin alike the longer prefix comes first.
//
// https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
var keyForms = []keyForm{
	{"AKIA", "", 16, true}, {"ASIA", "", 16, true}, {"ABIA", "", 16, true}, {"ACCA", "", 16, true}, {"ABSK", "+/=", 100, false}, // AWS
	{"AIza", "_-", 35, true}, {"ya29.", "_-.", 30, false}, {"GOCSPX-", "_-", 28, true}, // Google
	{"AccountKey=", "+/=", 86, false}, {"SharedAccessKey=", "+/=", 40, false}, // Azure
	{"github_pat_", "_", 22, false}, {"ghp_", "", 36, false}, {"gho_", "", 36, false}, {"ghu_", "", 36, false}, {"ghs_", "_-.", 36, false}, {"ghr_", "", 36, false},
	{"glpat-", "_-.", 20, false}, {"gldt-", "_-", 20, false}, {"glrt-", "_-.", 20, false}, {"glptt-", "_-", 20, false}, {"glcbt-", "_-", 20, false}, // GitLab
	{"xoxb-", "-", 20, false}, {"xoxp-", "-", 20, false}, {"xoxa-", "-", 20, false}, {"xoxr-", "-", 20, false}, {"xoxs-", "-", 20, false},
	{"xoxe-", "-", 20, false}, {"xapp-", "-", 20, false}, {"hooks.slack.com/services/", "/", 30, false}, // Slack
	{"sk_live_", "", 16, false}, {"sk_test_", "", 16, false}, {"rk_live_", "", 16, false}, {"rk_test_", "", 16, false}, {"whsec_", "+/=", 24, false}, // Stripe
	{"sk-proj-", "_-", 30, false}, {"sk-svcacct-", "_-", 30, false}, {"sk-admin-", "_-", 30, false}, // OpenAI
	{"sk-ant-", "_-", 24, false}, {"sk-or-v1-", "", 64, false}, {"sk-", "_", 32, false}, // Anthropic, OpenRouter, OpenAI and others
	{"hf_", "", 30, false}, {"gsk_", "", 40, false}, {"xai-", "", 60, false}, {"pplx-", "", 40, false}, {"r8_", "", 37, true}, {"nvapi-", "_-", 50, false},
	{"pcsk_", "_", 40, false}, {"tvly-", "-", 28, false}, {"lsv2_pt_", "_", 32, false}, {"lsv2_sk_", "_", 32, false},
	{"SG.", "_-.", 60, false}, {"npm_", "", 36, true}, {"pypi-", "_-", 50, false}, {"dckr_pat_", "_-", 27, true}, {"hvs.", "_-", 24, false},
	{"dop_v1_", "", 64, true}, {"dapi", "-", 32, false}, {"shpat_", "", 32, true}, {"shpss_", "", 32, true}, {"lin_api_", "", 40, false}, {"ntn_", "", 40, false},
	{"NRAK-", "", 27, true}, {"glsa_", "_", 40, false}, {"glc_", "+/=", 40, false}, {"ATATT3", "_-=", 100, false}, {"sntrys_", "_=+/-", 40, false},
	{"pscale_tkn_", "_-.", 30, false}, {"sbp_", "", 40, true}, {"AGE-SECRET-KEY-1", "", 58, true}, {"PMAK-", "-", 59, true},
}

// keysBy has the forms that begin with a byte.
var keysBy = func() (by [256][]keyForm) {
	for _, f := range keyForms {
		by[f.prefix[0]] = append(by[f.prefix[0]], f)
	}
	return by
}()

// keyAt is the key or token that begins at i, to its end.
func keyAt(text string, i int) int {
	for _, f := range keysBy[text[i]] {
		if strings.HasPrefix(text[i:], f.prefix) {
			return f.end(text, i)
		}
	}
	switch {
	case text[i] == 'e' && strings.HasPrefix(text[i:], "eyJ"):
		return jwtAt(text, i)
	case isDigit(text[i]):
		return telegramAt(text, i)
	}
	return 0
}

func (f *keyForm) end(text string, i int) int {
	from := i + len(f.prefix)
	end := runEnd(text, from, f.signs, i+followed)
	for end > from && text[end-1] == '.' { // of a sentence
		end--
	}
	n := end - from
	switch {
	case n < f.min, f.exact && n != f.min:
		return 0
	case f.prefix == "sk-" && !mixed(text[from:end]), f.prefix == "dapi" && !hexadecimal(text[from:from+32]):
		return 0
	}
	return end
}

// runEnd is the end of letters, digits and some signs.
func runEnd(text string, i int, signs string, limit int) int {
	for i < min(len(text), limit) && (isAlnum(text[i]) || indexByte(signs, text[i]) >= 0) {
		i++
	}
	return i
}

// mixed reports whether digits and letters stand in a text.
func mixed(s string) bool {
	digit, letter := false, false
	for i := range len(s) {
		digit = digit || isDigit(s[i])
		letter = letter || isLetter(s[i])
	}
	return digit && letter
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// maxHeader is the longest header of a JWT, in characters.
const maxHeader = 256

// jwtAt is a JSON Web Token: a header and content that begin as JSON objects
// do, and a signature.
func jwtAt(text string, i int) int {
	header := runEnd(text, i, "_-", i+maxHeader)
	if header-i < 12 || byteAt(text, header) != '.' || !strings.HasPrefix(text[header+1:], "eyJ") {
		return 0
	}
	content := runEnd(text, header+1, "_-", i+followed)
	if content-header < 12 {
		return 0
	}
	if byteAt(text, content) != '.' {
		return content
	}
	return runEnd(text, content+1, "_-", i+followed)
}

// telegramAt is the token of a bot: a number, a colon, 35 characters.
func telegramAt(text string, i int) int {
	colon := i
	for digitAt(text, colon) {
		colon++
	}
	if n := colon - i; n < 8 || n > 10 || !strings.HasPrefix(text[colon:], ":AA") {
		return 0
	}
	if end := runEnd(text, colon+1, "_-", i+followed); end-colon == 36 {
		return end
	}
	return 0
}

// privateKeyAt is a private key in PEM, with the lines around it. Where its
// end is missing it is as long as there are lines of it.
func privateKeyAt(text string, i int) int {
	const begin, mark = "-----BEGIN ", "PRIVATE KEY"
	if !strings.HasPrefix(text[i:], begin) {
		return 0
	}
	head := text[i:min(len(text), i+80)]
	n := strings.Index(head, mark)
	if n < 0 || strings.IndexByte(head[:n], '\n') >= 0 {
		return 0
	}
	n += i + len(mark)
	body := text[n:min(len(text), i+followed)]
	if at := strings.Index(body, "-----END "); at >= 0 {
		end := runEnd(text, n+at+len("-----END "), " ", n+at+60)
		return end + len("-----")*boolToInt(strings.HasPrefix(text[end:], "-----"))
	}
	return runEnd(text, n, "-+/=\r\n\\", i+followed)
}

// azureSecretAt is a client secret of Entra ID around the tilde at i: three
// characters, a digit, Q, the tilde and 31 to 34 more.
func azureSecretAt(text string, i, from int) (start, end int) {
	start = i - 5
	if start < from || text[i-1] != 'Q' || !isDigit(text[i-2]) {
		return 0, 0
	}
	end = runEnd(text, i+1, "_.~-", i+40)
	if n := end - i - 1; n < 31 || n > 34 {
		return 0, 0
	}
	return start, end
}
