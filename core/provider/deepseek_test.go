package provider

import (
	"slices"
	"testing"

	"sluice/core/llm"
)

func TestReasoningOfDeepSeek(t *testing.T) {
	t.Parallel()
	s, ok := Find("deepseek")
	if !ok || s.Adapt == nil {
		t.Fatal("deepseek has no rule for reasoning")
	}
	const (
		ask   = `{"role":"user","content":"q"}`
		said  = `{"role":"assistant","content":"a","reasoning_content":"r"}`
		plain = `{"role":"assistant","content":"a"}`
		call  = `{"role":"assistant","reasoning_content":"r","tool_calls":[{"id":"1"}]}`
		done  = `{"role":"tool","tool_call_id":"1","content":"x"}`
	)
	body := func(messages string) string { return `{"model":"m" , "messages":[` + messages + `]}` }
	tests := []struct{ name, in, want string }{
		{"a new question", body(ask + "," + said + "," + ask), body(ask + "," + plain + "," + ask)},
		{"inside a round of tools", body(ask + "," + call + "," + done), body(ask + "," + call + "," + done)},
		{"both", body(ask + "," + said + "," + ask + "," + call + "," + done), body(ask + "," + plain + "," + ask + "," + call + "," + done)},
		{"no reasoning", body(ask + " , " + plain + " , " + ask), body(ask + " , " + plain + " , " + ask)},
		{"not a list", `{"messages":"reasoning_content"}`, `{"messages":"reasoning_content"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, dropped, err := s.Adapt(Settings{}, Endpoint{Operation: llm.Generate}, "m", []byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
			if reported := slices.Contains(dropped, "messages.reasoning_content"); reported != (tt.in != tt.want) {
				t.Errorf("reported %q", dropped)
			}
		})
	}
}
