package cohere

import (
	"bytes"
	"cmp"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// streamDecoder reads the events of a stream. A text stays open until the
// next part begins, because its citations come behind its end.
type streamDecoder struct {
	x       *exchange
	started bool
	ended   bool // the answer is whole; a mark may follow
	done    bool
	next    int // number of the next part
	open    *openPart
	calls   []*openPart
	texts   map[int]int // :: index in the content → part, of texts
}

type openPart struct {
	part, index int
	kind        llm.PartKind
	plan        bool
	custom      bool   // arguments are held back: the text is inside
	held        []byte // of a custom call
}

func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	switch {
	case len(data) == 0 || d.done:
		return dst, nil
	case string(data) == "[DONE]":
		return d.Flush(dst)
	case d.ended:
		return dst, nil
	}
	var e event
	if err := json.UnmarshalLoose(data, &e); err != nil {
		return dst, d.x.errors().Malformed(data, err)
	}
	if e.Type = cmp.Or(e.Type, f.Event); e.Type == "error" || e.Type == "" && e.Message.Kind() == '"' {
		return dst, d.x.errors().Event(data)
	}
	return d.event(dst, &e, data)
}

func (d *streamDecoder) cut() error {
	return dialect.Truncated(d.x.provider)
}

// Flush ends a stream, also one that had no [DONE].
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	switch {
	case d.done:
		return dst, nil
	case !d.ended:
		return dst, d.cut()
	}
	d.done = true
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}

func (d *streamDecoder) event(dst []llm.Event, e *event, data []byte) ([]llm.Event, error) {
	if !d.started { // whatever it begins with: what follows is Cohere's own
		d.started = true
		dst = append(dst, llm.Event{Kind: llm.EventStart, ID: e.ID, Native: llm.Native{Dialect: llm.Cohere}})
	}
	switch e.Type {
	case "message-start":
		return dst, nil
	case "content-start":
		return d.content(d.openContent(d.close(dst), e), e), nil
	case "content-delta":
		return d.content(d.openContent(dst, e), e), nil
	case "tool-plan-delta":
		return d.plan(dst, e), nil
	case "tool-call-start", "tool-call-delta":
		return d.call(dst, e), nil
	case "tool-call-end":
		return d.endCall(dst, e.Index), nil
	case "citation-start":
		return d.citation(dst, e), nil
	case "message-end":
		return d.end(dst, &e.Delta, data)
	case "content-end", "citation-end":
		return dst, nil
	}
	return append(dst, llm.Event{Kind: llm.EventNative, Native: residue(nil, json.Named(e.Type, bytes.Clone(data)))}), nil
}

// openContent makes sure that the part at an index is open: content that was
// not announced is of the kind that it has.
func (d *streamDecoder) openContent(dst []llm.Event, e *event) []llm.Event {
	c := &e.Delta.Message.Content
	kind := llm.TextPart
	if c.Type == "thinking" || c.Type == "" && c.Text == "" && (c.Thinking != "" || c.Signature != "") {
		kind = llm.ReasoningPart
	}
	if o := d.open; o != nil && !o.plan && o.index == e.Index && (o.kind == kind || c.Type == "") {
		return dst
	}
	dst = d.enter(d.close(dst), &openPart{kind: kind, index: e.Index}, llm.Event{})
	if kind == llm.TextPart {
		if d.texts == nil {
			d.texts = map[int]int{}
		}
		d.texts[e.Index] = d.open.part
	}
	return dst
}

// enter opens a part. The event is what its start tells beside.
func (d *streamDecoder) enter(dst []llm.Event, o *openPart, e llm.Event) []llm.Event {
	o.part = d.next
	d.next++
	if o.kind != llm.ToolCallPart {
		d.open = o
	}
	e.Kind, e.PartKind, e.Part = llm.EventPartStart, o.kind, o.part
	return append(dst, e)
}

func (d *streamDecoder) close(dst []llm.Event) []llm.Event {
	if d.open == nil {
		return dst
	}
	part := d.open.part
	d.open = nil
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: part})
}

