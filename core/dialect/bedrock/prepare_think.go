package bedrock

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Budgets of thinking, in tokens.
const (
	minBudget    = 1024 // the least that Claude takes
	mediumBudget = 4096
	highBudget   = 16384
	maxBudget    = 32000
)

// think says how much to reason, in the words of the family.
func (p *preparation) think() error {
	t := p.r.Reasoning
	if t.IsZero() {
		return nil
	}
	explicit := t.Mode != "" || t.Budget != nil
	switch {
	case p.model.claude(), p.model.opaque() && explicit:
		p.claudeThinking(t)
	case p.model.knobs().effort != "" && effortWord(t) != "":
		p.extra.add(p.model.knobs().effort, json.Quote(effortWord(t)))
	case p.model.family == "amazon" && hasPrefix(p.model.name, "nova-2") && effortWord(t) != "":
		p.extra.add("reasoningConfig", object{
			{"type", json.Value(`"enabled"`)}, {"maxReasoningEffort", json.Quote(effortWord(t))},
		}.json())
	case p.model.family == "amazon" && off(t): // it does not reason unless told to
	default:
		p.drop(reasoningName(t))
	}
	return nil
}

// reasoningName is the member that a client most likely wrote.
func reasoningName(t llm.Thinking) string {
	if t.Mode == "" && t.Budget == nil && t.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

func off(t llm.Thinking) bool {
	return t.Mode == llm.ThinkingOff || t.Effort == "none" || t.Budget != nil && *t.Budget == 0
}

// effortWord is the effort in three words, which is what open models and Nova
// know; empty when it says nothing, or none.
func effortWord(t llm.Thinking) string {
	switch t.Effort {
	case "minimal", "low":
		return "low"
	case "medium":
		return "medium"
	case "high", "xhigh", "max":
		return "high"
	}
	return ""
}

// claudeThinking writes Anthropic's thinking object and the effort.
//
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking
// https://docs.claude.com/en/docs/build-with-claude/adaptive-thinking
func (p *preparation) claudeThinking(t llm.Thinking) {
	if off(t) {
		if t.Mode == llm.ThinkingOff {
			p.extra.add("thinking", object{{"type", json.Value(`"disabled"`)}}.json())
		}
		p.effort(t)
		return
	}
	thought := p.thought(t)
	if thought == nil {
		p.drop(reasoningName(t))
		return
	}
	p.thoughtDetails(t, &thought)
	p.extra.add("thinking", thought.json())
	p.sampleThinking()
}

// thought decides between the two ways in which a Claude thinks: a budget, or
// as it sees fit. It is nil when it cannot think here.
func (p *preparation) thought(t llm.Thinking) object {
	if p.forced() {
		return nil // Claude cannot think when it must call a tool
	}
	adaptive := t.Mode == llm.ThinkingAdaptive || t.Mode == "" && t.Budget == nil && p.model.adapts()
	if adaptive {
		p.effort(t)
		return object{{"type", json.Value(`"adaptive"`)}}
	}
	if t.Mode == "" && t.Budget == nil && !p.model.thinks() || p.brokenChain() {
		return nil
	}
	budget, ok := p.budget(t)
	if !ok {
		return nil
	}
	if p.model.effort() {
		p.effort(t)
	}
	return object{{"type", json.Value(`"enabled"`)}, {"budget_tokens", number(&budget)}}
}

func (p *preparation) thoughtDetails(t llm.Thinking, thought *object) {
	switch t.Summary {
	case "", "auto":
	case "summarized", "omitted":
		thought.add("display", json.Quote(t.Summary))
	default:
		p.drop("reasoning.summary")
	}
	if d := t.Native.Dialect; d == llm.Anthropic || d == llm.Converse {
		*thought = append(*thought, objectOf(t.Native.Members)...)
	} else {
		p.dropForeign("reasoning.", t.Native)
	}
}

// effort writes outputConfig.effort where the model has it. Where it has not,
// the budget says as much.
func (p *preparation) effort(t llm.Thinking) {
	word := t.Effort
	if word == "minimal" {
		word = "low"
	}
	switch {
	case word == "" || word == "none":
	case p.model.effort() || p.model.opaque():
		p.outputConfig().Effort = word
	default:
		p.drop("reasoning_effort")
	}
}

// budget keeps what Claude insists on: at least 1024 tokens and fewer than
// the answer may have. A budget that follows from an effort takes half of the
// answer at most.
func (p *preparation) budget(t llm.Thinking) (int64, bool) {
	n, limit := effortBudget(t.Effort), p.r.MaxTokens
	if limit != nil && t.Budget == nil {
		n = max(minBudget, min(n, *limit/2))
	}
	if t.Budget != nil {
		n = *t.Budget
	}
	if limit == nil || n < *limit {
		return n, true
	}
	if t.Budget != nil {
		p.drop("thinking.budget_tokens (lowered)")
	}
	return *limit - 1, *limit > minBudget
}

func effortBudget(effort string) int64 {
	switch effort {
	case "minimal", "low":
		return minBudget
	case "high":
		return highBudget
	case "xhigh", "max":
		return maxBudget
	}
	return mediumBudget
}

// brokenChain reports whether the model is in the middle of a round of tool
// calls that began without thought, as after a change of provider: Claude
// then refuses to begin thinking.
func (p *preparation) brokenChain() bool {
	n := len(p.history)
	if n < 2 || p.history[n-1].role != "user" || !hasResult(p.history[n-1].pieces) {
		return false
	}
	last := p.history[n-2]
	return last.role == "assistant" && last.pieces[0].block.Reasoning == nil
}

func hasResult(pieces []piece) bool {
	return len(pieces) > 0 && pieces[0].block.ToolResult != nil
}

// sampleThinking leaves out what Claude refuses beside thinking: any
// temperature but 1, a topP under 0.95, and top_k.
func (p *preparation) sampleThinking() {
	c := p.out.Inference
	if v, ok := float(c.Temperature); ok && v != 1 {
		c.Temperature = nil
		p.drop("temperature")
	}
	if v, ok := float(c.TopP); ok && v < 0.95 {
		c.TopP = nil
		p.drop("top_p")
	}
	if p.r.TopK != nil {
		p.extra.remove("top_k")
		p.drop("top_k")
	}
}
