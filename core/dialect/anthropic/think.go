package anthropic

import (
	"slices"
	"strconv"

	"sluice/core/internal/claude"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// think writes thinking, output_config.effort and max_tokens: what the client
// asked for, in the words that the model knows.
func (p *preparer) think() {
	t := &p.r.Reasoning
	rest := p.residue("thinking.", t.Native)
	w := p.wish(rest)
	if _, ok := claude.ParseEffort(t.Effort); !ok && t.Effort != "" && t.Effort != "none" {
		p.fail(llm.BadRequest, "%s: %q is not an effort", w.EffortName, t.Effort)
		return
	}
	plan := p.model.Plan(w)
	p.drop(plan.Lost...)
	p.thinks = plan.Thinking()
	p.out.Thinking = p.thinking(&plan, rest)
	p.out.MaxTokens = plan.Limit
	if plan.Effort != claude.NoEffort {
		p.config().Effort = word(plan.Effort.String())
	}
}

func (p *preparer) thinking(plan *claude.Plan, rest json.Value) *thinking {
	switch {
	case p.r.Reasoning.Mode == "" && rest != nil: // a mode of this dialect only
		return &thinking{Rest: rest}
	case plan.Type == "", plan.Type == claude.Disabled && p.model.Thinking == claude.NoThinking && !p.native: // need not be said
		return nil
	case !plan.Thinking():
		return &thinking{Type: word(plan.Type)}
	}
	t := &thinking{Type: word(plan.Type), Display: p.display(), Rest: rest}
	if plan.Type == claude.Enabled {
		t.Budget = decimal(plan.Budget)
	}
	return t
}

func (p *preparer) wish(rest json.Value) claude.Wish {
	t := &p.r.Reasoning
	w := claude.Wish{
		Type: string(t.Mode), Budget: t.Budget, Effort: t.Effort, EffortName: "reasoning_effort", Own: p.native, Shown: t.Summary != "",
		Forced: p.forced(), Broken: p.broken(), Limit: p.r.MaxTokens, Required: true,
	}
	if w.Type == "" {
		w.Type = json.Unquote(json.Lookup(rest, "type"))
	}
	if p.native {
		w.EffortName = "output_config.effort"
	}
	return w
}

func decimal(n int64) json.Value { return strconv.AppendInt(nil, n, 10) }

func (p *preparer) display() json.Value {
	if s := claude.Display(p.r.Reasoning.Summary); s != "" {
		return json.Quote(s)
	}
	return nil
}

func (p *preparer) config() *outputConfig {
	if p.out.OutputConfig == nil {
		p.out.OutputConfig = &outputConfig{}
	}
	return p.out.OutputConfig
}

// broken reports whether the last assistant turn called a tool, and its
// thoughts are not there any more.
func (p *preparer) broken() bool {
	for _, m := range slices.Backward(p.out.Messages) {
		if m.Role == "assistant" {
			return claude.Broken(m.Content, calls, thought)
		}
	}
	return false
}

func calls(b *block) bool   { return b.Input != nil }
func thought(b *block) bool { return b.Thinking != nil || b.Data != nil }
