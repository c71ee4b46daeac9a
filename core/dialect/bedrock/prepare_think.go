package bedrock

import (
	"slices"

	"sluice/core/internal/claude"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// think says how much to reason, in the words of the family.
func (p *preparation) think() error {
	t := &p.r.Reasoning
	explicit := t.Mode != "" || t.Budget != nil || p.ownEffort()
	word, w := effortWord(t.Effort), p.wish()
	switch {
	case p.model.isClaude(), p.model.opaque() && explicit:
		p.claudeThinking(w)
	case t.IsZero():
	case p.model.knobs().effort != "" && word != "":
		p.extra.Add(p.model.knobs().effort, json.Quote(word))
	case p.model.family == "amazon" && hasPrefix(p.model.name, "nova-2") && word != "":
		p.extra.Add("reasoningConfig", json.Object{
			json.Named("type", json.Value(`"enabled"`)), json.Named("maxReasoningEffort", json.Quote(word)),
		}.Value())
	case p.model.family == "amazon" && w.Off(): // it does not reason unless told to
	default:
		p.drop(w.Name())
	}
	return nil
}

// effortWord is an effort in the three words that open models and Nova know;
// empty when it says nothing, or none.
func effortWord(effort string) string {
	e, _ := claude.ParseEffort(effort)
	return min(e, claude.High).String()
}

func (p *preparation) wish() claude.Wish {
	t := &p.r.Reasoning
	return claude.Wish{
		Type: string(t.Mode), Budget: t.Budget, Effort: t.Effort, EffortName: "reasoning_effort", Own: p.ownEffort(), Shown: t.Summary != "",
		Forced: p.forced(), Broken: p.broken(), Limit: p.r.MaxTokens,
	}
}

// ownEffort reports whether an effort is one of Anthropic's, as Converse has
// it too.
func (p *preparation) ownEffort() bool {
	d := p.r.Native.Dialect
	return d == llm.Converse || d == llm.Anthropic
}

// claudeThinking writes Anthropic's thinking object, the effort, and what
// follows from them.
func (p *preparation) claudeThinking(w claude.Wish) {
	rest := p.thoughtRest()
	if w.Type == "" {
		w.Type, _ = text(rest.Get("type"))
	}
	plan := p.model.claude.Plan(w)
	p.drop(plan.Lost...)
	p.extra.Add("thinking", p.thought(&plan, rest).Value())
	p.out.Inference.MaxTokens = plan.Limit
	if plan.Effort != claude.NoEffort {
		p.outputConfig().Effort = plan.Effort.String()
	}
	p.sample(plan.Thinking())
}

// thought is the thinking object, nil if there is none.
func (p *preparation) thought(plan *claude.Plan, rest json.Object) json.Object {
	t := &p.r.Reasoning
	switch {
	case t.Mode == "" && rest != nil: // a mode that only Claude has a word for
		return rest
	case plan.Type == "", plan.Type == claude.Disabled && t.Mode != llm.ThinkingOff && !p.model.claude.Thinks: // need not be said
		return nil
	}
	thought := json.Object{json.Named("type", json.Quote(plan.Type))}
	if !plan.Thinking() {
		return thought
	}
	if plan.Type == claude.Enabled {
		thought = append(thought, json.Named("budget_tokens", number(&plan.Budget)))
	}
	if s := claude.Display(t.Summary); s != "" {
		thought = append(thought, json.Named("display", json.Quote(s)))
	}
	return append(thought, rest...)
}

func (p *preparation) thoughtRest() json.Object {
	n := p.r.Reasoning.Native
	if n.Dialect == llm.Anthropic || n.Dialect == llm.Converse {
		return json.ObjectOf(n.Members)
	}
	p.dropForeign("thinking.", n)
	return nil
}

// broken reports whether the last answer called a tool without a thought
// before.
func (p *preparation) broken() bool {
	for _, w := range slices.Backward(p.history) {
		if w.role == "assistant" {
			return claude.Broken(w.pieces, calls, thinks)
		}
	}
	return false
}

func calls(x *piece) bool  { return x.block.ToolUse != nil }
func thinks(x *piece) bool { return x.block.Reasoning != nil }
