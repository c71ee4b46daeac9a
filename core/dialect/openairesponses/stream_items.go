package openairesponses

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// itemState is how far one item of a stream has got.
type itemState struct {
	index    int
	id       string
	kind     string // type; empty if not known yet
	left     llm.Native
	call     llm.ToolCall // of a call: id and name
	parts    []*partState // of a message; a thought or a call has one
	summary  count        // index of the summary that is being told
	complete bool         // it has been said as a whole
}

type partState struct {
	index int // content_index
	n     int // canonical number
	kind  llm.PartKind
	said  bool
	cited bool
	open  bool
}

// A change is what an event does to an item of the kind.
type change struct {
	kind  string
	apply func(d *streamDecoder, dst []llm.Event, it *itemState, e *event) []llm.Event
}

var changes = map[string]change{
	"response.output_item.added":             {"", (*streamDecoder).added},
	"response.output_item.done":              {"", (*streamDecoder).whole},
	"response.content_part.added":            {typeMessage, (*streamDecoder).partAdded},
	"response.content_part.done":             {typeMessage, (*streamDecoder).partDone},
	"response.output_text.delta":             {typeMessage, (*streamDecoder).textDelta},
	"response.output_text.done":              {typeMessage, (*streamDecoder).textDone},
	"response.output_text.annotation.added":  {typeMessage, (*streamDecoder).cite},
	"response.refusal.delta":                 {typeMessage, (*streamDecoder).refusalDelta},
	"response.refusal.done":                  {typeMessage, (*streamDecoder).refusalDone},
	"response.function_call_arguments.delta": {typeFunctionCall, (*streamDecoder).argumentsDelta},
	"response.function_call_arguments.done":  {typeFunctionCall, (*streamDecoder).argumentsDone},
	"response.custom_tool_call_input.delta":  {typeCustomCall, (*streamDecoder).argumentsDelta},
	"response.custom_tool_call_input.done":   {typeCustomCall, (*streamDecoder).argumentsDone},
	"response.reasoning_summary_text.delta":  {typeReasoning, (*streamDecoder).summaryDelta},
	"response.reasoning_summary_text.done":   {typeReasoning, (*streamDecoder).summaryDone},
	"response.reasoning_text.delta":          {typeReasoning, (*streamDecoder).thoughtDelta},
	"response.reasoning_text.done":           {typeReasoning, (*streamDecoder).thoughtDone},
}

// added announces an item. A call is told at once, all else when something is
// in it.
func (d *streamDecoder) added(dst []llm.Event, it *itemState, e *event) []llm.Event {
	var in item
	if len(e.Item) == 0 || json.UnmarshalLoose(e.Item, &in) != nil {
		return dst
	}
	it.describe(&in)
	switch it.kind {
	case typeFunctionCall, typeCustomCall:
		if it.call.Name != "" {
			dst, _ = d.part(dst, it, 0, llm.ToolCallPart)
		}
	}
	return dst
}

// describe keeps what an item says about itself.
func (it *itemState) describe(in *item) {
	it.kind, it.id = in.kind(), json.Unquote(in.ID)
	in.Status = nil
	it.left = in.left(&reader{loose: true})
	switch it.kind {
	case typeFunctionCall, typeCustomCall:
		if c, err := (&reader{loose: true}).call("", in, it.kind == typeCustomCall); err == nil {
			it.call = *c
		}
	}
}

// part finds a part of an item, or opens it.
func (d *streamDecoder) part(dst []llm.Event, it *itemState, index int, kind llm.PartKind) ([]llm.Event, *partState) {
	for _, p := range it.parts {
		if p.index == index {
			return dst, p
		}
	}
	dst = d.closeOthers(dst)
	p := &partState{index: index, n: d.parts, kind: kind, open: true}
	start := llm.Event{Kind: llm.EventPartStart, PartKind: kind, Part: p.n}
	switch kind {
	case llm.ToolCallPart:
		d.called = true
		start.ID, start.Name, start.Custom, start.Native = it.call.ID, d.names.Client(it.call.Name), it.kind == typeCustomCall, it.left
		if start.ID == "" {
			start.ID = it.id
		}
	case llm.ReasoningPart:
		start.Native = it.left
		start.Native.Dialect = llm.OpenAIResponses
	default:
		if len(it.parts) == 0 {
			start.Native = residue(nil, json.Named(markMessage, orObject(it.left.Members)))
		}
	}
	d.parts++
	it.parts = append(it.parts, p)
	return append(dst, start), p
}

// say appends text to a part. Of an item that came whole nothing is told
// twice.
func (d *streamDecoder) say(dst []llm.Event, it *itemState, index int, kind llm.PartKind, delta llm.EventKind, s string) []llm.Event {
	if s == "" || it.complete {
		return dst
	}
	dst, p := d.part(dst, it, index, kind)
	if !p.open || p.kind != kind {
		return dst
	}
	p.said = true
	return append(dst, llm.Event{Kind: delta, Part: p.n, Text: s})
}

// unsaid is say for a text that may have come in deltas already.
func (d *streamDecoder) unsaid(dst []llm.Event, it *itemState, index int, kind llm.PartKind, delta llm.EventKind, s string) []llm.Event {
	for _, p := range it.parts {
		if p.index == index && p.said {
			return dst
		}
	}
	return d.say(dst, it, index, kind, delta, s)
}

