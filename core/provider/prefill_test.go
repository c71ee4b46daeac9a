package provider

import (
	"testing"

	"sluice/core/llm"
)

func TestWhoGoesOnFromABegunAnswer(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := []struct {
		provider, model string
		declared        *bool
		want            bool
	}{
		{"anthropic", "claude-sonnet-4-5", nil, true},
		{"anthropic", "claude-opus-4-6", nil, false},
		{"anthropic", "my-alias", nil, false}, // who knows
		{"anthropic", "my-alias", &yes, true},
		{"anthropic", "claude-sonnet-4-5", &no, false},
		{"bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", nil, true},
		{"bedrock", "meta.llama3-8b-instruct-v1:0", nil, false},
		{"vertex-ai", "anthropic.claude-sonnet-4@20250514", nil, true},
		{"openai", "gpt-4o", nil, false},
		{"openai", "gpt-4o", &yes, true},
		{"google", "gemini-2.5-flash", nil, false},
		{"deepseek", "deepseek-chat", nil, true},
		{"mistral-ai", "mistral-large-latest", nil, true},
		{"moonshot", "kimi-k2-thinking", nil, false},
		{"dashscope", "qwen-plus", nil, true},
		{"dashscope", "qwen3.5-plus", nil, false},
		{"vllm", "anything", nil, true},
	}
	for _, tt := range tests {
		s, ok := Find(tt.provider)
		if !ok {
			t.Fatalf("no provider %s", tt.provider)
		}
		if _, got := s.Prefill(tt.model, tt.declared); got != tt.want {
			t.Errorf("%s of %s: %t, want %t", tt.model, tt.provider, got, tt.want)
		}
	}
	for id := range prefills {
		if _, ok := Find(id); !ok {
			t.Errorf("there is no provider %q", id)
		}
	}
}

func TestHowTheRestIsAskedFor(t *testing.T) {
	t.Parallel()
	const body = `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"x":1}`
	tests := []struct {
		provider string
		dialect  llm.Dialect
		want     string
	}{
		{"mistral-ai", llm.OpenAIChat, `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","prefix":true}],"x":1}`},
		{"moonshot", llm.OpenAIChat, `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","partial":true}],"x":1}`},
		{"vllm", llm.OpenAIChat, `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"x":1,"continue_final_message":true,"add_generation_prompt":false}`},
		{"groq", llm.OpenAIChat, body},
		{"anthropic", llm.Anthropic, body},
	}
	for _, tt := range tests {
		s, _ := Find(tt.provider)
		p, _ := s.Prefill("claude-sonnet-4-5", nil)
		got, err := p.Ask(tt.dialect, []byte(body))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v", tt.provider, got, err)
		}
	}
	s, _ := Find("mistral-ai")
	p, _ := s.Prefill("m", nil)
	for _, broken := range []string{`{"messages":[1]}`, `{"messages":[`} {
		if got, err := p.Ask(llm.OpenAIChat, []byte(broken)); err == nil {
			t.Errorf("%s became %s", broken, got)
		}
	}
}
