package dialect

import "sluice/core/llm"

// EffortOf is the word that OpenAI's dialects have for how much a model may
// reason; empty if nothing was said that has one. A budget of tokens becomes
// one by a table: up to 4096 are low, up to 16384 medium, more high. That a
// model shall reason, and no more, is medium, which was the default as long as
// models reasoned unasked.
func EffortOf(t *llm.Thinking) string {
	switch {
	case t.Effort != "":
		return t.Effort
	case t.Mode == llm.ThinkingOff:
		return "none"
	case t.Budget == nil && t.Mode == llm.ThinkingOn:
		return "medium"
	case t.Budget == nil:
		return ""
	case *t.Budget <= 0:
		return "none"
	case *t.Budget <= 4096:
		return "low"
	case *t.Budget <= 16384:
		return "medium"
	}
	return "high"
}
