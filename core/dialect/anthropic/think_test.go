package anthropic

import (
	"testing"

	"sluice/core/llm"
)

func TestThinkingFitsTheModel(t *testing.T) {
	t.Parallel()
	effort := func(s string) func(*llm.Request) { return func(r *llm.Request) { r.Reasoning.Effort = s } }
	budget := func(n int64) func(*llm.Request) {
		return func(r *llm.Request) { r.Reasoning.Mode, r.Reasoning.Budget = llm.ThinkingOn, &n }
	}
	tests := []struct {
		name     string
		model    string
		change   func(*llm.Request)
		thinking string
		config   string
		max      string
		dropped  []string
	}{
		{"an effort where there is one", "claude-opus-4-6", effort("medium"), `{"type":"adaptive"}`, `{"effort":"medium"}`, "128000", nil},
		{"an effort where thinking is usual", "claude-opus-5", effort("minimal"), ``, `{"effort":"low"}`, "128000", nil},
		{"an effort that came later", "claude-opus-4-6", effort("xhigh"), `{"type":"adaptive"}`, `{"effort":"high"}`, "128000", []string{"reasoning_effort"}},
		{"an effort is a budget for older models", "claude-sonnet-4-5", effort("high"), `{"type":"enabled","budget_tokens":16384}`, ``, "64000", nil},
		{"an effort is both for Opus 4.5", "claude-opus-4-5-20251101", effort("low"), `{"type":"enabled","budget_tokens":2048}`, `{"effort":"low"}`, "64000", nil},
		{"an effort for a model that cannot think", "claude-3-5-haiku-20241022", effort("high"), ``, ``, "8192", []string{"reasoning_effort"}},
		{"no effort", "claude-sonnet-4-5", effort("none"), `{"type":"disabled"}`, ``, "64000", nil},
		{"no effort for a model that thinks between tools", "claude-sonnet-5-5", effort("none"), `{"type":"between_tools"}`, ``, "128000", nil},
		{"no effort for a model that always thinks", "claude-opus-5-5", effort("none"), ``, `{"effort":"low"}`, "128000", []string{"reasoning_effort"}},
		{"a budget", "claude-sonnet-4-5", budget(5000), `{"type":"enabled","budget_tokens":5000}`, ``, "64000", nil},
		{"a budget of nothing is off", "claude-sonnet-4-5", budget(0), `{"type":"disabled"}`, ``, "64000", nil},
		{"a budget as you like", "claude-opus-4-6", budget(-1), `{"type":"adaptive"}`, ``, "128000", nil},
		{"a budget below the least", "claude-sonnet-4-5", budget(10), `{"type":"enabled","budget_tokens":1024}`, ``, "64000", []string{"thinking.budget_tokens"}},
		{"a budget for a model that takes none", "claude-opus-4-8", budget(20000), `{"type":"adaptive"}`, `{"effort":"high"}`, "128000", []string{"thinking.budget_tokens"}},
		{"an absurd budget", "claude-sonnet-4-5", budget(1 << 62), `{"type":"enabled","budget_tokens":62976}`, ``, "64000", []string{"thinking.budget_tokens"}},
		{"a budget that max_tokens cannot hold", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.MaxTokens = ref(int64(4000))
		}, `{"type":"enabled","budget_tokens":5000}`, ``, "9000", []string{"max_tokens"}},
		{"a budget of ours gives way to max_tokens", "claude-sonnet-4-5", func(r *llm.Request) {
			effort("high")(r)
			r.MaxTokens = ref(int64(4096))
		}, `{"type":"enabled","budget_tokens":3072}`, ``, "4096", nil},
		{"a small max_tokens makes room for the least budget", "claude-sonnet-4-5", func(r *llm.Request) {
			effort("high")(r)
			r.MaxTokens = ref(int64(100))
		}, `{"type":"enabled","budget_tokens":1024}`, ``, "1124", []string{"max_tokens"}},
		{"a summary is a display", "claude-opus-5", func(r *llm.Request) {
			effort("high")(r)
			r.Reasoning.Summary = "auto"
		}, `{"type":"adaptive","display":"summarized"}`, `{"effort":"high"}`, "128000", nil},
		{"sampling goes where thinking is on", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Temperature, r.TopP, r.TopK = "0.2", "0.5", ref(int64(3))
		}, `{"type":"enabled","budget_tokens":5000}`, ``, "64000", []string{"temperature", "top_p", "top_k"}},
		{"a forced tool comes before thinking", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, llm.ToolRequired
		}, ``, ``, "64000", []string{"thinking"}},
		{"a forced tool needs usual thinking off", "claude-opus-5", func(r *llm.Request) {
			effort("max")(r)
			r.Tools, r.ToolChoice.Mode = []llm.Tool{function("f")}, llm.ToolRequired
		}, `{"type":"disabled"}`, `{"effort":"high"}`, "128000", []string{"reasoning_effort"}},
		{"thinking goes when its chain is broken", "claude-sonnet-4-5", func(r *llm.Request) {
			budget(5000)(r)
			r.Turns = append(r.Turns, assistant(&llm.Reasoning{Text: "unsigned"}, call("c", "f", "{}")), toolTurn(result("c", "r")))
		}, ``, ``, "64000", []string{"messages.reasoning", "thinking"}},
		{"adaptive thinking needs no chain", "claude-opus-4-6", func(r *llm.Request) {
			effort("low")(r)
			r.Turns = append(r.Turns, assistant(call("c", "f", "{}")), toolTurn(result("c", "r")))
		}, `{"type":"adaptive"}`, `{"effort":"low"}`, "128000", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checks{"thinking": tt.thinking, "output_config": tt.config, "max_tokens": tt.max}.run(t, prepareFor(t, ask(tt.change), tt.model), tt.dropped...)
		})
	}
}

