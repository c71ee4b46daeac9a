package losses

import (
	"bytes"
	"slices"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// RequestFields are the rows of the first table.
var RequestFields = append(append(append(append([]RequestField{}, words...), media...), tools...), settings...)

// words are what is said in plain text, and the marks on it.
var words = []RequestField{
	{"text of the user", say(llm.User, &llm.Text{Text: "More"}), texts(llm.User), nil},
	{"text of the assistant", before(llm.Assistant, &llm.Text{Text: "I did"}), texts(llm.Assistant), written("assistant: I did\n")},
	{"system text", before(llm.System, &llm.Text{Text: "Be short"}), instructions, written("system: Be short\n")},
	{"developer text", before(llm.Developer, &llm.Text{Text: "Be short"}), instructions, written("system: Be short\n", "developer: Be short\n")},
	{Name: "system text in the middle", Put: amid(llm.System, &llm.Text{Text: "Now be long"}), See: instructions, Or: []Form{{
		"a marked note of the operator in the user's turn", func(_ *llm.Request, got Heard) bool {
			return strings.Contains(texts(llm.User)(got.Request).(string), "<operator-note>\nNow be long\n</operator-note>")
		},
	}, written("system: Now be long\n")[0]}},
	{"name of the speaker", func(r *llm.Request) { r.Turns[0].Name = "Ann" }, func(r *llm.Request) any { return first(r).Name }, nil},
	{"refusal in the history", amid(llm.Assistant, &llm.Refusal{Text: "No"}), refusals, written("assistant: No\n")},
	{"citation in the history", amid(llm.Assistant, &llm.Text{Text: "It is so", Citations: []llm.Citation{{URL: "https://example.com/a", Title: "A"}}}), cited, nil},
	{"cache mark on a text", amid(llm.User, &llm.Text{Text: "Long", Cache: &llm.CacheMark{}}), marks, nil},
	{"cache mark for an hour", amid(llm.User, &llm.Text{Text: "Long", Cache: &llm.CacheMark{TTL: "1h"}}), marks, nil},
	{"cache mark on the system text", before(llm.System, &llm.Text{Text: "Long", Cache: &llm.CacheMark{}}), marks, nil},
}

// own puts a member into a request that no other dialect has.
func own(name, value string) func(r *llm.Request) {
	return func(r *llm.Request) { r.Native.Members = json.Join(nil, json.Named(name, json.Value(value))) }
}

// sentAs is the upstream's own member for what only some dialects have.
func sentAs(member string) []Form {
	return []Form{{"as " + member, func(_ *llm.Request, got Heard) bool { return bytes.Contains(got.exchange.Body(), []byte(member)) }}}
}

func seeOwn(name string) func(r *llm.Request) any {
	return func(r *llm.Request) any { return string(json.Lookup(r.Native.Members, name)) }
}

// settings are the members beside the conversation.
var settings = []RequestField{
	{"max tokens", func(r *llm.Request) { *r.MaxTokens = 777 }, func(r *llm.Request) any { return value(r.MaxTokens) }, nil},
	{"temperature", func(r *llm.Request) { r.Temperature = "0.70" }, func(r *llm.Request) any { return r.Temperature }, nil},
	{"top_p", func(r *llm.Request) { r.TopP = "0.9" }, func(r *llm.Request) any { return r.TopP }, nil},
	{"top_k", func(r *llm.Request) { r.TopK = number(40) }, func(r *llm.Request) any { return value(r.TopK) }, nil},
	{"frequency penalty", func(r *llm.Request) { r.FrequencyPenalty = "0.5" }, func(r *llm.Request) any { return r.FrequencyPenalty }, nil},
	{"presence penalty", func(r *llm.Request) { r.PresencePenalty = "0.5" }, func(r *llm.Request) any { return r.PresencePenalty }, nil},
	{"seed", func(r *llm.Request) { r.Seed = number(7) }, func(r *llm.Request) any { return value(r.Seed) }, nil},
	{"stop sequences", func(r *llm.Request) { r.Stop = []string{"END"} }, func(r *llm.Request) any { return r.Stop }, []Form{{
		"the gateway cuts the answer itself", func(_ *llm.Request, got Heard) bool { return got.Answered("one END two") == "one " },
	}}},
	{"several answers", func(r *llm.Request) { r.N = number(2) }, func(r *llm.Request) any { return value(r.N) }, nil},
	{"JSON output", func(r *llm.Request) { r.Output = llm.Output{Kind: llm.OutputJSON} }, func(r *llm.Request) any { return r.Output.Kind }, nil},
	{"output by a schema", func(r *llm.Request) {
		r.Output = llm.Output{Kind: llm.OutputSchema, Name: "answer", Schema: schema}
	}, func(r *llm.Request) any { return string(r.Output.Kind) + canonical(r.Output.Schema) }, nil},
	{"effort of reasoning", func(r *llm.Request) { r.Reasoning.Effort = "high" }, func(r *llm.Request) any { return thinks(r) }, []Form{{
		"thoughts are asked for, and the model decides how many", func(_ *llm.Request, got Heard) bool { return got.Reasoning.Summary != "" },
	}}},
	{"budget of reasoning", func(r *llm.Request) {
		r.Reasoning = llm.Thinking{Mode: llm.ThinkingOn, Budget: number(4096)}
	}, func(r *llm.Request) any { return thinks(r) }, nil},
	{"reasoning off", func(r *llm.Request) { r.Reasoning.Mode = llm.ThinkingOff }, func(r *llm.Request) any { return off(r) }, []Form{{
		"nothing is asked for: the model does not reason unasked", func(_ *llm.Request, got Heard) bool { return !thinks(got.Request) },
	}}},
	{"end user", func(r *llm.Request) { r.User = "u-1" }, func(r *llm.Request) any { return r.User }, nil},
	{"a member that nobody else has", own("x_unheard_of", `{"kept":true}`), seeOwn("x_unheard_of"), nil},
	{"suffix, as Completions has it", own("suffix", `" the end"`), seeOwn("suffix"), nil},
	{"log probabilities, as Chat has them", own("logprobs", `true`), seeOwn("logprobs"), sentAs(`"responseLogprobs":true`)},
	{"metadata, as Chat and Responses have it", own("metadata", `{"team":"a"}`), seeOwn("metadata"), sentAs(`"requestMetadata":{"team":"a"}`)},
	{"service tier", func(r *llm.Request) { r.ServiceTier = "priority" }, func(r *llm.Request) any { return r.ServiceTier }, []Form{{
		"auto, which uses bought priority where there is some", func(_ *llm.Request, got Heard) bool { return got.ServiceTier == "auto" },
	}}},
}

var schema = json.Value(`{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}`)

// written is how a turn stands in the one prompt of a model without chat.
func written(lines ...string) []Form {
	return []Form{{"a line of the prompt", func(_ *llm.Request, got Heard) bool {
		prompt := texts(llm.User)(got.Request).(string)
		return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(prompt, line) })
	}}}
}

func number(n int64) *int64 { return &n }

func value(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// thinks reports whether a request asks for reasoning. How much differs
// between dialects, which know words or numbers.
func thinks(r *llm.Request) bool {
	t := r.Reasoning
	return !off(r) && (t.Effort != "" || t.Budget != nil || t.Mode != "")
}

func off(r *llm.Request) bool {
	t := r.Reasoning
	return t.Mode == llm.ThinkingOff || t.Effort == "none" || t.Budget != nil && *t.Budget == 0
}
