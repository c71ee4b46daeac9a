package bedrock

import (
	"strconv"
	"strings"
)

// A claude is what a generation of Claude takes. Bedrock passes Anthropic's
// rules on, so these are the rules of the Messages API.
type claude struct {
	known    bool
	output   int64 // most tokens it can write
	thinking thinkingForm
	off      offForm
	thinks   bool  // thinks unless it is told not to
	effort   level // highest effort; noEffort: it knows none
	noXhigh  bool  // "max" came before "xhigh" did
	sampling bool  // takes temperature, topP and top_k
	oneKnob  bool  // takes temperature or topP, not both
	unforced bool  // refuses to be forced to call a tool
	caches1h bool  // a cache point may say how long it lasts
	schemas  bool  // structured outputs and strict tools
}

// thinkingForm says which kinds of thinking a model can be asked for.
type thinkingForm uint8

const (
	thinkingEither   thinkingForm = iota // a budget or adaptive
	thinkingNone                         // it cannot think
	thinkingBudget                       // budget_tokens
	thinkingAdaptive                     // type "adaptive" only
)

// offForm says how thinking is switched off.
type offForm uint8

const (
	offDisabled offForm = iota // type "disabled"
	offBetween                 // type "between_tools" is the least
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

// efforts are the words for levels. Nobody here has "minimal"; low is nearest.
var efforts = map[string]level{
	"minimal": effortLow, "low": effortLow, "medium": effortMedium,
	"high": effortHigh, "xhigh": effortXhigh, "max": effortMax,
}

var effortWords = [...]string{effortLow: "low", effortMedium: "medium", effortHigh: "high", effortXhigh: "xhigh", effortMax: "max"}

// budgets is what an effort means, in tokens, for models that take a budget
// and no effort.
var budgets = [...]int64{effortLow: 2048, effortMedium: 8192, effortHigh: 16384, effortXhigh: 24576, effortMax: 32000}

// minBudget is the least budget that Claude takes, in tokens.
const minBudget = 1024

// generations is the table: the first line whose families include the
// model's and whose version (major*100+minor) is not above the model's
// counts, so that a model of tomorrow is taken for the newest of its family.
//
// https://platform.claude.com/docs/en/about-claude/models/overview
// https://platform.claude.com/docs/en/build-with-claude/effort
// https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
var generations = []struct {
	families string
	version  int
	claude
}{
	{"fable mythos", 500, claude{output: 128000, thinking: thinkingAdaptive, off: offNever, thinks: true, effort: effortMax, unforced: true}},
	{"mythos", 0, claude{output: 128000, off: offNever, thinks: true, effort: effortMax, noXhigh: true, unforced: true}},
	{"opus", 505, claude{output: 128000, thinking: thinkingAdaptive, off: offNever, thinks: true, effort: effortMax, unforced: true}},
	{"sonnet", 505, claude{output: 128000, thinking: thinkingAdaptive, off: offBetween, thinks: true, effort: effortMax, unforced: true}},
	{"opus sonnet haiku", 500, claude{output: 128000, thinking: thinkingAdaptive, thinks: true, effort: effortMax}},
	{"opus", 407, claude{output: 128000, thinking: thinkingAdaptive, effort: effortMax}},
	{"opus", 406, claude{output: 128000, effort: effortMax, noXhigh: true, sampling: true, oneKnob: true}},
	{"sonnet", 406, claude{output: 64000, effort: effortMax, noXhigh: true, sampling: true, oneKnob: true}},
	{"opus", 405, claude{output: 64000, thinking: thinkingBudget, effort: effortHigh, sampling: true, oneKnob: true}},
	{"sonnet haiku", 405, claude{output: 64000, thinking: thinkingBudget, sampling: true, oneKnob: true}},
	{"opus", 401, claude{output: 32000, thinking: thinkingBudget, sampling: true, oneKnob: true}},
	{"opus", 400, claude{output: 32000, thinking: thinkingBudget, sampling: true}},
	{"sonnet", 400, claude{output: 64000, thinking: thinkingBudget, sampling: true}},
	{"sonnet", 307, claude{output: 128000, thinking: thinkingBudget, sampling: true}}, // 128000 by a beta
	{"sonnet haiku opus", 305, claude{output: 8192, thinking: thinkingNone, sampling: true}},
	{"sonnet haiku opus instant claude", 0, claude{output: 4096, thinking: thinkingNone, sampling: true}},
}

// unknownClaude is one whose name says nothing: the request is sent as the
// client meant it.
var unknownClaude = claude{effort: effortMax, sampling: true, caches1h: true, schemas: true}

func claudeOf(name string) claude {
	family, version := claudeVersion(name)
	for _, g := range generations {
		if family != "" && version >= g.version && strings.Contains(g.families, family) {
			c := g.claude
			c.known = true
			// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
			// https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
			c.caches1h, c.schemas = version >= 405 || version == 0, version >= 405 || version == 0
			return c
		}
	}
	return unknownClaude
}

// claudeVersion finds family and version in names such as
// claude-3-5-sonnet-20240620-v1:0, claude-opus-4-6-v1 and claude-v2:1.
func claudeVersion(name string) (family string, version int) {
	numbers := 0
	for word := range strings.SplitSeq(strings.TrimPrefix(name, "claude-"), "-") {
		n, isNumber := short(word)
		switch {
		case isNumber && numbers < 2:
			version += n
			if numbers++; numbers == 1 {
				version *= 100
			}
		case family == "" && strings.Contains(" opus sonnet haiku fable mythos instant ", " "+word+" "):
			family = word
		case numbers > 0 && family != "":
			return family, version
		}
	}
	if family == "" && strings.HasPrefix(name, "claude-v") {
		return "claude", 200 // the versions that were not yet families
	}
	if numbers == 0 && family != "mythos" && family != "instant" {
		family = ""
	}
	return family, version
}

// short reads a number of one or two digits; longer ones are dates.
func short(s string) (int, bool) {
	if len(s) == 0 || len(s) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}
