package claude

import "slices"

// Kinds of thinking, as thinking.type has them. A client may name others,
// which go to the model as they are.
const (
	Enabled  = "enabled" // with a budget
	Adaptive = "adaptive"
	Disabled = "disabled"
	Between  = "between_tools"
)

// A Wish is what a client wants of thinking and of the length of the answer.
type Wish struct {
	Type     string // thinking.type; empty if the client named none
	Budget   *int64 // thinking.budget_tokens; 0 means off, less as the model likes
	Effort   string // of any dialect: none, minimal, low, …, max
	Own      bool   // the effort is Anthropic's, which alone does not ask for thinking
	Shown    bool   // the client says how thoughts are shown
	Forced   bool   // a tool must be called
	Broken   bool   // no budget can go on from the history: see [Broken]
	Limit    *int64 // max_tokens
	Required bool   // max_tokens must be sent, so the model's preset stands in

	EffortName string // what reports call the effort
}

// A Plan is what a model gets of a wish.
type Plan struct {
	Type   string // thinking.type; empty: say nothing
	Budget int64  // thinking.budget_tokens, if Type is Enabled
	Effort Effort // NoEffort: say nothing
	Limit  *int64 // max_tokens
	Lost   []string
}

// Thinking reports whether the model is asked to think.
func (p *Plan) Thinking() bool { return p.Type == Enabled || p.Type == Adaptive }

// Off reports whether the client wants no thinking.
func (w *Wish) Off() bool {
	return w.Type == Disabled || w.Type == "" && w.Effort == "none" ||
		w.Type != Adaptive && w.Budget != nil && *w.Budget == 0
}

// kind is the type of thinking that the client means. An effort that came
// from another dialect asks for thinking, which models that think anyway need
// not be told unless the thoughts are to be shown.
func (w *Wish) kind(m *Model) string {
	switch {
	case !slices.Contains([]string{"", Enabled, Adaptive, Disabled}, w.Type):
		return w.Type
	case w.Off():
		return Disabled
	case w.Type == Adaptive || w.Budget != nil && *w.Budget < 0: // -1 is Gemini's "as you like"
		return Adaptive
	case w.Type == Enabled || w.Budget != nil:
		return Enabled
	case w.Effort != "" && !w.Own && (!m.Thinks || w.Shown):
		return Adaptive
	}
	return ""
}

// Name is the member that a client most likely wrote.
func (w *Wish) Name() string {
	if w.Type == "" && w.Budget == nil && w.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

// Plan says what the model gets of a wish, in the words that it knows. What
// the API refuses is mended where the meaning stays. Lost names what does not
// get through, in the canonical request's words.
func (m Model) Plan(w Wish) Plan {
	p := planner{m: &m, w: &w, kind: w.kind(&m)}
	p.start()
	p.effort()
	p.unforce()
	p.unbreak()
	p.limit()
	return p.Plan
}

type planner struct {
	Plan
	m    *Model
	w    *Wish
	kind string // what is wanted
}

func (p *planner) lose(name string) {
	if !slices.Contains(p.Lost, name) {
		p.Lost = append(p.Lost, name)
	}
}

// start chooses the kind of thinking that comes nearest.
func (p *planner) start() {
	switch p.kind {
	case Disabled:
		p.off()
	case Enabled, Adaptive:
		p.on()
	default:
		p.Type = p.kind
	}
}

func (p *planner) off() {
	switch p.m.Off {
	case OffDisabled:
		p.Type = Disabled
	case OffBetween:
		p.Type = Between
	case OffNever: // the least effort is the nearest
		p.lose(p.w.Name())
	}
}

func (p *planner) on() {
	own := p.kind == Enabled && p.w.Type == Enabled && p.w.Budget != nil
	switch form := p.m.Thinking; {
	case form == NoThinking && !own: // in Anthropic's own words it is not ours to judge
		p.lose(p.w.Name())
	case form == OnlyAdaptive,
		form == Either && (p.kind == Adaptive || p.w.Budget == nil && p.m.Known):
		if p.w.Budget != nil && *p.w.Budget > 0 {
			p.lose("thinking.budget_tokens")
		}
		p.Type = Adaptive
	default:
		if p.w.Type == Adaptive {
			p.lose("thinking.type")
		}
		p.Type, p.Budget = Enabled, p.budget()
	}
}

// budget is the client's, or the one that its effort means.
func (p *planner) budget() int64 {
	own := p.w.Budget
	if own == nil || *own <= 0 {
		effort, _ := ParseEffort(p.w.Effort)
		return effort.Budget()
	}
	n := min(max(*own, MinBudget), MaxBudget)
	if n != *own {
		p.lose("thinking.budget_tokens")
	}
	return n
}

// effort sets the effort for models that know it. For those that do not, a
// budget has taken its place.
func (p *planner) effort() {
	want, ok := p.wanted()
	switch {
	case !ok:
		p.lose(p.w.EffortName)
	case want == NoEffort:
	case p.m.Effort == NoEffort:
		if asBudget := p.Type == Enabled && p.w.Budget == nil; !asBudget && !slices.Contains(p.Lost, p.w.Name()) {
			p.lose(p.w.EffortName)
		}
	default:
		p.setEffort(want)
	}
}

// wanted is the effort that the client means, false if there is no such.
func (p *planner) wanted() (Effort, bool) {
	w := p.w
	switch silent := w.Effort == "" || w.Effort == "none"; {
	case w.Effort == "" && w.Budget != nil && *w.Budget > 0 && p.m.Thinking == OnlyAdaptive:
		return EffortOf(*w.Budget), true
	case silent && p.kind == Disabled && p.m.Off == OffNever:
		return Low, true
	case silent:
		return NoEffort, true
	}
	return ParseEffort(w.Effort)
}

// setEffort takes the nearest level below that the model has. Above high,
// models that think by default refuse to be told not to.
func (p *planner) setEffort(want Effort) {
	p.Effort = min(want, p.m.Effort)
	unthinking := p.Type == Disabled || p.Type == Between
	if p.Effort == Xhigh && p.m.NoXhigh || p.Effort > High && p.m.Thinks && unthinking {
		p.Effort = High
	}
	if p.Effort != want {
		p.lose(p.w.EffortName)
	}
}

// unforce solves the conflict of a forced tool choice with thinking, which
// the API refuses: the tool is what the client must have, so thinking goes. A
// model that cannot be forced is left to choose, and may think.
func (p *planner) unforce() {
	if !p.w.Forced || p.m.Unforced {
		return
	}
	if p.Thinking() {
		p.stop()
	}
	if p.m.Thinks && p.Type == "" {
		p.Type = Disabled
		p.setEffort(p.Effort)
	}
}

// unbreak drops a budget of thinking that the history does not allow.
func (p *planner) unbreak() {
	if p.w.Broken && p.Type == Enabled {
		p.stop()
	}
}

func (p *planner) stop() {
	p.lose(p.w.Name())
	p.Type, p.Budget = "", 0
}

// Broken reports whether a budget of thinking cannot go on after the
// assistant's last message: it calls a tool, and the thoughts before the call
// are not there any more, as after a change of provider.
//
// https://platform.claude.com/docs/en/build-with-claude/extended-thinking
func Broken[Block any](last []Block, call, thought func(*Block) bool) bool {
	for i := range last {
		if call(&last[i]) {
			return !thought(&last[0])
		}
	}
	return false
}
