package bedrock

import (
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeStream reads the events of ConverseStream.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

type streamDecoder struct {
	x       *exchange
	started bool
	open    []*openBlock // one, as far as anybody has seen
	next    int          // number of the next part: gaps in the upstream's indexes are not passed on
	stopped bool         // messageStop was seen
	counted bool         // metadata was seen
	done    bool
	event   event // kept for its memory
}

// An openBlock is a block that has begun and not ended.
type openBlock struct {
	index int // the upstream's
	part  int // ours
	kind  llm.PartKind
	said  bool            // a tool call: it has arguments
	held  strings.Builder // a redacted thought, or the arguments of a freeform tool
	free  bool            // a freeform tool
	start *start          // a block of this dialect's own
	tail  []block         // its content
}

// Decode reads one event. Unknown ones are kept as what they are.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	if f.Exception {
		return dst, d.x.streamFailure(f.Event, f.Data)
	}
	switch f.Event {
	case "metadata":
		return d.metadata(dst, f.Data)
	case "messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop":
	default:
		return d.native(dst, f.Event, f.Data), nil
	}
	e := &d.event
	*e = event{}
	if err := json.UnmarshalLoose(f.Data, e); err != nil {
		return dst, d.x.unreadable("an event of its stream cannot be read", err)
	}
	dst = d.begin(dst)
	switch f.Event {
	case "contentBlockStart":
		return d.startBlock(dst, e, f.Data), nil
	case "contentBlockDelta":
		return d.delta(dst, e, f.Data)
	case "contentBlockStop":
		return d.close(dst, e.Index), nil
	case "messageStop":
		return d.stop(dst, e), nil
	}
	return dst, nil
}

// Flush ends the stream. Nothing else tells a stream that was cut from one
// that is whole.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	switch {
	case d.done:
		return dst, nil
	case d.stopped:
		return d.finish(dst), nil
	}
	return dst, dialect.Truncated(d.x.provider)
}

func (d *streamDecoder) begin(dst []llm.Event) []llm.Event {
	if d.started {
		return dst
	}
	d.started = true
	return append(dst, llm.Event{Kind: llm.EventStart})
}

func (d *streamDecoder) finish(dst []llm.Event) []llm.Event {
	d.done = true
	return append(dst, llm.Event{Kind: llm.EventDone})
}

func (d *streamDecoder) native(dst []llm.Event, name string, data []byte) []llm.Event {
	v := json.Value(data)
	if name == "" || name == "initial-response" || !v.IsValid() {
		return dst
	}
	n := llm.NativeOf(llm.Converse, json.Object{json.Named(name, v)}.Value())
	return append(d.begin(dst), llm.Event{Kind: llm.EventNative, Native: n})
}

func (d *streamDecoder) find(index int) *openBlock {
	for _, b := range d.open {
		if b.index == index {
			return b
		}
	}
	return nil
}

// enter begins a part.
func (d *streamDecoder) enter(index int, kind llm.PartKind) *openBlock {
	b := &openBlock{index: index, part: d.next, kind: kind}
	d.next++
	d.open = append(d.open, b)
	return b
}

func (d *streamDecoder) startBlock(dst []llm.Event, e *event, data []byte) []llm.Event {
	dst = d.close(dst, e.Index)
	s := e.Start
	switch {
	case s == nil:
		return dst
	case s.ToolUse != nil && s.ToolUse.Type == "":
		u := s.ToolUse
		b := d.enter(e.Index, llm.ToolCallPart)
		name := d.x.names.Client(u.Name)
		b.free = d.x.names.IsFree(name)
		return append(dst, llm.Event{
			Kind: llm.EventPartStart, PartKind: b.kind, Part: b.part, ID: u.ID, Name: name, Custom: b.free,
			Native: llm.NativeOf(llm.Converse, u.Rest),
		})
	case s.ToolUse != nil, s.ToolResult != nil, s.Image != nil:
		d.enter(e.Index, llm.ForeignPart).start = s
	case s.Rest != nil:
		return d.native(dst, "contentBlockStart", data)
	}
	return dst
}

func (d *streamDecoder) delta(dst []llm.Event, e *event, data []byte) ([]llm.Event, error) {
	if b := d.find(e.Index); b != nil && b.kind == llm.ForeignPart {
		b.foreignDelta(&e.Delta)
		return dst, nil
	}
	switch x := &e.Delta; {
	case x.Text != nil:
		return d.say(dst, e.Index, llm.TextPart, llm.EventText, *x.Text), nil
	case x.Citation != nil:
		dst, b := d.part(dst, e.Index, llm.TextPart)
		c := decodeCitation(x.Citation)
		return append(dst, llm.Event{Kind: llm.EventCitation, Part: b.part, Citation: &c}), nil
	case x.ToolUse != nil:
		return d.arguments(dst, e.Index, x.ToolUse.Input)
	case x.Reasoning != nil:
		return d.reason(dst, e.Index, x.Reasoning), nil
	case x.Rest != nil:
		return d.native(dst, "contentBlockDelta", data), nil
	}
	return dst, nil
}

