package anthropic

import (
	"strconv"
	"strings"
)

// A model is what the API takes for one of the Claudes and for its relatives.
type model struct {
	known    bool
	output   int64 // most tokens it can write
	preset   int64 // max_tokens for a client that named none
	thinking thinkingForm
	off      offForm // how thinking is switched off
	thinks   bool    // thinks unless it is told not to
	effort   level   // highest level of output_config.effort; noEffort: none at all
	noXhigh  bool    // "max" came before "xhigh" did
	sampling bool    // takes temperature, top_p and top_k
	oneKnob  bool    // takes temperature or top_p, not both
	system   bool    // takes role "system" among the messages
	unforced bool    // refuses tool_choice "any" and "tool" altogether
}

// thinkingForm says which kinds of thinking a model can be asked for.
type thinkingForm uint8

const (
	thinkingEither   thinkingForm = iota // a budget or adaptive
	thinkingNone                         // it cannot think
	thinkingBudget                       // thinking.budget_tokens
	thinkingAdaptive                     // thinking.type "adaptive" only
)

// offForm says how a model's thinking is switched off.
type offForm uint8

const (
	offDisabled offForm = iota // thinking.type "disabled"
	offBetween                 // thinking.type "between_tools" is the least
	offNever
)

// level is an effort, as a number to compare.
type level uint8

const (
	noEffort level = iota
	effortLow
	effortMedium
	effortHigh
	effortXhigh
	effortMax
)

// efforts are the words for levels. The API has no "minimal"; low is nearest.
var efforts = map[string]level{
	"minimal": effortLow, "low": effortLow, "medium": effortMedium,
	"high": effortHigh, "xhigh": effortXhigh, "max": effortMax,
}

var effortWords = [...]string{effortLow: "low", effortMedium: "medium", effortHigh: "high", effortXhigh: "xhigh", effortMax: "max"}

// budgets is what an effort means, in tokens, for models that take a budget
// and no effort.
var budgets = [...]int64{effortLow: 2048, effortMedium: 8192, effortHigh: 16384, effortXhigh: 24576, effortMax: 32000}

// effortOf is the reverse, for models that take an effort and no budget.
func effortOf(budget int64) string {
	switch {
	case budget < 4096:
		return "low"
	case budget < 16384:
		return "medium"
	}
	return "high"
}

// Limits of budget_tokens: the least that the API takes, and more than any
// model has.
const (
	minBudget = 1024
	maxBudget = 1 << 24
)

// generations is the table of models: the first line whose families include
// the model's and whose version is not above the model's counts. A version is
// major*100+minor. So a model of tomorrow is taken for the newest of its
// family.
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
	families string
	version  int
	model
}{
	{"fable mythos", 500, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, off: offNever, thinks: true, effort: effortMax, system: true, unforced: true}},
	{"mythos", 0, model{output: 128000, preset: 128000, thinking: thinkingEither, off: offNever, thinks: true, effort: effortMax, noXhigh: true, unforced: true}}, // mythos-preview
	{"opus", 505, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, off: offNever, thinks: true, effort: effortMax, system: true, unforced: true}},
	{"sonnet", 505, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, off: offBetween, thinks: true, effort: effortMax, system: true, unforced: true}},
	{"opus sonnet haiku", 500, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, thinks: true, effort: effortMax, system: true}},
	{"opus", 408, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, effort: effortMax, system: true}},
	{"opus", 407, model{output: 128000, preset: 128000, thinking: thinkingAdaptive, effort: effortMax}},
	{"opus", 406, model{output: 128000, preset: 128000, thinking: thinkingEither, effort: effortMax, noXhigh: true, sampling: true, oneKnob: true}},
	{"sonnet", 406, model{output: 64000, preset: 64000, thinking: thinkingEither, effort: effortMax, noXhigh: true, sampling: true, oneKnob: true}},
	{"opus", 405, model{output: 64000, preset: 64000, thinking: thinkingBudget, effort: effortHigh, sampling: true, oneKnob: true}},
	{"sonnet haiku", 405, model{output: 64000, preset: 64000, thinking: thinkingBudget, sampling: true, oneKnob: true}},
	{"opus", 401, model{output: 32000, preset: 32000, thinking: thinkingBudget, sampling: true, oneKnob: true}},
	{"opus", 400, model{output: 32000, preset: 32000, thinking: thinkingBudget, sampling: true}},
	{"sonnet", 400, model{output: 64000, preset: 32000, thinking: thinkingBudget, sampling: true}},
	{"sonnet", 307, model{output: 128000, preset: 32000, thinking: thinkingBudget, sampling: true}}, // 128000 by a beta
	{"sonnet haiku opus", 305, model{output: 8192, preset: 8192, thinking: thinkingNone, sampling: true}},
	{"sonnet haiku opus instant claude", 0, model{output: 4096, preset: 4096, thinking: thinkingNone, sampling: true}},
}

// unknown is a model whose name says nothing, such as an alias or a
// deployment: the request is sent as the client meant it.
var unknown = model{preset: 8192, effort: effortMax, sampling: true, system: true}

// modelOf finds the line for a model id, in any platform's spelling:
// claude-opus-4-5-20251101, us.anthropic.claude-3-7-sonnet-20250219-v1:0,
// claude-sonnet-4@20250514.
func modelOf(id string) model {
	family, version := parseModel(id)
	if family == "" {
		return unknown
	}
	for _, g := range generations {
		if version >= g.version && strings.Contains(g.families, family) {
			g.model.known = true
			return g.model
		}
	}
	return unknown
}

// parseModel finds family and version. The family is empty if the id names no
// Claude, or a Claude of no version.
func parseModel(id string) (family string, version int) {
	_, name, ok := strings.Cut(strings.ToLower(id), "claude-")
	if !ok {
		return "", 0
	}
	var numbers []int
	for word := range strings.FieldsFuncSeq(name, func(c rune) bool { return strings.ContainsRune("-.@:/_", c) }) {
		n, err := strconv.Atoi(word)
		switch {
		case err == nil && n < 100:
			numbers = append(numbers, n)
		case err == nil: // a date ends the version
			return finish(family, numbers)
		case family == "" && strings.Contains(" opus sonnet haiku fable mythos instant ", " "+word+" "):
			family = word
		case len(numbers) > 0 && family != "":
			return finish(family, numbers)
		}
	}
	return finish(family, numbers)
}

func finish(family string, numbers []int) (string, int) {
	switch {
	case len(numbers) == 0 && family == "mythos":
		return family, 0
	case len(numbers) == 0:
		return "", 0
	case family == "":
		family = "claude" // claude-2.1
	}
	version := numbers[0] * 100
	if len(numbers) > 1 {
		version += numbers[1]
	}
	return family, version
}
