package gemini

import (
	"slices"
	"testing"

	"sluice/core/llm"
)

func TestThinkingIsSaidInTheWordsOfTheModel(t *testing.T) {
	t.Parallel()
	effort := func(s string) llm.Thinking { return llm.Thinking{Effort: s} }
	budget := func(n int64) llm.Thinking { return llm.Thinking{Mode: llm.ThinkingOn, Budget: &n} }
	off, adaptive := llm.Thinking{Mode: llm.ThinkingOff}, llm.Thinking{Mode: llm.ThinkingAdaptive}
	tests := []struct {
		name, model string
		in          llm.Thinking
		want        string // thinkingConfig
		dropped     []string
	}{
		{"nothing was said", pro3, llm.Thinking{}, ``, nil},
		{"levels", pro3, effort("low"), `{"thinkingLevel":"low"}`, nil},
		{"the next higher level", pro3, effort("medium"), `{"thinkingLevel":"high"}`, []string{"reasoning_effort"}},
		{"the newer one has it", "models/gemini-3.1-pro-preview", effort("medium"), `{"thinkingLevel":"medium"}`, nil},
		{"the least there is", flash3, effort("none"), `{"thinkingLevel":"minimal"}`, []string{"reasoning_effort"}},
		{"off where it cannot be", pro3, off, `{"thinkingLevel":"low"}`, []string{"thinking"}},
		{"the most there is", flash3, effort("xhigh"), `{"thinkingLevel":"high"}`, []string{"reasoning_effort"}},
		{"minimal is low", pro3, effort("minimal"), `{"thinkingLevel":"low"}`, nil},
		{"a budget where there are levels", flash3, budget(8000), `{"includeThoughts":true,"thinkingLevel":"medium"}`, []string{"thinking.budget_tokens"}},
		{"up to the model", pro3, adaptive, `{"includeThoughts":true}`, nil},
		{"an unknown effort", flash3, effort("huge"), ``, []string{"reasoning_effort"}},
		{"a budget", pro25, budget(512), `{"includeThoughts":true,"thinkingBudget":512}`, nil},
		{"a budget that is too small", pro25, budget(100), `{"includeThoughts":true,"thinkingBudget":128}`, []string{"thinking.budget_tokens"}},
		{"a budget that is too large", flash25, budget(99999), `{"includeThoughts":true,"thinkingBudget":24576}`, []string{"thinking.budget_tokens"}},
		{"a dynamic budget", flash25, budget(-1), `{"includeThoughts":true,"thinkingBudget":-1}`, nil},
		{"off", flash25, off, `{"thinkingBudget":0}`, nil},
		{"none", flash25, effort("none"), `{"thinkingBudget":0}`, nil},
		{"off where it cannot be, with budgets", pro25, off, `{"thinkingBudget":128}`, []string{"thinking"}},
		{"efforts are budgets", pro25, effort("medium"), `{"thinkingBudget":8192}`, nil},
		{"the most of the smallest", "gemini-2.5-flash-lite", effort("max"), `{"thinkingBudget":24576}`, nil},
		{"up to the model, with budgets", pro25, adaptive, `{"includeThoughts":true,"thinkingBudget":-1}`, nil},
		{"thoughts that are not to be shown", pro25, llm.Thinking{Mode: llm.ThinkingOn, Summary: "omitted", Budget: ptr[int64](512)}, `{"thinkingBudget":512}`, nil},
		{"a model that does not think", pro15, effort("low"), ``, []string{"reasoning_effort"}},
		{"a model that does not think, off", pro15, off, ``, nil},
		{"an endpoint of which nothing is known", "1234567", effort("high"), `{"thinkingBudget":24576}`, nil},
		{"what only others know", pro3, llm.Thinking{Native: from(llm.Anthropic, `{"x":1}`)}, ``, []string{"thinking.x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := prepare(t, &llm.Request{Reasoning: tt.in}, google(tt.model))
			if got := lookup(x.Body(), "generationConfig", "thinkingConfig"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !slices.Equal(x.Dropped(), tt.dropped) {
				t.Errorf("dropped %q, want %q", x.Dropped(), tt.dropped)
			}
		})
	}
}

func TestVersionsAreReadFromNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"gemini-2.5-pro": 25, "models/gemini-3-pro-preview": 30, "google.gemini-2.0-flash": 20, "publishers/google/models/gemini-10.1-x": 101,
		"GEMINI-1.5-flash-002": 15, "gemini-flash-latest": 0, "gemma-3": 0, "": 0, "gemini-": 0, "gemini-99999999999999999999": 0,
	} {
		if got := modelOf(name).version; got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
