package openairesponses

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// whole reads an item that is done, and tells what is left to tell.
func (d *streamDecoder) whole(dst []llm.Event, it *itemState, e *event) []llm.Event {
	var in item
	if it.complete || len(e.Item) == 0 || json.UnmarshalLoose(e.Item, &in) != nil {
		return dst
	}
	parts, err := decodeItem(&in)
	if err != nil {
		return d.close(dst, it)
	}
	if len(it.parts) == 0 {
		it.describe(&in)
	}
	for i, p := range parts {
		dst = d.rest(dst, it, i, p)
	}
	it.complete = true
	return d.close(dst, it)
}

// rest tells what no event has said of a part.
func (d *streamDecoder) rest(dst []llm.Event, it *itemState, i int, p llm.Part) []llm.Event {
	switch p := p.(type) {
	case *llm.Text:
		dst, s := d.part(dst, it, i, llm.TextPart)
		dst = d.unsaid(dst, it, i, llm.TextPart, llm.EventText, p.Text)
		for k := range p.Citations {
			if s.open && !s.cited && s.kind == llm.TextPart {
				dst = append(dst, llm.Event{Kind: llm.EventCitation, Part: s.n, Citation: &p.Citations[k]})
			}
		}
		return dst
	case *llm.Refusal:
		dst, _ := d.part(dst, it, i, llm.RefusalPart)
		return d.unsaid(dst, it, i, llm.RefusalPart, llm.EventRefusal, p.Text)
	case *llm.Reasoning:
		return d.restOfThought(dst, it, p)
	case *llm.ToolCall:
		dst, _ := d.part(dst, it, 0, llm.ToolCallPart)
		return d.unsaid(dst, it, 0, llm.ToolCallPart, llm.EventArguments, p.Arguments)
	case *llm.Foreign:
		if len(it.parts) > i { // it began as something that we know
			return dst
		}
		dst = d.closeOthers(dst)
		it.parts = append(it.parts, &partState{index: i, n: d.parts})
		dst = append(dst, llm.Event{Kind: llm.EventPartStart, PartKind: llm.ForeignPart, Part: d.parts, Name: p.Kind, Native: p.Native},
			llm.Event{Kind: llm.EventPartStop, Part: d.parts})
		d.parts++
	}
	return dst
}

// restOfThought tells the seal, which stands in whole items only.
func (d *streamDecoder) restOfThought(dst []llm.Event, it *itemState, r *llm.Reasoning) []llm.Event {
	if len(it.parts) == 0 {
		it.left = r.Native
	}
	dst, p := d.part(dst, it, 0, llm.ReasoningPart)
	if p.kind != llm.ReasoningPart {
		return dst
	}
	dst = d.unsaid(dst, it, 0, llm.ReasoningPart, llm.EventReasoning, r.Text)
	if r.Signature != "" && p.open {
		dst = append(dst, llm.Event{Kind: llm.EventSignature, Part: p.n, Text: r.Signature})
	}
	return dst
}
