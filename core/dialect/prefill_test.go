package dialect

import (
	"testing"

	"sluice/core/llm"
)

func TestConversationsEndWithTheUser(t *testing.T) {
	t.Parallel()
	turn := func(r llm.Role, ps ...llm.Part) llm.Turn { return llm.Turn{Role: r, Parts: ps} }
	words := &llm.Text{Text: "a"}
	tests := []struct {
		name  string
		turns []llm.Turn
		ok    bool
	}{
		{"nothing", nil, true},
		{"the user", []llm.Turn{turn(llm.Assistant, words), turn(llm.User, words)}, true},
		{"words of the assistant", []llm.Turn{turn(llm.User, words), turn(llm.Assistant, words)}, false},
		{"an empty answer", []llm.Turn{turn(llm.User, words), turn(llm.Assistant)}, false},
		{"a call", []llm.Turn{turn(llm.Assistant, words, &llm.ToolCall{ID: "c"})}, true},
		{"a turn that was paused", []llm.Turn{turn(llm.Assistant, &llm.Foreign{Kind: "server_tool_use"}, words)}, true},
	}
	for _, tt := range tests {
		if err := CheckPrefill(tt.turns, "m"); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
