package anthropic

import (
	"slices"
	"strings"

	"sluice/core/llm"
)

// billingHeader begins a text that Claude Code puts in front of its
// instructions. It differs from request to request.
const billingHeader = "x-anthropic-billing-header:"

// StripBilling returns the turns without the billing line that Claude Code
// puts in front of its instructions. The line is for Anthropic; at any other
// target it would void the prompt cache with every request. The turns given
// are not changed.
func StripBilling(turns []llm.Turn) []llm.Turn {
	if len(turns) == 0 || turns[0].Role != llm.System || len(turns[0].Parts) == 0 {
		return turns
	}
	t, ok := turns[0].Parts[0].(*llm.Text)
	if !ok || !strings.HasPrefix(t.Text, billingHeader) {
		return turns
	}
	if len(turns[0].Parts) == 1 {
		return turns[1:]
	}
	out := slices.Clone(turns)
	out[0].Parts = out[0].Parts[1:]
	return out
}
