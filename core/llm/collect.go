package llm

import (
	"iter"
	"slices"
	"strings"
)

// A Collector folds the events of a stream into the response that the
// provider would have sent unstreamed. The zero value is ready to use.
type Collector struct {
	resp  Response
	open  map[partKey]*openPart
	texts []*openPart
	done  bool
}

type partKey struct{ choice, part int }

type openPart struct {
	part Part
	text strings.Builder
	sign strings.Builder
}

// Add takes the next event.
func (c *Collector) Add(e Event) {
	switch e.Kind {
	case EventStart:
		c.resp.ID, c.resp.Model, c.resp.Created = e.ID, e.Model, e.Created
		c.resp.Native = e.Native
	case EventPartStart:
		c.start(e)
	case EventFinish:
		ch := c.choice(e.Choice)
		ch.Finish, ch.StopSequence, ch.Logprobs, ch.Native = e.Finish, e.Text, e.Logprobs, e.Native
	case EventUsage:
		c.resp.Usage = e.Usage
	case EventDone:
		c.done = true
	default:
		c.delta(e)
	}
}

// Done reports whether the stream said that it was finished.
func (c *Collector) Done() bool { return c.done }

func (c *Collector) choice(i int) *Choice {
	for k := range c.resp.Choices {
		if c.resp.Choices[k].Index == i {
			return &c.resp.Choices[k]
		}
	}
	c.resp.Choices = append(c.resp.Choices, Choice{Index: i})
	return &c.resp.Choices[len(c.resp.Choices)-1]
}

func (c *Collector) start(e Event) {
	o := &openPart{}
	switch e.PartKind {
	case TextPart:
		o.part = &Text{Native: e.Native}
	case ReasoningPart:
		o.part = &Reasoning{Native: e.Native}
	case RedactedPart:
		o.part = &Reasoning{Redacted: e.Text, Native: e.Native}
	case ToolCallPart:
		o.part = &ToolCall{ID: e.ID, Name: e.Name, Custom: e.Custom, Signature: e.Text, Native: e.Native}
	case MediaPart:
		m := *e.Media
		o.part = &m
	case RefusalPart:
		o.part = &Refusal{}
	default:
		o.part = &Foreign{Kind: e.Name, Native: e.Native}
	}
	if c.open == nil {
		c.open = map[partKey]*openPart{}
	}
	c.open[partKey{e.Choice, e.Part}] = o
	c.texts = append(c.texts, o)
	ch := c.choice(e.Choice)
	ch.Parts = append(ch.Parts, o.part)
}

func (c *Collector) delta(e Event) {
	o := c.open[partKey{e.Choice, e.Part}]
	if o == nil {
		return
	}
	switch e.Kind {
	case EventText, EventReasoning, EventArguments, EventRefusal:
		o.text.WriteString(e.Text)
	case EventSignature:
		o.sign.WriteString(e.Text)
	case EventCitation:
		if t, ok := o.part.(*Text); ok && e.Citation != nil {
			t.Citations = append(t.Citations, *e.Citation)
		}
	}
}

// Response returns what was said so far.
func (c *Collector) Response() *Response {
	for _, o := range c.texts {
		switch p := o.part.(type) {
		case *Text:
			p.Text = o.text.String()
		case *Reasoning:
			p.Text, p.Signature = o.text.String(), o.sign.String()
		case *ToolCall:
			p.Arguments = o.text.String()
		case *Refusal:
			p.Text = o.text.String()
		}
	}
	slices.SortStableFunc(c.resp.Choices, func(a, b Choice) int { return a.Index - b.Index })
	return &c.resp
}

// Events is the inverse of a [Collector]: the stream that says what the
// response says.
func (r *Response) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		if !yield(Event{Kind: EventStart, ID: r.ID, Model: r.Model, Created: r.Created, Usage: r.Usage, Native: r.Native}) {
			return
		}
		for i := range r.Choices {
			if !r.Choices[i].events(yield) {
				return
			}
		}
		if r.Usage != nil && !yield(Event{Kind: EventUsage, Usage: r.Usage}) {
			return
		}
		yield(Event{Kind: EventDone})
	}
}

func (c *Choice) events(yield func(Event) bool) bool {
	for n, p := range c.Parts {
		for _, e := range partEvents(p) {
			e.Choice, e.Part = c.Index, n
			if !yield(e) {
				return false
			}
		}
	}
	return yield(Event{Kind: EventFinish, Choice: c.Index, Finish: c.Finish, Text: c.StopSequence, Logprobs: c.Logprobs, Native: c.Native})
}

func partEvents(p Part) []Event {
	start := Event{Kind: EventPartStart}
	var body []Event
	add := func(k EventKind, text string) {
		if text != "" {
			body = append(body, Event{Kind: k, Text: text})
		}
	}
	switch p := p.(type) {
	case *Text:
		start.PartKind, start.Native = TextPart, p.Native
		add(EventText, p.Text)
		for i := range p.Citations {
			body = append(body, Event{Kind: EventCitation, Citation: &p.Citations[i]})
		}
	case *Reasoning:
		start.PartKind, start.Native = ReasoningPart, p.Native
		if p.Redacted != "" {
			start.PartKind, start.Text = RedactedPart, p.Redacted
		}
		add(EventReasoning, p.Text)
		add(EventSignature, p.Signature)
	case *ToolCall:
		start.PartKind, start.ID, start.Name, start.Custom, start.Native = ToolCallPart, p.ID, p.Name, p.Custom, p.Native
		start.Text = p.Signature
		add(EventArguments, p.Arguments)
	case *Refusal:
		start.PartKind = RefusalPart
		add(EventRefusal, p.Text)
	case *Foreign:
		start.PartKind, start.Name, start.Native = ForeignPart, p.Kind, p.Native
	case *Media:
		start.PartKind, start.Media = MediaPart, p
	default:
		return nil // tool results stand in requests only
	}
	return append(append([]Event{start}, body...), Event{Kind: EventPartStop})
}
