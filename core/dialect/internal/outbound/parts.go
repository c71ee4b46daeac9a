package outbound

import (
	"crypto/rand"
	"time"

	"sluice/core/dialect"
	"sluice/core/llm"
)

// Call gives a call of an answer the client's name, an id if the provider has
// none, and the free text of a freeform tool. arguments are JSON text.
func (x *Exchange) Call(id, name, arguments string) *llm.ToolCall {
	if id == "" {
		id = "call_" + rand.Text()
	}
	if arguments == "" {
		arguments = "{}"
	}
	c := &llm.ToolCall{ID: id, Name: x.Names.Client(name), Arguments: arguments}
	if x.Names.IsFree(c.Name) {
		c.Custom, c.Arguments = true, dialect.FreeText(arguments)
	}
	return c
}

// Parts makes the events of one choice's parts, one after the other.
type Parts struct {
	Choice int
	next   int
	kind   llm.PartKind // of the open part; 0 if none is
	Called bool         // there was a call
}

// Text appends the next piece of a text, opening a part for it.
func (p *Parts) Text(dst []llm.Event, text string) []llm.Event {
	return p.delta(dst, llm.TextPart, llm.EventText, text)
}

// Thought appends the next piece of reasoning.
func (p *Parts) Thought(dst []llm.Event, text string) []llm.Event {
	return p.delta(dst, llm.ReasoningPart, llm.EventReasoning, text)
}

func (p *Parts) delta(dst []llm.Event, part llm.PartKind, kind llm.EventKind, text string) []llm.Event {
	if text == "" {
		return dst
	}
	if p.kind != part {
		dst = p.open(p.Close(dst), llm.Event{PartKind: part})
	}
	return append(dst, llm.Event{Kind: kind, Choice: p.Choice, Part: p.next - 1, Text: text})
}

// Call appends a whole call.
func (p *Parts) Call(dst []llm.Event, c *llm.ToolCall) []llm.Event {
	dst = p.open(p.Close(dst), llm.Event{PartKind: llm.ToolCallPart, ID: c.ID, Name: c.Name, Custom: c.Custom})
	p.Called = true
	dst = append(dst, llm.Event{Kind: llm.EventArguments, Choice: p.Choice, Part: p.next - 1, Text: c.Arguments})
	return p.Close(dst)
}

func (p *Parts) open(dst []llm.Event, e llm.Event) []llm.Event {
	e.Kind, e.Choice, e.Part = llm.EventPartStart, p.Choice, p.next
	p.kind = e.PartKind
	p.next++
	return append(dst, e)
}

// Close closes the open part, if there is one.
func (p *Parts) Close(dst []llm.Event) []llm.Event {
	if p.kind == 0 {
		return dst
	}
	p.kind = 0
	return append(dst, llm.Event{Kind: llm.EventPartStop, Choice: p.Choice, Part: p.next - 1})
}

// Calls collects calls whose arguments come in pieces. Providers number the
// pieces, or begin a call with its id and go on without one.
type Calls struct{ list []*pending }

type pending struct {
	index               int
	id, name, arguments string
}

// Add takes a piece. A negative index says that the provider has none: a
// piece with an id or a name begins a call then.
func (c *Calls) Add(index int, id, name, arguments string) {
	var p *pending
	for _, known := range c.list {
		if known.index == index && index >= 0 {
			p = known
		}
	}
	if index < 0 && id == "" && name == "" && len(c.list) > 0 {
		p = c.list[len(c.list)-1]
	}
	if p == nil {
		p = &pending{index: index}
		c.list = append(c.list, p)
	}
	if id != "" {
		p.id = id
	}
	p.name += name
	p.arguments += arguments
}

// Flush appends the calls, whole.
func (c *Calls) Flush(dst []llm.Event, p *Parts, x *Exchange) []llm.Event {
	for _, call := range c.list {
		dst = p.Call(dst, x.Call(call.id, call.name, call.arguments))
	}
	c.list = nil
	return dst
}

// UnixTime reads a time such as 2024-09-10T20:26:40.5Z; 0 if it is none.
func UnixTime(s string) int64 {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0
	}
	return t.Unix()
}
