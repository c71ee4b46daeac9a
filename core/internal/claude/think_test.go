package claude

import (
	"fmt"
	"slices"
	"testing"
)

func n(v int64) *int64 { return &v }

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id string
		w        Wish
		want     string // type, budget, effort, max_tokens
		lost     []string
	}{
		{"nothing", "claude-sonnet-4-5", Wish{}, " 0  -", nil},
		{"nothing, where max_tokens must be sent", "claude-sonnet-4-5", Wish{Required: true}, " 0  64000", nil},
		{"an effort where there is one", "claude-opus-4-6", Wish{Effort: "medium"}, "adaptive 0 medium -", nil},
		{"an effort where thinking is usual", "claude-opus-5", Wish{Effort: "minimal"}, " 0 low -", nil},
		{"thoughts that shall be shown", "claude-opus-5", Wish{Effort: "high", Shown: true}, "adaptive 0 high -", nil},
		{"Anthropic's own effort", "claude-opus-4-6", Wish{Effort: "low", Own: true}, " 0 low -", nil},
		{"an effort that came later", "claude-opus-4-6", Wish{Effort: "xhigh"}, "adaptive 0 high -", []string{"effort"}},
		{"an effort above what there is", "claude-opus-4-5", Wish{Type: Enabled, Budget: n(2000), Effort: "max"}, "enabled 2000 high -", []string{"effort"}},
		{"an effort as a budget", "claude-sonnet-4-5", Wish{Effort: "high"}, "enabled 16384  -", nil},
		{"an effort for a model that cannot think", "claude-3-5-haiku-latest", Wish{Effort: "high"}, " 0  -", []string{"reasoning_effort"}},
		{"an effort that there is not", "claude-opus-4-6", Wish{Effort: "ultra"}, "adaptive 0  -", []string{"effort"}},
		{"off", "claude-sonnet-4-5", Wish{Effort: "none"}, "disabled 0  -", nil},
		{"off, between tools at least", "claude-sonnet-5-5", Wish{Type: Disabled}, "between_tools 0  -", nil},
		{"off, where it cannot be", "claude-opus-5-5", Wish{Type: Disabled}, " 0 low -", []string{"thinking"}},
		{"off without an effort, where it cannot be", "claude-opus-5-5", Wish{Effort: "none"}, " 0 low -", []string{"reasoning_effort"}},
		{"off, with more effort than goes with it", "claude-opus-5", Wish{Type: Disabled, Effort: "max"}, "disabled 0 high -", []string{"effort"}},
		{"the client's between tools, with more effort than goes with it", "claude-sonnet-5-5", Wish{Type: Between, Effort: "max", Own: true}, "between_tools 0 high -", []string{"effort"}},
		{"a kind that nobody knows", "claude-opus-5", Wish{Type: "moonlight", Effort: "max", Own: true}, "moonlight 0 max -", nil},
		{"a budget", "claude-sonnet-4-5", Wish{Budget: n(5000)}, "enabled 5000  -", nil},
		{"a budget of nothing", "claude-sonnet-4-5", Wish{Type: Enabled, Budget: n(0)}, "disabled 0  -", nil},
		{"a budget as the model likes", "claude-opus-4-6", Wish{Budget: n(-1)}, "adaptive 0  -", nil},
		{"a budget as a model likes that wants one", "claude-sonnet-4-5", Wish{Budget: n(-1)}, "enabled 8192  -", nil},
		{"a budget below the least", "claude-sonnet-4-5", Wish{Budget: n(10)}, "enabled 1024  -", []string{"thinking.budget_tokens"}},
		{"an absurd budget", "claude-sonnet-4-5", Wish{Budget: n(1 << 62)}, "enabled 16777216  -", []string{"thinking.budget_tokens"}},
		{"a budget for a model that takes none", "claude-opus-4-8", Wish{Type: Enabled, Budget: n(20000)}, "adaptive 0 high -", []string{"thinking.budget_tokens"}},
		{"a budget beside adaptive", "claude-opus-4-6", Wish{Type: Adaptive, Budget: n(5000)}, "adaptive 0  -", []string{"thinking.budget_tokens"}},
		{"a budget in Anthropic's words for a model that cannot think", "claude-3-5-haiku-latest", Wish{Type: Enabled, Budget: n(2000)}, "enabled 2000  -", nil},
		{"a budget in other words for a model that cannot think", "claude-3-5-haiku-latest", Wish{Budget: n(2000)}, " 0  -", []string{"thinking"}},
		{"adaptive for a model that cannot think", "claude-3-5-haiku-latest", Wish{Type: Adaptive, Budget: n(2000)}, " 0  -", []string{"thinking"}},
		{"adaptive for a model that takes a budget", "claude-haiku-4-5", Wish{Type: Adaptive}, "enabled 8192  -", []string{"thinking.type"}},
		{"thinking without a budget, where adaptive is better", "claude-opus-4-6", Wish{Type: Enabled}, "adaptive 0  -", nil},
		{"thinking without a budget, where nothing is known", "my-deployment", Wish{Type: Enabled}, "enabled 8192  -", nil},

		{"a forced tool comes before thinking", "claude-sonnet-4-5", Wish{Budget: n(5000), Forced: true}, " 0  -", []string{"thinking"}},
		{"a forced tool needs usual thinking off, and less effort", "claude-opus-5", Wish{Effort: "max", Forced: true}, "disabled 0 high -", []string{"effort"}},
		{"a model that cannot be forced may think", "claude-opus-5-5", Wish{Type: Adaptive, Effort: "max", Forced: true}, "adaptive 0 max -", nil},
		{"a broken chain ends a budget", "claude-sonnet-4-5", Wish{Budget: n(5000), Broken: true}, " 0  -", []string{"thinking"}},
		{"adaptive needs no chain", "claude-opus-4-6", Wish{Effort: "low", Broken: true}, "adaptive 0 low -", nil},

		{"more than the model writes", "claude-opus-4-1", Wish{Limit: n(64000)}, " 0  32000", []string{"max_tokens"}},
		{"as much as is asked for, where nothing is known", "my-deployment", Wish{Limit: n(640000)}, " 0  640000", nil},
		{"a named budget is kept, and so is the room for the answer", "claude-sonnet-4-5", Wish{Budget: n(8000), Limit: n(5000)}, "enabled 8000  13000", []string{"max_tokens"}},
		{"however little that is", "claude-sonnet-4-5", Wish{Budget: n(1024), Limit: n(500)}, "enabled 1024  1524", []string{"max_tokens"}},
		{"as far as the model goes", "claude-sonnet-4-5", Wish{Budget: n(64000), Limit: n(64000)}, "enabled 62976  64000", []string{"max_tokens", "thinking.budget_tokens"}},
		{"a budget that fits the model is not touched", "claude-opus-4-1", Wish{Budget: n(20000), Limit: n(15000)}, "enabled 20000  32000", []string{"max_tokens"}},
		{"a budget of ours gives way", "claude-sonnet-4-5", Wish{Effort: "high", Limit: n(6000)}, "enabled 4976  6000", nil},
		{"down to the least", "claude-sonnet-4-5", Wish{Effort: "high", Limit: n(100)}, "enabled 1024  1124", []string{"max_tokens"}},
		{"a preset is no loss", "claude-sonnet-4-5", Wish{Budget: n(64000), Required: true}, "enabled 62976  64000", []string{"thinking.budget_tokens"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.w.EffortName = "effort"
			p := Find(tt.id).Plan(tt.w)
			limit := "-"
			if p.Limit != nil {
				limit = fmt.Sprint(*p.Limit)
			}
			if got := fmt.Sprintf("%s %d %s %s", p.Type, p.Budget, p.Effort, limit); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !slices.Equal(p.Lost, tt.lost) {
				t.Errorf("lost %q, want %q", p.Lost, tt.lost)
			}
		})
	}
}

