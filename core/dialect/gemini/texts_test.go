package gemini

import (
	"fmt"
	"strings"
	"testing"

	"sluice/core"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"roles", `{"system_instruction":{"parts":{"text":"s"}},"contents":[{"parts":[{"text":"u"}],"role":"user"},{"parts":[{"text":"m"}],"role":"model"},{"parts":[{"text":"n"}]}]}`,
			`-1 system "s", 0 user "u", 1 assistant "m", 2 user "n"`},
		{"lists without brackets", `{"contents":{"role":"model","parts":{"text":"m"}}}`, `0 assistant "m"`},
		{"thoughts", `{"contents":[{"role":"model","parts":[{"text":"hm","thought":true},{"text":"no","thought":false},{"thought":true,"text":"so"},{"text":"m"}]}]}`,
			`0 reasoning "hm", 0 assistant "no", 0 reasoning "so", 0 assistant "m"`},
		{"calls and results", `{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"a":["x",{"b_c":"y"}],"n":1}}},{"function_response":{"name":"f","response":{"output":"z"}}}]}]}`,
			`0 tool_arguments "x", 0 tool_arguments "y", 0 tool_result "z"`},
		{"code", `{"contents":[{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"c"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"o"}}]}]}`,
			`0 assistant "c", 0 tool_result "o"`},
		{"a count", `{"generateContentRequest":{"model":"m","contents":[{"parts":[{"text":"u"}]}]}}`, `0 user "u"`},
		{"nothing that is no text", `{"contents":[{"parts":[{"text":""},{"inlineData":{"data":"QQ=="}},{"text":"a","thoughtSignature":"c2ln"}]}],"tools":[{"functionDeclarations":[{"name":"text"}]}]}`, `0 user "a"`},
		{"not JSON", `{"contents":[{"parts":[{"text":"u"}]}`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for s := range (Codec{}).Texts(core.Incoming{Body: []byte(tt.body)}) {
				got = append(got, fmt.Sprintf("%d %s %s", s.Turn, s.Surface, tt.body[s.Start:s.End]))
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}

func TestTextsCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	n := 0
	for range (Codec{}).Texts(core.Incoming{Body: []byte(`{"contents":[{"parts":[{"text":"a"},{"text":"b"}]}]}`)}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("got %d", n)
	}
}