func TestThinkingOfThisDialect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, model, body string
		thinking, config  string
		dropped           []string
	}{
		{"effort alone does not ask for thinking", "claude-opus-4-8", `"output_config":{"effort":"max"}`, ``, `{"effort":"max"}`, nil},
		{"adaptive for a model that takes a budget", "claude-haiku-4-5", `"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low"}`, `{"type":"enabled","budget_tokens":2048,"display":"omitted"}`, ``, []string{"thinking.type"}},
		{"effort for a model that has none", "claude-haiku-4-5", `"output_config":{"effort":"low"}`, ``, ``, []string{"output_config.effort"}},
		{"a mode that no other dialect has", "claude-opus-5", `"thinking":{"type":"moonlight","budget_tokens":7,"display":"x"}`, `{"type":"moonlight","budget_tokens":7,"display":"x"}`, ``, nil},
		{"a budget means an effort for models without one", "claude-opus-5", `"thinking":{"type":"enabled","budget_tokens":2000}`, `{"type":"adaptive"}`, `{"effort":"low"}`, []string{"thinking.budget_tokens"}},
		{"a budget beside adaptive", "claude-opus-4-6", `"thinking":{"type":"adaptive","budget_tokens":2000}`, `{"type":"adaptive"}`, ``, []string{"thinking.budget_tokens"}},
		{"much effort beside a mode that excludes it", "claude-sonnet-5-5", `"thinking":{"type":"between_tools"},"output_config":{"effort":"max"}`, `{"type":"between_tools"}`, `{"effort":"high"}`, []string{"output_config.effort"}},
		{"a form of answers that no other dialect has", "claude-opus-5", `"output_config":{"format":{"type":"haiku"}}`, ``, `{"format":{"type":"haiku"}}`, nil},
		{"unknown members", "claude-opus-5", `"thinking":{"type":"adaptive","block_binding":"none"}`, `{"type":"adaptive","block_binding":"none"}`, ``, nil},
		{"an alias is trusted", "my-claude", `"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"xhigh"}`, `{"type":"enabled","budget_tokens":2000}`, `{"effort":"xhigh"}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decode(t, `{"max_tokens":32000,"messages":[{"role":"user","content":"Hi"}],`+tt.body+`}`)
			checks{"thinking": tt.thinking, "output_config": tt.config}.run(t, prepareFor(t, r, tt.model), tt.dropped...)
		})
	}
}
