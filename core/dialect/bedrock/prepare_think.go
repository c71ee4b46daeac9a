package bedrock

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// think says how much to reason, in the words of the family.
func (p *preparation) think() error {
	t := &p.r.Reasoning
	explicit := t.Mode != "" || t.Budget != nil || p.ownEffort()
	word := effortWord(t.Effort)
	switch {
	case p.model.isClaude(), p.model.opaque() && explicit:
		p.claudeThinking()
	case t.IsZero():
	case p.model.knobs().effort != "" && word != "":
		p.extra.add(p.model.knobs().effort, json.Quote(word))
	case p.model.family == "amazon" && hasPrefix(p.model.name, "nova-2") && word != "":
		p.extra.add("reasoningConfig", object{
			{"type", json.Value(`"enabled"`)}, {"maxReasoningEffort", json.Quote(word)},
		}.json())
	case p.model.family == "amazon" && p.mode() == llm.ThinkingOff: // it does not reason unless told to
	default:
		p.drop(p.reasoningName())
	}
	return nil
}

// reasoningName is the member that a client most likely wrote.
func (p *preparation) reasoningName() string {
	t := &p.r.Reasoning
	if t.Mode == "" && t.Budget == nil && t.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

// effortWord is an effort in the three words that open models and Nova know;
// empty when it says nothing, or none.
func effortWord(effort string) string {
	if l := efforts[effort]; l != noEffort {
		return effortWords[min(l, effortHigh)]
	}
	return ""
}

// claudeThinking writes Anthropic's thinking object, the effort, and what
// follows from them.
//
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking
// https://docs.claude.com/en/docs/build-with-claude/adaptive-thinking
func (p *preparation) claudeThinking() {
	thought := p.thought()
	p.effort(kindOf(thought))
	thought = p.unforce(thought)
	if kindOf(thought) == "enabled" && p.brokenChain() {
		p.drop(p.reasoningName())
		thought = nil
	}
	thought = p.balance(thought)
	p.extra.add("thinking", thought.json())
	p.sample(kindOf(thought) == "enabled" || kindOf(thought) == "adaptive")
}

func kindOf(thought object) string {
	s, _ := text(thought.get("type"))
	return s
}

func thinkingOf(kind string) object { return object{{"type", json.Quote(kind)}} }

// mode is what the client wants. An effort that came from another dialect
// asks for thinking, which models that think anyway need not be told; that of
// Converse and of Anthropic, without thinking, does not.
func (p *preparation) mode() llm.ThinkingMode {
	t := &p.r.Reasoning
	switch {
	case t.Mode == llm.ThinkingOff || t.Mode == "" && t.Effort == "none":
		return llm.ThinkingOff
	case t.Mode == llm.ThinkingAdaptive || t.Budget != nil && *t.Budget < 0: // -1 is Gemini's "as you like"
		return llm.ThinkingAdaptive
	case t.Budget != nil && *t.Budget == 0:
		return llm.ThinkingOff
	case t.Mode == llm.ThinkingOn || t.Budget != nil:
		return llm.ThinkingOn
	case t.Effort != "" && !p.ownEffort() && !p.model.claude.thinks:
		return llm.ThinkingAdaptive
	}
	return ""
}

func (p *preparation) ownEffort() bool {
	d := p.r.Native.Dialect
	return d == llm.Converse || d == llm.Anthropic
}

// thought is the thinking object, nil if there is none.
func (p *preparation) thought() object {
	form := p.model.claude.thinking
	switch mode := p.mode(); {
	case mode == llm.ThinkingOff:
		return p.thinkingOff()
	case mode == "": // perhaps a mode that only Claude has a word for
		return p.thoughtRest()
	case form == thinkingNone && !(p.r.Reasoning.Mode != "" && p.r.Reasoning.Budget != nil):
		p.drop(p.reasoningName())
		return nil
	case form == thinkingAdaptive, mode == llm.ThinkingAdaptive && form == thinkingEither,
		form == thinkingEither && p.r.Reasoning.Budget == nil && p.model.claude.known:
		if p.r.Reasoning.Budget != nil && *p.r.Reasoning.Budget > 0 {
			p.drop("thinking.budget_tokens")
		}
		return append(p.display(thinkingOf("adaptive")), p.thoughtRest()...)
	}
	if p.r.Reasoning.Mode == llm.ThinkingAdaptive {
		p.drop("thinking.type")
	}
	n := p.budget()
	thought := append(thinkingOf("enabled"), member{"budget_tokens", number(&n)})
	return append(p.display(thought), p.thoughtRest()...)
}

func (p *preparation) thinkingOff() object {
	c := &p.model.claude
	switch {
	case c.off == offBetween:
		return thinkingOf("between_tools")
	case c.off == offNever:
		p.drop(p.reasoningName())
		return nil
	case p.r.Reasoning.Mode == llm.ThinkingOff || c.thinks:
		return thinkingOf("disabled")
	}
	return nil
}

// budget is the client's, or the one that its effort means.
func (p *preparation) budget() int64 {
	t := &p.r.Reasoning
	if t.Budget == nil || *t.Budget < 0 {
		return budgets[max(efforts[t.Effort], effortLow)]
	}
	n := max(*t.Budget, minBudget)
	if n != *t.Budget {
		p.drop("thinking.budget_tokens")
	}
	return n
}

// display says how thoughts are shown. OpenAI's words for a summary all mean
// that there shall be one.
func (p *preparation) display(thought object) object {
	word := p.r.Reasoning.Summary
	switch word {
	case "":
		return thought
	case "auto", "concise", "detailed":
		word = "summarized"
	case "none":
		word = "omitted"
	}
	return append(thought, member{"display", json.Quote(word)})
}

func (p *preparation) thoughtRest() object {
	n := p.r.Reasoning.Native
	if n.Dialect == llm.Anthropic || n.Dialect == llm.Converse {
		return objectOf(n.Members)
	}
	p.dropForeign("thinking.", n)
	return nil
}

// effort writes the effort for models that know it. For those that do not, a
// budget has taken its place.
func (p *preparation) effort(thinking string) {
	t := &p.r.Reasoning
	name, c := t.Effort, &p.model.claude
	if name == "" && t.Budget != nil && *t.Budget > 0 && c.thinking == thinkingAdaptive {
		name = effortOf(*t.Budget)
	}
	if p.mode() == llm.ThinkingOff && c.off == offNever && (name == "" || name == "none") {
		name = "low" // the least is the nearest
	}
	want := efforts[name]
	switch {
	case want == noEffort:
		if name != "" && name != "none" {
			p.drop("reasoning_effort")
		}
	case c.effort == noEffort:
		if asBudget := thinking == "enabled" && t.Budget == nil; !asBudget && !slices.Contains(p.dropped, p.reasoningName()) {
			p.drop("reasoning_effort")
		}
	default:
		p.setEffort(want, thinking)
	}
}

// setEffort writes the level, or the nearest one below that the model has.
func (p *preparation) setEffort(want level, thinking string) {
	c := &p.model.claude
	got := min(want, c.effort)
	if got == effortXhigh && c.noXhigh || got > effortHigh && c.thinks && (thinking == "disabled" || thinking == "between_tools") {
		got = effortHigh
	}
	if got != want {
		p.drop("reasoning_effort")
	}
	p.outputConfig().Effort = effortWords[got]
}

// effortOf is the effort that a budget means.
func effortOf(budget int64) string {
	switch {
	case budget < 4096:
		return "low"
	case budget < 16384:
		return "medium"
	}
	return "high"
}

// unforce solves the conflict of thinking with a call that must be made, which
// Claude refuses: the call is what the client must have.
func (p *preparation) unforce(thought object) object {
	if !p.forced() {
		return thought
	}
	if kind := kindOf(thought); kind == "enabled" || kind == "adaptive" {
		p.drop(p.reasoningName())
		thought = nil
	}
	if thought == nil && p.model.claude.thinks {
		return thinkingOf("disabled")
	}
	return thought
}

// brokenChain reports whether the last answer called a tool without a
// thought before, as after a change of provider. Claude then refuses to go on
// with a budget of thinking.
func (p *preparation) brokenChain() bool {
	for _, w := range slices.Backward(p.history) {
		if w.role != "assistant" {
			continue
		}
		calls := slices.ContainsFunc(w.pieces, func(x piece) bool { return x.block.ToolUse != nil })
		return calls && w.pieces[0].block.Reasoning == nil
	}
	return false
}

// balance keeps maxTokens above the budget, which is part of it. A budget
// that we made from an effort gives way; one that the client named is kept,
// and what it left for the answer is added to it, as far as the model goes.
func (p *preparation) balance(thought object) object {
	c := p.out.Inference
	budget, ok := integer(thought.get("budget_tokens"))
	if !ok || c.MaxTokens == nil || budget < *c.MaxTokens {
		return thought
	}
	n, own := *c.MaxTokens, p.r.Reasoning.Budget != nil
	if !own && n >= 2*minBudget {
		budget = n - minBudget
		thought.replace("budget_tokens", number(&budget))
		return thought
	}
	if !own {
		budget = minBudget
	}
	n += budget
	p.drop("max_tokens")
	if p.model.claude.known && n > p.model.claude.output {
		n = p.model.claude.output
	}
	if budget > n-minBudget {
		budget = n - minBudget
		p.drop("thinking.budget_tokens")
	}
	c.MaxTokens = &n
	thought.replace("budget_tokens", number(&budget))
	return thought
}
