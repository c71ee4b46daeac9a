package core

import (
	"strings"
	"testing"
)

func TestWhatACallIsExpectedToUse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body     string
		prompt, answer int64
	}{
		{"nothing", ``, 0, 0},
		{"text", `{"messages":[{"content":"` + strings.Repeat("word ", 800) + `"}],"max_tokens":90}`, 1012, 90},
		{"media do not count", `{"url":"data:image/png;base64,` + strings.Repeat("iVBORw0K", 1<<16) + `","max_completion_tokens": 7 }`, 15, 7},
		{"nor at the end", strings.Repeat("A", 1<<16), 0, 0},
		{"other scripts do", `{"text":"` + strings.Repeat("語", 1000) + `"}`, 753, 0},
		{"the limit of Gemini", `{"generationConfig":{"maxOutputTokens" : 12}}`, 12, 12},
		{"the limit of Converse", `{"inferenceConfig":{"maxTokens":13}}`, 9, 13},
		{"a limit in a text", `{"input":"set \"max_tokens\":5, please"}`, 10, 0},
		{"a limit that is none", `{"max_tokens":null,"max_output_tokens":"9"}`, 11, 0},
	}
	for _, tt := range tests {
		c := (&Call{Incoming: Incoming{Body: []byte(tt.body)}}).Prepare()
		if prompt, answer := c.Expected(); prompt != tt.prompt || answer != tt.answer {
			t.Errorf("%s: %d and %d, want %d and %d", tt.name, prompt, answer, tt.prompt, tt.answer)
		}
	}
}
