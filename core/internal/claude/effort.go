package claude

// An Effort is a level of output_config.effort, to be compared by order.
type Effort uint8

// Levels of effort.
const (
	NoEffort Effort = iota
	Low
	Medium
	High
	Xhigh
	Max
)

var words = [...]string{Low: "low", Medium: "medium", High: "high", Xhigh: "xhigh", Max: "max"}

// ParseEffort reads the word for an effort in any dialect. Claude has no
// "minimal"; low is nearest. "none" is no effort but thinking switched off.
func ParseEffort(word string) (Effort, bool) {
	if word == "minimal" {
		return Low, true
	}
	for e := Low; e <= Max; e++ {
		if words[e] == word {
			return e, true
		}
	}
	return NoEffort, false
}

// String returns Anthropic's word, "" for NoEffort.
func (e Effort) String() string { return words[min(e, Max)] }

// Limits of budget_tokens: the least that the API takes, and more than any
// model has, so that sums stay in range.
//
// https://platform.claude.com/docs/en/build-with-claude/extended-thinking
const (
	MinBudget = 1024
	MaxBudget = 1 << 24
)

var budgets = [...]int64{Low: 2048, Medium: 8192, High: 16384, Xhigh: 24576, Max: 32000}

// Budget is what an effort means, in tokens, for models that take a budget
// and no effort. Without an effort it is that of a medium one: Anthropic names
// no budget, and the efforts that its models begin with are medium and high.
func (e Effort) Budget() int64 {
	if e == NoEffort {
		e = Medium
	}
	return budgets[min(e, Max)]
}

// EffortOf is the reverse, for models that take an effort and no budget.
func EffortOf(budget int64) Effort {
	switch {
	case budget < 4096:
		return Low
	case budget < 16384:
		return Medium
	}
	return High
}