// part returns the open part at an index, and begins one if there is none of
// that kind: only tool calls are announced.
func (d *streamDecoder) part(dst []llm.Event, index int, kind llm.PartKind) ([]llm.Event, *openBlock) {
	if b := d.find(index); b != nil && b.kind == kind {
		return dst, b
	}
	dst = d.close(dst, index)
	b := d.enter(index, kind)
	if kind == llm.RedactedPart { // it is told whole, when it ends
		return dst, b
	}
	return append(dst, llm.Event{Kind: llm.EventPartStart, PartKind: kind, Part: b.part}), b
}

func (d *streamDecoder) say(dst []llm.Event, index int, part llm.PartKind, kind llm.EventKind, s string) []llm.Event {
	dst, b := d.part(dst, index, part)
	if s == "" {
		return dst
	}
	return append(dst, llm.Event{Kind: kind, Part: b.part, Text: s})
}

func (d *streamDecoder) arguments(dst []llm.Event, index int, s string) ([]llm.Event, error) {
	b := d.find(index)
	if b == nil || b.kind != llm.ToolCallPart {
		return dst, d.x.unreadable("its stream has the input of a tool that was not named", nil)
	}
	switch {
	case s == "":
		return dst, nil
	case b.free:
		b.held.WriteString(s)
		return dst, nil
	}
	b.said = true
	return append(dst, llm.Event{Kind: llm.EventArguments, Part: b.part, Text: s}), nil
}

func (d *streamDecoder) reason(dst []llm.Event, index int, r *reasoningDelta) []llm.Event {
	if r.Redacted != nil {
		dst, b := d.part(dst, index, llm.RedactedPart)
		b.held.WriteString(*r.Redacted)
		return dst
	}
	if r.Text != nil {
		dst = d.say(dst, index, llm.ReasoningPart, llm.EventReasoning, *r.Text)
	}
	if r.Signature != nil {
		dst = d.say(dst, index, llm.ReasoningPart, llm.EventSignature, *r.Signature)
	}
	return dst
}

// close ends the block at an index, if one is open.
func (d *streamDecoder) close(dst []llm.Event, index int) []llm.Event {
	for i, b := range d.open {
		if b.index == index {
			d.open = append(d.open[:i], d.open[i+1:]...)
			return b.end(dst)
		}
	}
	return dst
}

// end tells what was held back, and that the part is complete. Input that
// never came is that of a tool without arguments.
func (b *openBlock) end(dst []llm.Event) []llm.Event {
	switch {
	case b.kind == llm.RedactedPart:
		dst = append(dst, llm.Event{Kind: llm.EventPartStart, PartKind: b.kind, Part: b.part, Text: joinBase64(b.held.String())})
	case b.kind == llm.ForeignPart:
		kind, whole := b.foreign()
		dst = append(dst, llm.Event{Kind: llm.EventPartStart, PartKind: b.kind, Part: b.part, Name: kind, Native: whole})
	case b.free:
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: b.part, Text: dialect.FreeText(b.held.String())})
	case b.kind == llm.ToolCallPart && !b.said:
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: b.part, Text: "{}"})
	}
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: b.part})
}

func (d *streamDecoder) stop(dst []llm.Event, e *event) []llm.Event {
	for _, b := range d.open {
		dst = b.end(dst)
	}
	d.open = nil
	dst = append(dst, llm.Event{
		Kind: llm.EventFinish, Finish: finishOf(e.StopReason), Text: stopSequence(e.Additional), Native: decodeEnd(e.Additional),
	})
	d.stopped = true
	if d.counted && !d.done {
		return d.finish(dst)
	}
	return dst
}

// metadata reads what the answer cost. It comes behind messageStop, or not at
// all.
func (d *streamDecoder) metadata(dst []llm.Event, data []byte) ([]llm.Event, error) {
	var m metadata
	if err := json.UnmarshalLoose(data, &m); err != nil {
		return dst, d.x.unreadable("the end of its stream cannot be read", err)
	}
	native := json.ObjectOf(m.Rest)
	if m.Tier != nil {
		native.Add("serviceTier", json.ValueOf(m.Tier))
	}
	d.counted = true
	dst = d.begin(dst)
	if m.Usage != nil {
		dst = append(dst, llm.Event{
			Kind: llm.EventUsage, Usage: decodeUsage(m.Usage, m.Tier), Native: llm.NativeOf(llm.Converse, native.Value()),
		})
	}
	if d.stopped && !d.done {
		return d.finish(dst), nil
	}
	return dst, nil
}
