package gemini

import (
	"slices"
	"strconv"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Words for how thoughts are shown.
const (
	shown  = "summarized"
	hidden = "omitted"
)

func decodeThinking(w *thinking) (llm.Thinking, error) {
	var t llm.Thinking
	if w == nil {
		return t, nil
	}
	native := json.ObjectOf(w.Rest)
	if !absent(w.Budget) {
		n, ok := integer(w.Budget)
		if !ok {
			return t, dialect.BadMember("generationConfig.thinkingConfig.thinkingBudget", "must be a whole number")
		}
		switch {
		case n == 0:
			t.Mode = llm.ThinkingOff
		case n < 0:
			t.Mode = llm.ThinkingAdaptive
		default:
			t.Mode, t.Budget = llm.ThinkingOn, &n
		}
	}
	if w.Level != "" {
		t.Effort = strings.ToLower(w.Level)
		if t.Effort != w.Level {
			native.Add("thinkingLevel", levelMark(w.Level))
		}
	}
	if w.Include != nil {
		t.Summary = hidden
		if *w.Include {
			t.Summary = shown
		}
	}
	if t.IsZero() && len(native) == 0 {
		native.Add("thinkingConfig", markObject)
	}
	t.Native = residue(native)
	return t, nil
}

// levelMark marks the form that Google's types have.
func levelMark(level string) json.Value {
	if strings.ToUpper(level) == level {
		return markString
	}
	return json.Quote(level)
}

// ownThinking is the inverse of decodeThinking: it lets everything through.
func ownThinking(t *llm.Thinking) *thinking {
	if t.IsZero() {
		return nil
	}
	native := own(t.Native)
	native.Remove("thinkingConfig")
	w := &thinking{Level: t.Effort, Budget: number(t.Budget)}
	switch mark := native.Remove("thinkingLevel"); {
	case string(mark) == string(markString):
		w.Level = strings.ToUpper(w.Level)
	case mark != nil:
		w.Level = json.Unquote(mark)
	}
	switch t.Mode {
	case llm.ThinkingOff:
		w.Budget = number(ptr[int64](0))
	case llm.ThinkingAdaptive:
		w.Budget = number(ptr[int64](-1))
	}
	if t.Summary != "" {
		w.Include = ptr(t.Summary == shown)
	}
	w.Rest = native.Value()
	return w
}

// think says how much to think, in the words of the model.
func (p *preparation) think() *thinking {
	t := &p.r.Reasoning
	if p.same {
		return ownThinking(t)
	}
	p.foreignLoss("thinking.", t.Native)
	if t.IsZero() {
		return nil
	}
	k := p.model.knob()
	if !k.thinks() {
		if t.Mode != llm.ThinkingOff && t.Effort != "none" {
			p.drop(thinkingName(t))
		}
		return nil
	}
	w := &thinking{Include: include(t)}
	if k.levels != nil {
		w.Level = p.level(t, k.levels)
	} else if n, ok := p.budget(t, k); ok {
		w.Budget = strconv.AppendInt(nil, n, 10)
	}
	if w.Include == nil && w.Level == "" && w.Budget == nil {
		return nil
	}
	return w
}

// thinkingName is the member that a client most likely wrote.
func thinkingName(t *llm.Thinking) string {
	if t.Mode == "" && t.Budget == nil && t.Effort != "" {
		return "reasoning_effort"
	}
	return "thinking"
}

// include asks for thoughts where the client has asked for thinking as such:
// in its dialect the answer then has them.
func include(t *llm.Thinking) *bool {
	switch {
	case t.Summary == hidden, t.Mode == llm.ThinkingOff:
		return nil
	case t.Summary != "", t.Mode != "", t.Budget != nil:
		return ptr(true)
	}
	return nil
}

// effort is how much a client wants, in the words of reasoning_effort; empty
// leaves it to the model. A budget becomes a word by the same table as for
// chat: up to 4096 tokens are low, up to 16384 medium, more is high.
func (p *preparation) effort(t *llm.Thinking) string {
	switch {
	case t.Mode == llm.ThinkingOff:
		return "none"
	case t.Effort != "":
		return t.Effort
	case t.Budget == nil, *t.Budget < 0:
		return ""
	case *t.Budget == 0:
		return "none"
	}
	p.drop("thinking.budget_tokens")
	switch {
	case *t.Budget <= 4096:
		return "low"
	case *t.Budget <= 16384:
		return "medium"
	}
	return "high"
}

// efforts are the words in their order.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

// level is the model's level for an effort: the same word, else the next
// higher one, else the highest. What is not quite what was asked for is
// reported, but the smallest two words, which mean as little as there is.
func (p *preparation) level(t *llm.Thinking, levels []string) string {
	effort := p.effort(t)
	switch {
	case effort == "" || slices.Contains(levels, effort):
		return effort
	case !slices.Contains(efforts, effort):
		p.drop("reasoning_effort")
		return ""
	}
	if effort != "minimal" {
		p.drop(thinkingName(t))
	}
	want := slices.Index(efforts, effort)
	for _, l := range levels {
		if slices.Index(efforts, l) >= want {
			return l
		}
	}
	return levels[len(levels)-1]
}

// tokens are the budgets that Google's own endpoint for chat has for efforts.
//
// https://ai.google.dev/gemini-api/docs/openai#thinking
var tokens = map[string]int64{"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 1 << 20, "max": 1 << 20}

// budget is the number of tokens, held within what the model takes.
func (p *preparation) budget(t *llm.Thinking, k knob) (int64, bool) {
	n, exact := int64(0), false
	switch {
	case t.Mode == llm.ThinkingOff:
	case t.Budget != nil:
		n, exact = *t.Budget, true
	case t.Effort != "":
		var ok bool
		if n, ok = tokens[t.Effort]; !ok {
			p.drop("reasoning_effort")
			return 0, false
		}
	case t.Mode == llm.ThinkingAdaptive:
		n = -1
	default:
		return 0, false
	}
	if n < 0 {
		return -1, true
	}
	if n == 0 && k.off {
		return 0, true
	}
	held := min(max(n, k.min), k.max)
	switch {
	case held == n:
	case exact:
		p.drop("thinking.budget_tokens")
	case n == 0:
		p.drop(thinkingName(t))
	}
	return held, true
}