// What a plan holds is never what the API would refuse, whatever is wished.
func TestNoPlanIsRefused(t *testing.T) {
	t.Parallel()
	models := []Model{unknown}
	for _, g := range generations {
		g.Known = true
		models = append(models, g.Model)
	}
	for _, m := range models {
		for w := range wishes {
			p := m.Plan(w)
			if fault := refused(m, w, p); fault != "" {
				t.Fatalf("%s: %+v of %+v, which has %+v", fault, p, w, m)
			}
		}
	}
}

func wishes(yield func(Wish) bool) {
	budgets := []*int64{nil, n(-1), n(0), n(1), n(1024), n(20000), n(1 << 62)}
	limits := []*int64{nil, n(1), n(1024), n(3000), n(20000), n(1 << 62)}
	for _, typ := range []string{"", Enabled, Adaptive, Disabled} {
		for _, effort := range []string{"", "none", "minimal", "high", "xhigh", "max", "ultra"} {
			for _, budget := range budgets {
				for _, limit := range limits {
					for bits := range 16 {
						w := Wish{
							Type: typ, Effort: effort, Budget: budget, Limit: limit, EffortName: "effort",
							Own: bits&1 > 0, Forced: bits&2 > 0, Broken: bits&4 > 0, Required: bits&8 > 0,
						}
						if !yield(w) {
							return
						}
					}
				}
			}
		}
	}
}

func refused(m Model, w Wish, p Plan) string {
	unasked := w.Type != Enabled || w.Budget == nil
	switch {
	case p.Type == Enabled && m.Thinking == OnlyAdaptive, p.Type == Adaptive && m.Thinking == OnlyBudget,
		p.Thinking() && m.Thinking == NoThinking && unasked:
		return "thinking that the model does not know"
	case p.Type == Disabled && m.Off != OffDisabled, p.Type == Between && m.Off != OffBetween:
		return "thinking that cannot be switched off so"
	case p.Type == Enabled && (p.Budget < MinBudget || p.Limit != nil && p.Budget >= *p.Limit), p.Type != Enabled && p.Budget != 0:
		return "a budget out of range"
	case p.Limit == nil && (w.Required || w.Limit != nil), p.Limit != nil && m.Known && *p.Limit > m.Output:
		return "a limit out of range"
	case p.Effort > m.Effort, p.Effort == Xhigh && m.NoXhigh, p.Effort > High && m.Thinks && p.Type == Disabled:
		return "an effort that the model does not have"
	case w.Forced && !m.Unforced && (p.Thinking() || m.Thinks && p.Type == ""):
		return "thinking beside a forced tool"
	case w.Broken && p.Type == Enabled:
		return "a budget after a broken chain"
	}
	return ""
}

func TestBroken(t *testing.T) {
	t.Parallel()
	is := func(kind string) func(*string) bool { return func(b *string) bool { return *b == kind } }
	tests := []struct {
		name string
		last []string
		want bool
	}{
		{"no call", []string{"text"}, false},
		{"a call with its thought", []string{"thought", "call"}, false},
		{"a call without", []string{"call"}, true},
		{"a call after a text only", []string{"text", "call"}, true},
		{"a thought that comes too late", []string{"text", "thought", "call"}, true},
		{"nothing", nil, false},
	}
	for _, tt := range tests {
		if got := Broken(tt.last, is("call"), is("thought")); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
