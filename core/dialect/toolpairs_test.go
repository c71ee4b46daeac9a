package dialect

import (
	"strings"
	"testing"

	"sluice/core/llm"
)

func turn(role llm.Role, parts ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: parts} }

func TestOrphanedToolTurnsAreNamed(t *testing.T) {
	t.Parallel()
	ask := turn(llm.User, &llm.Text{Text: "go"})
	calls := func(ids ...string) llm.Turn {
		out := llm.Turn{Role: llm.Assistant}
		for _, id := range ids {
			out.Parts = append(out.Parts, &llm.ToolCall{ID: id})
		}
		return out
	}
	result := func(role llm.Role, id string) llm.Turn { return turn(role, &llm.ToolResult{CallID: id}) }
	tests := []struct {
		name  string
		turns []llm.Turn
		want  string // in the error; empty: none
	}{
		{"answered", []llm.Turn{ask, calls("a", "b"), result(llm.ToolRole, "a"), result(llm.ToolRole, "b"), ask}, ""},
		{"answered in a user turn", []llm.Turn{ask, calls("a"), turn(llm.User, &llm.ToolResult{CallID: "a"}, &llm.Text{Text: "x"})}, ""},
		{"a note between call and result", []llm.Turn{ask, calls("a"), turn(llm.System, &llm.Text{Text: "x"}), result(llm.User, "a")}, ""},
		{"open at the end", []llm.Turn{ask, calls("a")}, ""},
		{"result without a call", []llm.Turn{ask, result(llm.ToolRole, "z")}, `"z"`},
		{"never answered", []llm.Turn{ask, calls("a"), ask}, `"a"`},
		{"one of two never answered", []llm.Turn{ask, calls("a", "b"), result(llm.ToolRole, "a"), ask}, `"b"`},
		{"never answered before the next answer", []llm.Turn{ask, calls("a"), calls("b")}, `"a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckToolPairs(tt.turns)
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
