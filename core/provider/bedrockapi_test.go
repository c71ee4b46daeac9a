package provider

import (
	"strings"
	"testing"

	"sluice/core/llm"
)

func TestPromptsGoToInvokeModelAndConversationsToConverse(t *testing.T) {
	t.Parallel()
	bedrock, _ := Find("bedrock")
	for _, tt := range []struct {
		client llm.Dialect
		model  string
		want   string
	}{
		{llm.OpenAIText, "meta.llama3-8b-instruct-v1:0", "invoke"},
		{llm.OpenAIText, "us.meta.llama3-8b-instruct-v1:0", "invoke"},
		{llm.OpenAIText, "anthropic.claude-v2:1", "invoke"},
		{llm.OpenAIText, "anthropic.claude-sonnet-4-5-20250929-v1:0", "converse"},
		{llm.OpenAIChat, "meta.llama3-8b-instruct-v1:0", "converse"},
		{llm.OpenAIChat, "ai21.j2-ultra-v1", "invoke"},
		{llm.OpenAIChat, "cohere.command-light-text-v14", "invoke"},
		{llm.Anthropic, "anthropic.claude-sonnet-4-5-20250929-v1:0", "converse"},
		{llm.InvokeModel, "anthropic.claude-sonnet-4-5-20250929-v1:0", "invoke"},
		{llm.Converse, "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "converse"},
	} {
		e, ok := bedrock.Endpoint(llm.Generate, tt.client, Settings{}, tt.model)
		if !ok || !strings.HasSuffix(e.Path, "/"+tt.want) {
			t.Errorf("%s for %s goes to %s, want %s", tt.client, tt.model, e.Path, tt.want)
		}
	}
}
