package openairesponses

import (
	"bytes"
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// typeTrigger is the item at the end of an input that asks for all before it
// to be compacted.
const typeTrigger = "compaction_trigger"

// Triggered reports whether a body ends with a request to compact what stands
// before it.
func Triggered(body []byte) bool {
	if !bytes.Contains(body, []byte(`"`+typeTrigger+`"`)) {
		return false
	}
	all, err := json.Elements(json.Lookup(body, "input"))
	return err == nil && len(all) > 0 && json.Unquote(json.Lookup(all[len(all)-1], "type")) == typeTrigger
}

// Trigger returns turns that end with a request to compact them.
func Trigger(turns []llm.Turn) []llm.Turn {
	return append(slices.Clip(turns), llm.Turn{Role: llm.Assistant, Parts: []llm.Part{&llm.Foreign{Kind: typeTrigger}}})
}

// sumUp is how a model is asked that cannot compact.
const sumUp = "Sum up the conversation above for a model that goes on with the work and sees nothing but your summary. " +
	"Keep, in this order: what the user wants, in the user's own words where they are rules or wishes that still count; what was decided and why; " +
	"what was done, with the names of files, functions, commands and values that matter, exactly as they are; what tools have shown, as far as it is still needed; " +
	"what is left to do, and the next step. Leave out what is settled. Call no tools. Answer with the summary alone."

// compacting rewrites a request that ends with a trigger into one for a
// summary in words: no tool may be called, and no form is prescribed.
func compacting(r *llm.Request) *llm.Request {
	n := len(r.Turns) - 1
	if n < 0 || !endsWithTrigger(r.Turns[n].Parts) {
		return r
	}
	q := *r
	q.Turns = slices.Clone(r.Turns[:n])
	if last := r.Turns[n]; len(last.Parts) > 1 {
		last.Parts = slices.Clone(last.Parts[:len(last.Parts)-1])
		q.Turns = append(q.Turns, last)
	}
	q.Turns = append(q.Turns, llm.Turn{Role: llm.User, Parts: []llm.Part{&llm.Text{Text: sumUp}}})
	q.Output, q.ToolChoice = llm.Output{}, llm.ToolChoice{}
	if len(q.Tools) > 0 {
		q.ToolChoice.Mode = llm.ToolNone
	}
	return &q
}

func endsWithTrigger(parts []llm.Part) bool {
	if len(parts) == 0 {
		return false
	}
	f, ok := parts[len(parts)-1].(*llm.Foreign)
	return ok && f.Kind == typeTrigger
}