func (d *streamDecoder) content(dst []llm.Event, e *event) []llm.Event {
	c, part := &e.Delta.Message.Content, d.open.part
	add := func(kind llm.EventKind, text string) {
		if text != "" {
			dst = append(dst, llm.Event{Kind: kind, Part: part, Text: text})
		}
	}
	if d.open.kind == llm.TextPart {
		add(llm.EventText, c.Text)
	} else {
		add(llm.EventReasoning, c.Thinking)
		add(llm.EventSignature, c.Signature)
	}
	if v := notNull(e.Logprobs); v != nil {
		dst = append(dst, llm.Event{Kind: llm.EventNative, Part: part, Native: residue(nil, json.Named("logprobs", v.Clone()))})
	}
	return dst
}

func (d *streamDecoder) plan(dst []llm.Event, e *event) []llm.Event {
	if e.Delta.Message.ToolPlan == "" {
		return dst
	}
	if d.open == nil || !d.open.plan {
		dst = d.enter(d.close(dst), &openPart{kind: llm.ReasoningPart, plan: true}, llm.Event{Native: planNative})
	}
	return append(dst, llm.Event{Kind: llm.EventReasoning, Part: d.open.part, Text: e.Delta.Message.ToolPlan})
}

func (d *streamDecoder) call(dst []llm.Event, e *event) []llm.Event {
	c := (*toolCall)(&e.Delta.Message.ToolCalls)
	i := d.find(e.Index)
	if i < 0 || c.ID != "" {
		dst = d.endCall(d.close(dst), e.Index)
		name := d.x.names.Client(c.Function.Name)
		o := &openPart{kind: llm.ToolCallPart, index: e.Index, custom: d.x.names.IsFree(name)}
		dst = d.enter(dst, o, llm.Event{ID: c.ID, Name: name, Custom: o.custom, Native: c.read().Native})
		d.calls = append(d.calls, o)
		i = len(d.calls) - 1
	}
	o := d.calls[i]
	switch text := c.Function.Arguments; {
	case text == "":
	case o.custom:
		o.held = append(o.held, text...)
	default:
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: o.part, Text: text})
	}
	return dst
}

func (d *streamDecoder) find(index int) int {
	return slices.IndexFunc(d.calls, func(o *openPart) bool { return o.index == index })
}

func (d *streamDecoder) endCall(dst []llm.Event, index int) []llm.Event {
	i := d.find(index)
	if i < 0 {
		return dst
	}
	o := d.calls[i]
	d.calls = slices.Delete(d.calls, i, i+1)
	if len(o.held) > 0 {
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: o.part, Text: dialect.FreeText(string(o.held))})
	}
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: o.part})
}

// citation tells of the text that a citation is about. One that is about a
// plan or a thought is native.
func (d *streamDecoder) citation(dst []llm.Event, e *event) []llm.Event {
	var c citation
	v := e.Delta.Message.Citations
	if v.Kind() != '{' || json.UnmarshalLoose(v, &c) != nil {
		return dst
	}
	part, ok := d.texts[0], len(d.texts) > 0
	if c.ContentIndex != nil {
		part, ok = d.texts[*c.ContentIndex], has(d.texts, *c.ContentIndex)
	} else if d.open != nil && d.open.kind == llm.TextPart {
		part, ok = d.open.part, true
	}
	if !ok || !c.aboutText() {
		return append(dst, llm.Event{Kind: llm.EventNative, Native: residue(nil, json.Named("citation", v.Clone()))})
	}
	said := c.canonical()
	return append(dst, llm.Event{Kind: llm.EventCitation, Part: part, Citation: &said})
}

func has(m map[int]int, k int) bool { _, ok := m[k]; return ok }

// end tells how the answer ended.
func (d *streamDecoder) end(dst []llm.Event, e *delta, data []byte) ([]llm.Event, error) {
	if err := failed(e.FinishReason, e.Error, d.x.provider); err != nil {
		err.Raw, err.RawType = bytes.Clone(data), "application/json"
		return dst, err
	}
	if e.FinishReason == "" {
		return dst, d.cut()
	}
	d.ended = true
	for len(d.calls) > 0 {
		dst = d.endCall(dst, d.calls[0].index)
	}
	dst = append(d.close(dst), llm.Event{Kind: llm.EventFinish, Finish: finish(e.FinishReason), Native: residue(e.Rest)})
	if u := decodeUsage(e.Usage); u != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	return dst, nil
}
