package anthropic

import (
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// think writes thinking and output_config.effort: what the client asked for,
// in the words that the model knows.
func (p *preparer) think() {
	p.out.Thinking = p.thinking()
	p.effort()
	p.unforce()
	p.replayable()
	p.limit()
}

// thinkingWord is what the client most likely wrote, for reports.
func (p *preparer) thinkingWord() string {
	if p.r.Reasoning.Mode == "" && p.r.Reasoning.Budget == nil && p.r.Reasoning.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

func (p *preparer) thinking() *thinking {
	t := &p.r.Reasoning
	rest := p.residue("thinking.", t.Native)
	if rest != nil && t.Mode == "" { // a mode of this dialect only
		return &thinking{Rest: rest}
	}
	switch p.mode() {
	case llm.ThinkingOff:
		return p.thinkingOff()
	case llm.ThinkingOn:
		return p.thinkingOn(rest)
	case llm.ThinkingAdaptive:
		return p.thinkingFree(rest)
	}
	return nil
}

// mode is what the client wants. An effort that came from another dialect
// asks for thinking, which models that think anyway need not be told;
// Anthropic's own, without thinking, does not.
func (p *preparer) mode() llm.ThinkingMode {
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
	case t.Effort != "" && !p.native && (!p.model.thinks || t.Summary != ""):
		return llm.ThinkingAdaptive
	}
	return ""
}

func (p *preparer) thinkingOff() *thinking {
	switch {
	case p.model.off == offBetween:
		return &thinking{Type: word("between_tools")}
	case p.model.off == offNever: // the least effort is the nearest
		p.drop(p.thinkingWord())
		return nil
	case p.model.thinking == thinkingNone && !p.native:
		return nil
	}
	return &thinking{Type: word("disabled")}
}

func (p *preparer) thinkingOn(rest json.Value) *thinking {
	switch p.model.thinking {
	case thinkingNone:
		if p.r.Reasoning.Mode == llm.ThinkingOn && p.r.Reasoning.Budget != nil {
			return p.budgeted(rest) // said in Anthropic's own words: not ours to judge
		}
		p.drop(p.thinkingWord())
		return nil
	case thinkingAdaptive:
		if p.r.Reasoning.Budget != nil {
			p.drop("thinking.budget_tokens")
		}
		return p.adaptive(rest)
	}
	if p.r.Reasoning.Budget == nil && p.model.thinking == thinkingEither && p.model.known {
		return p.adaptive(rest)
	}
	return p.budgeted(rest)
}

func (p *preparer) thinkingFree(rest json.Value) *thinking {
	switch p.model.thinking {
	case thinkingNone:
		p.drop(p.thinkingWord())
		return nil
	case thinkingBudget:
		if p.r.Reasoning.Mode == llm.ThinkingAdaptive {
			p.drop("thinking.type")
		}
		return p.budgeted(rest)
	}
	return p.adaptive(rest)
}

func (p *preparer) adaptive(rest json.Value) *thinking {
	return &thinking{Type: word("adaptive"), Display: p.display(), Rest: rest}
}

// budgeted writes a budget: the client's, or the one that its effort means.
func (p *preparer) budgeted(rest json.Value) *thinking {
	n := budgets[effortMedium]
	if level, ok := efforts[p.r.Reasoning.Effort]; ok {
		n = budgets[level]
	}
	if own := p.r.Reasoning.Budget; own != nil && *own > 0 {
		if n = min(max(*own, minBudget), maxBudget); n != *own {
			p.drop("thinking.budget_tokens")
		}
	}
	return &thinking{Type: word("enabled"), Budget: decimal(n), Display: p.display(), Rest: rest}
}

func decimal(n int64) json.Value { return strconv.AppendInt(nil, n, 10) }

// display writes how thoughts are shown. OpenAI's words for a summary all
// mean that there shall be one.
func (p *preparer) display() json.Value {
	switch s := p.r.Reasoning.Summary; s {
	case "":
		return nil
	case "auto", "concise", "detailed":
		return word("summarized")
	case "none":
		return word("omitted")
	default:
		return json.Quote(s)
	}
}

// effort writes the effort for models that know it. For those that do not, a
// budget has taken its place.
func (p *preparer) effort() {
	t := &p.r.Reasoning
	name := t.Effort
	if name == "" && t.Budget != nil && *t.Budget > 0 && p.model.thinking == thinkingAdaptive {
		name = effortOf(*t.Budget)
	}
	if p.mode() == llm.ThinkingOff && p.model.off == offNever && (name == "" || name == "none") {
		name = "low"
	}
	if name == "" || name == "none" {
		return
	}
	want, ok := efforts[name]
	if !ok {
		p.fail(llm.BadRequest, "%s: %q is not an effort", p.effortWord(), name)
		return
	}
	if p.model.effort == noEffort {
		if asBudget := p.enabled() && t.Budget == nil; !asBudget && !p.dropped(p.thinkingWord()) {
			p.drop(p.effortWord())
		}
		return
	}
	p.setEffort(want)
}

// setEffort writes the level, or the nearest one below that the model has.
func (p *preparer) setEffort(want level) {
	got := min(want, p.model.effort)
	if got == effortXhigh && p.model.noXhigh {
		got = effortHigh
	}
	if got >= effortXhigh && p.model.thinks && (p.thinkingType() == "disabled" || p.thinkingType() == "between_tools") {
		got = effortHigh // more is refused without thinking
	}
	if got != want {
		p.drop(p.effortWord())
	}
	p.config().Effort = word(effortWords[got])
}

func (p *preparer) effortWord() string {
	if p.native {
		return "output_config.effort"
	}
	return "reasoning_effort"
}

func (p *preparer) dropped(name string) bool {
	for _, d := range p.x.dropped {
		if d == name {
			return true
		}
	}
	return false
}

func (p *preparer) config() *outputConfig {
	if p.out.OutputConfig == nil {
		p.out.OutputConfig = &outputConfig{}
	}
	return p.out.OutputConfig
}

func (p *preparer) thinkingType() string {
	if p.out.Thinking == nil {
		return ""
	}
	return json.Unquote(p.out.Thinking.Type)
}

// enabled reports whether the request asks for thinking.
func (p *preparer) enabled() bool {
	typ := p.thinkingType()
	return typ == "enabled" || typ == "adaptive"
}

// unforce solves the conflict of a forced tool choice with thinking, which
// the API refuses: the tool is what the client must have, so thinking goes. A
// model that cannot stop thinking is left to choose.
func (p *preparer) unforce() {
	if !p.forced() {
		return
	}
	if p.model.unforced {
		p.drop("tool_choice")
		p.out.ToolChoice.Type, p.out.ToolChoice.Name = word("auto"), nil
		return
	}
	if p.enabled() {
		p.drop(p.thinkingWord())
		p.out.Thinking = nil
	}
	if p.model.thinks && p.out.Thinking == nil {
		p.out.Thinking = &thinking{Type: word("disabled")}
		if level, ok := efforts[p.r.Reasoning.Effort]; ok {
			p.setEffort(level)
		}
	}
}

// replayable switches a budget of thinking off when the conversation cannot
// be continued with it: the last assistant turn called a tool, and its
// thoughts are not there any more.
//
// https://platform.claude.com/docs/en/build-with-claude/extended-thinking
func (p *preparer) replayable() {
	if p.thinkingType() != "enabled" {
		return
	}
	for i := len(p.out.Messages) - 1; i >= 0; i-- {
		m := &p.out.Messages[i]
		if m.Role != "assistant" {
			continue
		}
		if calls(m.Content) && !thought(m.Content[0]) {
			p.drop(p.thinkingWord())
			p.out.Thinking = nil
		}
		return
	}
}

func calls(bs []block) bool {
	for _, b := range bs {
		if b.Input != nil {
			return true
		}
	}
	return false
}

func thought(b block) bool { return b.Thinking != nil || b.Data != nil }

// limit writes max_tokens, which the API requires, and keeps it above the
// budget of thinking, which is part of it.
func (p *preparer) limit() {
	var budget int64
	if p.out.Thinking != nil {
		budget, _ = integer(p.out.Thinking.Budget)
	}
	n := p.model.preset
	if p.r.MaxTokens != nil {
		n = *p.r.MaxTokens
	}
	if p.model.known && n > p.model.output {
		p.drop("max_tokens")
		n = p.model.output
	}
	if budget > 0 && budget >= n {
		n, budget = p.balance(n, budget)
		p.out.Thinking.Budget = decimal(budget)
	}
	p.out.MaxTokens = &n
}

// balance makes room for an answer beside a budget. A budget that we made
// from an effort gives way; one that the client named is kept, and what it
// left for the answer is added to it, as far as the model goes.
func (p *preparer) balance(n, budget int64) (int64, int64) {
	own := p.r.Reasoning.Budget != nil
	if !own && n >= 2*minBudget {
		return n, n - minBudget
	}
	if !own {
		budget = minBudget
	}
	if p.r.MaxTokens != nil {
		p.drop("max_tokens")
	}
	n += budget
	if p.model.known && n > p.model.output {
		n = p.model.output
		budget = min(budget, n-minBudget)
		p.drop("thinking.budget_tokens")
	}
	return n, budget
}