func (d *streamDecoder) partAdded(dst []llm.Event, it *itemState, e *event) []llm.Event {
	if it.complete || it.kind != typeMessage {
		return dst
	}
	switch json.Unquote(json.Lookup(e.Part.Value(), "type")) {
	case "output_text", "text":
		dst, _ = d.part(dst, it, int(e.ContentIndex), llm.TextPart)
	case "refusal":
		dst, _ = d.part(dst, it, int(e.ContentIndex), llm.RefusalPart)
	}
	return dst
}

// partDone tells what is left to tell of a part. One that nobody knows waits
// for its item.
func (d *streamDecoder) partDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	var in part
	if it.complete || it.kind != typeMessage || len(e.Part) == 0 || json.UnmarshalLoose(e.Part, &in) != nil {
		return dst
	}
	p, err := (&reader{loose: true}).part("part", &in)
	if _, foreign := p.(*llm.Foreign); err != nil || foreign {
		return dst
	}
	dst = d.rest(dst, it, int(e.ContentIndex), p)
	for _, s := range it.parts {
		if s.index == int(e.ContentIndex) {
			dst = d.closePart(dst, it, s)
		}
	}
	return dst
}

func (d *streamDecoder) textDelta(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.say(dst, it, int(e.ContentIndex), llm.TextPart, llm.EventText, string(e.Delta))
}

func (d *streamDecoder) textDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.unsaid(dst, it, int(e.ContentIndex), llm.TextPart, llm.EventText, string(e.Text))
}

func (d *streamDecoder) refusalDelta(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.say(dst, it, int(e.ContentIndex), llm.RefusalPart, llm.EventRefusal, string(e.Delta))
}

func (d *streamDecoder) refusalDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.unsaid(dst, it, int(e.ContentIndex), llm.RefusalPart, llm.EventRefusal, string(e.Refusal))
}

func (d *streamDecoder) cite(dst []llm.Event, it *itemState, e *event) []llm.Event {
	c, ok := citation(e.Annotation.Value())
	if !ok || it.complete {
		return dst
	}
	dst, p := d.part(dst, it, int(e.ContentIndex), llm.TextPart)
	if !p.open || p.kind != llm.TextPart {
		return dst
	}
	p.cited = true
	return append(dst, llm.Event{Kind: llm.EventCitation, Part: p.n, Citation: &c})
}

func (d *streamDecoder) argumentsDelta(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.say(dst, it, 0, llm.ToolCallPart, llm.EventArguments, string(e.Delta))
}

func (d *streamDecoder) argumentsDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.unsaid(dst, it, 0, llm.ToolCallPart, llm.EventArguments, string(e.Arguments+e.Input))
}

func (d *streamDecoder) summaryDelta(dst []llm.Event, it *itemState, e *event) []llm.Event {
	return d.say(dst, it, 0, llm.ReasoningPart, llm.EventReasoning, it.paragraph(e)+string(e.Delta))
}

// paragraph separates the texts of a summary.
func (it *itemState) paragraph(e *event) string {
	next := e.SummaryIndex > it.summary && len(it.parts) > 0
	it.summary = e.SummaryIndex
	if next {
		return "\n\n"
	}
	return ""
}

// summaryDone tells a summary of which there were no deltas.
func (d *streamDecoder) summaryDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	if len(it.parts) > 0 && it.parts[0].said && e.SummaryIndex <= it.summary {
		return dst
	}
	return d.say(dst, it, 0, llm.ReasoningPart, llm.EventReasoning, it.paragraph(e)+string(e.Text))
}

func (d *streamDecoder) thoughtDelta(dst []llm.Event, it *itemState, e *event) []llm.Event {
	it.asContent()
	return d.say(dst, it, 0, llm.ReasoningPart, llm.EventReasoning, string(e.Delta))
}

func (d *streamDecoder) thoughtDone(dst []llm.Event, it *itemState, e *event) []llm.Event {
	it.asContent()
	return d.unsaid(dst, it, 0, llm.ReasoningPart, llm.EventReasoning, string(e.Text))
}

// asContent notes, before the thought is told, that it is no summary.
func (it *itemState) asContent() {
	if len(it.parts) == 0 && !own(it.left).Has(markContent) {
		it.left = residue(it.left.Members, json.Named("summary", markArray), json.Named(markContent, markString))
	}
}

// close ends the parts of an item. A call without arguments has none.
func (d *streamDecoder) close(dst []llm.Event, it *itemState) []llm.Event {
	for _, p := range it.parts {
		dst = d.closePart(dst, it, p)
	}
	return dst
}

func (d *streamDecoder) closePart(dst []llm.Event, it *itemState, p *partState) []llm.Event {
	if !p.open {
		return dst
	}
	p.open = false
	if p.kind == llm.ToolCallPart && !p.said && it.kind != typeCustomCall {
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: p.n, Text: "{}"})
	}
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: p.n})
}

// closeOthers ends whatever else is open and is no call: only calls may come
// side by side.
func (d *streamDecoder) closeOthers(dst []llm.Event) []llm.Event {
	for _, it := range d.items {
		if it.kind != typeFunctionCall && it.kind != typeCustomCall && len(it.parts) > 0 {
			dst = d.closePart(dst, it, it.parts[len(it.parts)-1])
		}
	}
	return dst
}
