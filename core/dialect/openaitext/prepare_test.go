package openaitext

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func by(role llm.Role, parts ...llm.Part) llm.Turn { return llm.Turn{Role: role, Parts: parts} }

func TestConversationsBecomePrompts(t *testing.T) {
	t.Parallel()
	hi := &llm.Text{Text: "Hi"}
	tests := []struct {
		name    string
		turns   []llm.Turn
		prompt  string
		dropped []string
	}{
		{"a lone question", []llm.Turn{by(llm.User, hi, &llm.Text{Text: "there"})}, "Hi\nthere", nil},
		{"instructions and history", []llm.Turn{
			by(llm.Developer, &llm.Text{Text: "Be brief."}), by(llm.User, hi), by(llm.Assistant, &llm.Text{Text: "Hel"}, &llm.Text{Text: "lo"}), by(llm.User, &llm.Text{Text: "Bye"}),
		}, "system: Be brief.\nuser: Hi\nassistant: Hello\nuser: Bye\nAssistant:", nil},
		{"a refusal is what was said", []llm.Turn{by(llm.User, hi), by(llm.Assistant, &llm.Refusal{})}, "user: Hi\nassistant: \nAssistant:", nil},
		{"losses are told", []llm.Turn{
			{Role: llm.User, Name: "bob", Parts: []llm.Part{&llm.Text{Text: "Hi", Cache: &llm.CacheMark{}, Citations: []llm.Citation{{URL: "u"}}}}},
			by(llm.Assistant, &llm.Reasoning{Text: "hm"}, &llm.Foreign{Kind: "thing"}),
		}, "user: Hi\nassistant: \nAssistant:", []string{
			"messages[0].name", "messages[0].content[0].cache_control", "messages[0].content[0].citations",
			"messages[1].content[0] (reasoning)", "messages[1].content[1] (thing)",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepared(t, &llm.Request{Model: "m", Turns: tt.turns})
			if got := json.Unquote(json.Lookup(x.Body(), "prompt")); got != tt.prompt || !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("got %q, dropped %q; want %q, %q", got, x.Dropped(), tt.prompt, tt.dropped)
			}
		})
	}
}

func TestWhatACompletionCannotDoIsRefused(t *testing.T) {
	t.Parallel()
	user := func(p llm.Part) []llm.Turn { return []llm.Turn{by(llm.User, p)} }
	tests := []struct {
		param string
		r     llm.Request
	}{
		{"tools", llm.Request{Tools: []llm.Tool{{Kind: llm.FunctionTool, Name: "f"}}}},
		{"response_format", llm.Request{Output: llm.Output{Kind: llm.OutputJSON}}},
		{"response_format", llm.Request{Output: llm.Output{Kind: llm.OutputSchema}}},
		{"reasoning", llm.Request{Reasoning: llm.Thinking{Effort: "low"}}},
		{"reasoning", llm.Request{Reasoning: llm.Thinking{Mode: llm.ThinkingOn}}},
		{"messages[0].content[0]", llm.Request{Turns: user(&llm.Media{Kind: llm.Image})}},
		{"messages[0].content[0]", llm.Request{Turns: user(&llm.Media{Kind: llm.Audio})}},
		{"messages[0].content[0]", llm.Request{Turns: user(&llm.ToolCall{})}},
		{"messages[0].content[0]", llm.Request{Turns: user(&llm.ToolResult{})}},
	}
	for _, tt := range tests {
		_, err := Codec{}.Prepare(&tt.r, dialect.Target{})
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.HTTPStatus() != 400 || e.Param != tt.param || !strings.HasPrefix(e.Message, tt.param+": ") {
			t.Errorf("%s: got %v", tt.param, err)
		}
	}
	for _, r := range []llm.Request{{Reasoning: llm.Thinking{Effort: "none"}}, {Reasoning: llm.Thinking{Mode: llm.ThinkingOff}}, {Output: llm.Output{Kind: llm.OutputText}}} {
		prepared(t, &r)
	}
}

func TestParametersOfOtherDialects(t *testing.T) {
	t.Parallel()
	most, k := int64(9), int64(40)
	x := prepared(t, &llm.Request{
		Model: "m", MaxTokens: &most, TopK: &k, Temperature: "0.70", Seed: &k, N: &most, Stop: []string{"\n"}, User: "u", ServiceTier: "flex",
		Cache: &llm.CacheMark{}, Stream: true, Native: llm.Native{Dialect: llm.Anthropic, Members: json.Value(`{"inference_geo":"us"}`)},
	})
	const want = `{"model":"m","max_tokens":9,"temperature":0.70,"seed":40,"n":9,"user":"u","stop":["\n"],"stream":true,"stream_options":{"include_usage":true}}`
	if got := string(x.Body()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := []string{"inference_geo", "top_k", "service_tier", "cache_control"}; !slices.Equal(x.Dropped(), want) {
		t.Errorf("dropped %q, want %q", x.Dropped(), want)
	}
}
