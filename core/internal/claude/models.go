package claude

// generations is the table of models: the first line that has the model's
// family and is not of a later version counts.
//
// The preset leaves room for a long prompt on models up to 4.1, which refuse a
// prompt and max_tokens that do not fit the window together; later ones stop
// with model_context_window_exceeded instead.
//
// https://platform.claude.com/docs/en/about-claude/models/overview
// https://platform.claude.com/docs/en/build-with-claude/effort
// https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
// https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
// https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5
// https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5
// https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide
var generations = []struct {
	families []string
	since    int
	Model
}{
	{of("fable", "mythos"), 500, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Off: OffNever, Thinks: true, Effort: Max, System: true, Unforced: true}},
	{of("mythos"), 0, Model{Output: 128000, Preset: 128000, Off: OffNever, Thinks: true, Effort: Max, NoXhigh: true, Unforced: true}}, // mythos-preview
	{of("opus"), 505, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Off: OffNever, Thinks: true, Effort: Max, System: true, Unforced: true}},
	{of("sonnet"), 505, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Off: OffBetween, Thinks: true, Effort: Max, System: true, Unforced: true}},
	{of("opus", "sonnet", "haiku"), 500, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Thinks: true, Effort: Max, System: true}},
	{of("opus"), 408, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Effort: Max, System: true}},
	{of("opus"), 407, Model{Output: 128000, Preset: 128000, Thinking: OnlyAdaptive, Effort: Max}},
	{of("opus"), 406, Model{Output: 128000, Preset: 128000, Effort: Max, NoXhigh: true, Sampling: true, OneKnob: true}},
	{of("sonnet"), 406, Model{Output: 64000, Preset: 64000, Effort: Max, NoXhigh: true, Sampling: true, OneKnob: true}},
	{of("opus"), 405, Model{Output: 64000, Preset: 64000, Thinking: OnlyBudget, Effort: High, Sampling: true, OneKnob: true}},
	{of("sonnet", "haiku"), 405, Model{Output: 64000, Preset: 64000, Thinking: OnlyBudget, Sampling: true, OneKnob: true}},
	{of("opus"), 401, Model{Output: 32000, Preset: 32000, Thinking: OnlyBudget, Sampling: true, OneKnob: true}},
	{of("opus"), 400, Model{Output: 32000, Preset: 32000, Thinking: OnlyBudget, Sampling: true}},
	{of("sonnet"), 400, Model{Output: 64000, Preset: 32000, Thinking: OnlyBudget, Sampling: true}},
	{of("sonnet"), 307, Model{Output: 128000, Preset: 32000, Thinking: OnlyBudget, Sampling: true}}, // 128000 by a beta
	{of("sonnet", "haiku", "opus"), 305, Model{Output: 8192, Preset: 8192, Thinking: NoThinking, Sampling: true}},
	{of("sonnet", "haiku", "opus", "instant", unnamed), 0, Model{Output: 4096, Preset: 4096, Thinking: NoThinking, Sampling: true}},
}

func of(families ...string) []string { return families }
