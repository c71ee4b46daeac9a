package guard

import "strings"

// A phrase is a list of parts that follow each other in a folded text, each
// one of some words, no further apart than a few words.
type phrase struct {
	name   string
	weight float64
	parts  [][]string
}

// apart is how many bytes there may be between the beginnings of two parts.
const apart = 48

func (p *phrase) in(text string) bool {
	for _, first := range p.parts[0] {
		for i := 0; ; i++ {
			n := strings.Index(text[i:], first)
			if n < 0 {
				break
			}
			i += n
			if p.follow(text[i+len(first):]) {
				return true
			}
		}
	}
	return false
}

func (p *phrase) follow(rest string) bool {
	for _, part := range p.parts[1:] {
		near := rest[:min(len(rest), apart)]
		if end := strings.IndexAny(near, ".!?;"); end >= 0 { // of the sentence
			near = near[:end]
		}
		at := -1
		for _, word := range part {
			if n := strings.Index(near, word); n >= 0 && (at < 0 || n < at) {
				at = n
			}
		}
		if at < 0 {
			return false
		}
		rest = rest[at+1:]
	}
	return true
}

var injectionRules = []phrase{
	{"ignore", 0.8, [][]string{
		{"ignore ", "disregard ", "forget ", "override ", "bypass ", "skip ", "do not follow ", "don't follow ", "stop following "},
		{"previous", "prior", "above", "earlier", "preceding", "your ", "all ", "any ", "the system", "foregoing"},
		{"instruction", "rules", "prompt", "guideline", "directive", "programming"}}},
	{"ignore what was said", 0.8, [][]string{{"ignore ", "disregard ", "forget "}, {"everything above", "everything before", "everything you were told", "all of the above", "what you were told", "all prior commands", "all previous commands"}}},
	{"ignore (de)", 0.8, [][]string{{"ignoriere", "vergiss", "missachte"}, {"vorherigen", "bisherigen", "obigen", "vorigen", "alle ", "deine"}, {"anweisungen", "regeln", "instruktionen", "vorgaben"}}},
	{"ignore (fr)", 0.8, [][]string{{"ignore", "oublie"}, {"instructions", "consignes", "règles"}, {"précédentes", "antérieures", "ci-dessus"}}},
	{"ignore (es, pt)", 0.8, [][]string{{"ignora", "ignore", "olvida", "esqueça"}, {"instrucciones", "instruções", "reglas", "regras"}, {"anteriores", "previas", "prévias", "de arriba", "acima"}}},
	{"ignore (it)", 0.8, [][]string{{"ignora", "dimentica"}, {"istruzioni", "regole"}, {"precedenti", "sopra"}}},
	{"ignore (ru)", 0.8, [][]string{{"игнорируй", "игнорировать", "забудь"}, {"предыдущие", "все ", "прежние"}, {"инструкции", "указания", "правила"}}},
	{"ignore (zh)", 0.8, [][]string{{"忽略", "无视", "無視", "忘记", "忘記", "忘掉", "不要遵守", "不要遵循", "跳过", "跳過"}, {"之前", "以上", "上面", "上述", "前述", "先前", "前面", "所有", "全部", "你的"}, {"指令", "指示", "提示", "规则", "規則", "设定", "設定"}}},
	{"ignore (ja)", 0.8, [][]string{{"以前の", "これまでの", "上記の", "以上の", "上の", "前の", "先ほどの", "すべての", "全ての", "今までの"}, {"指示", "命令", "ルール", "プロンプト", "設定"}, {"無視", "忘れ", "破棄", "従わない", "従うな"}}},
	{"ignore (ko)", 0.8, [][]string{{"이전", "위의", "모든"}, {"지시", "명령", "규칙"}, {"무시", "잊어"}}},
	{"reveal", 0.7, [][]string{
		{"reveal ", "print ", "repeat ", "show me ", "output ", "tell me ", "leak ", "display "},
		{"your system prompt", "your initial prompt", "your hidden prompt", "the system prompt", "your instructions", "your initial instructions", "the words above", "the text above", "everything above"}}},
	{"ask for the prompt", 0.7, [][]string{{"what is ", "what are ", "what's "}, {"your system prompt", "your initial prompt", "your hidden prompt", "the system prompt", "your initial instructions", "your system instructions"}}},
	{"reveal (zh)", 0.7, [][]string{{"输出", "显示", "告诉我", "重复", "輸出", "顯示", "告訴我", "重複", "泄露", "洩漏"}, {"系统提示", "系統提示", "初始提示", "你的指令", "上面的内容", "上面的內容"}}},
	{"reveal (ja)", 0.7, [][]string{{"システムプロンプト", "初期プロンプト", "あなたへの指示"}, {"教え", "表示", "出力", "見せ", "開示"}}},
	{"new role", 0.7, [][]string{{"you are now", "from now on you are", "from now on, you are", "pretend to be", "act as"},
		{"dan,", "dan)", "dan (", "unrestricted", "jailbroken", "without any restrictions", "no restrictions", "developer mode", "no rules"}}},
	{"dan", 0.7, [][]string{{"you are now dan ", "you are now dan.", "from now on you are dan ", "from now on you are dan.", "from now on, you are dan ", "from now on, you are dan."}}},
	{"new role (zh)", 0.7, [][]string{{"你现在是", "你現在是", "从现在开始", "從現在開始", "假装你是", "假裝你是"}, {"没有限制", "沒有限制", "不受限制", "没有任何限制", "没有任何规则", "dan"}}},
	{"new role (ja)", 0.7, [][]string{{"あなたは今から", "今からあなたは", "これからあなたは"}, {"制限のない", "制限なし", "ルールのない", "dan"}}},
	{"jailbreak", 0.7, [][]string{{"do anything now", "with developer mode enabled", "jailbreak mode", "god mode enabled", "debug mode: no restrictions", "越狱模式", "開発者モードを有効"}}},
	{"secrecy", 0.4, [][]string{{"do not tell the user", "don't tell the user", "without telling the user", "不要告诉用户", "不要告訴用戶", "ユーザーに言わない", "ユーザーには伝えない"}}},
	{"new instructions", 0.5, [][]string{{"new instructions:", "updated instructions:", "your new task is", "your real task is", "新的指令:", "新しい指示:"}}},
}

// structureRules are signs of templates and roles. Harnesses and code have
// them as well.
var structureRules = []phrase{
	{"template", 0.6, [][]string{{"<|im_start|>", "<|im_end|>", "<|system|>", "<|endoftext|>", "<|start_header_id|>", "[inst]", "<<sys>>", "<start_of_turn>", "\\n\\nsystem:"}}},
	{"role", 0.5, [][]string{{"[system]", "### system", "<system>", "system message:", "#### system prompt", "begin system prompt"}}},
	{"delimiter", 0.4, [][]string{{"end of user input", "end of prompt", "--- end of", "=== end of", "</user>", "</user_input>", "</input>", "</context>"}}},
}
