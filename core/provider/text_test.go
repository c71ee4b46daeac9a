package provider

import (
	"strings"
	"testing"

	"sluice/core/llm"
)

// TestTextStandsBesideChat: a custom host replaces the base of both, so that
// the one cannot be found where the other is not.
func TestTextStandsBesideChat(t *testing.T) {
	t.Parallel()
	found := 0
	each(t, func(t *testing.T, s *Spec) {
		chat, text := "", ""
		for _, e := range s.Available(Settings{}) {
			switch {
			case e.Codec == nil || e.Operation != llm.Generate:
			case e.Codec.Dialect() == llm.OpenAIChat:
				chat = e.Path
			case e.Codec.Dialect() == llm.OpenAIText:
				text = e.Path
				found++
			}
		}
		if text != "" && strings.Replace(chat, "/chat/completions", "/completions", 1) != text {
			t.Errorf("chat is at %s, text at %s", chat, text)
		}
	})
	if found < 15 {
		t.Errorf("only %d providers complete texts", found)
	}
}

func TestModelsOfOpenAIAnswerInTheirDialects(t *testing.T) {
	t.Parallel()
	s, _ := Find("openai")
	for model, want := range map[string]map[llm.Dialect]llm.Dialect{
		"gpt-3.5-turbo-instruct":   {llm.OpenAIChat: llm.OpenAIText, llm.OpenAIText: llm.OpenAIText, llm.Anthropic: llm.OpenAIText},
		"ft:davinci-002:acme::7p4": {llm.OpenAIChat: llm.OpenAIText},
		"gpt-4o":                   {llm.OpenAIChat: llm.OpenAIChat, llm.OpenAIText: llm.OpenAIChat, llm.OpenAIResponses: llm.OpenAIResponses},
		"gpt-5-codex":              {llm.OpenAIChat: llm.OpenAIResponses, llm.OpenAIText: llm.OpenAIResponses},
		"of-somebody":              {llm.OpenAIChat: llm.OpenAIChat, llm.OpenAIText: llm.OpenAIText, llm.Anthropic: llm.OpenAIChat},
	} {
		for client, dialect := range want {
			if e, ok := s.Endpoint(llm.Generate, client, Settings{}, model); !ok || e.Codec.Dialect() != dialect {
				t.Errorf("%s for clients of %s: %+v, want %s", model, client, e, dialect)
			}
		}
	}
}

func TestClaudeOnAzureCompletesNoTexts(t *testing.T) {
	t.Parallel()
	s, _ := Find("azure-ai")
	for host, want := range map[string]llm.Dialect{"https://r.services.ai.azure.com/anthropic": llm.Anthropic, "https://r.services.ai.azure.com/models": llm.OpenAIText} {
		if e, ok := s.Endpoint(llm.Generate, llm.OpenAIText, Settings{CustomHost: host}, "m"); !ok || e.Codec.Dialect() != want {
			t.Errorf("%s: %+v, want %s", host, e, want)
		}
	}
}
