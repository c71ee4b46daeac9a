package provider

import (
	"strings"

	"sluice/core/internal/claude"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Prefill is how a provider is asked to go on from an answer that the
// request begins: one whose last message is the assistant's. The zero value is
// for those that do so without being told.
type Prefill struct {
	Mark    string        // a member of that message that has to be true
	Beside  []json.Member // members of the request that have to be there
	Path    string        // of the endpoint that does it, where another one does not
	Repeats bool          // the answer repeats what it goes on from

	models func(model string) bool // that do it; nil: all
}

// prefills are the providers that say of their API, or of models behind it,
// that it goes on from a begun answer. Of all others nobody knows: most models
// would answer anew, and nothing in the answer would tell.
//
//   - Claude before 4.6: https://platform.claude.com/docs/en/about-claude/models/migration-guide
//   - https://www.alibabacloud.com/help/en/model-studio/partial-mode
//   - https://api-docs.deepseek.com/guides/chat_prefix_completion
//   - https://console.groq.com/docs/prefilling
//   - https://docs.mistral.ai/api/endpoint/chat (messages.prefix)
//   - https://platform.moonshot.ai/docs/guide/use-partial-mode-feature-of-kimi-api
//   - https://docs.sglang.ai/basic_usage/openai_api_completions.html
//   - https://docs.vllm.ai/en/stable/serving/openai_compatible_server/
var prefills = map[string]Prefill{
	"anthropic":  {models: oldClaude},
	"azure-ai":   {models: oldClaude},
	"bedrock":    {models: oldClaude},
	"vertex-ai":  {models: oldClaude},
	"openrouter": {models: oldClaude},
	"dashscope":  {Mark: "partial", models: unthinkingQwen},
	"deepseek":   {Mark: "prefix", Path: "/beta/chat/completions"},
	"groq":       {},
	"mistral-ai": {Mark: "prefix", Repeats: true},
	"moonshot":   {Mark: "partial", models: func(model string) bool { return !strings.Contains(model, "thinking") }},
	"sglang":     {Beside: []json.Member{finalMessage}},
	"vllm":       {Beside: []json.Member{finalMessage, json.Named("add_generation_prompt", json.Value("false"))}},
}

var finalMessage = json.Named("continue_final_message", json.Value("true"))

func oldClaude(model string) bool {
	m := claude.Find(model)
	return m.Known && m.Prefill()
}

// unthinkingQwen are the models that do not think unless they are told to.
func unthinkingQwen(model string) bool {
	for _, family := range []string{"qwen-max", "qwen-plus", "qwen-flash", "qwen-turbo", "qwen-coder", "qwen-vl", "qwen2.5-", "qwen3-max", "qwen3-coder-", "qwen3-vl-"} {
		if strings.HasPrefix(model, family) {
			return !strings.Contains(model, "thinking")
		}
	}
	return false
}

// Prefill reports whether a model goes on from an answer that the request
// begins, and how it is asked to. declared is what a config says of it, nil if
// nothing.
func (s *Spec) Prefill(model string, declared *bool) (p Prefill, ok bool) {
	p, ok = prefills[s.ID]
	ok = ok && (p.models == nil || p.models(model))
	if declared != nil {
		ok = *declared
	}
	return p, ok
}

// Ask puts into a body of OpenAI's chat what asks for the rest of the answer
// that it begins. Other dialects need nothing.
func (p *Prefill) Ask(d llm.Dialect, body []byte) ([]byte, error) {
	if d != llm.OpenAIChat || p.Mark == "" && len(p.Beside) == 0 {
		return body, nil
	}
	var edits []json.Edit
	for _, m := range p.Beside {
		edits = append(edits, json.Edit{Name: m.Name, Value: m.Value})
	}
	if p.Mark != "" {
		messages, err := p.marked(json.Lookup(body, "messages"))
		if err != nil {
			return nil, err
		}
		edits = append(edits, json.Edit{Name: "messages", Value: messages})
	}
	return json.Splice(body, edits...)
}

// marked sets the mark on the last message.
func (p *Prefill) marked(messages json.Value) (json.Value, error) {
	all, err := json.Elements(messages)
	if err != nil || len(all) == 0 {
		return messages, err
	}
	w := json.NewWriter("[")
	for i, m := range all {
		if i == len(all)-1 {
			if m, err = json.Splice(m, json.Edit{Name: p.Mark, Value: json.Value("true")}); err != nil {
				return nil, err
			}
		}
		w.Element(m)
	}
	w.Close(']')
	return w.B, nil
}
