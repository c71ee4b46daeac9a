package oracle

import (
	"bytes"
	"fmt"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// event is an event of a stream in either format: a choice, or a response of
// COHERE, whose members differ.
type event struct {
	choice
	Text  *string      `json:"text"`
	Calls []cohereCall `json:"toolCalls"`
	Usage *usage       `json:"usage"`
}

type streamDecoder struct {
	x       *exchange
	started bool
	done    bool
	spoke   bool // COHERE has sent text
	choices []*choiceState
	usage   *llm.Usage
}

// maxChoice bounds what a hostile stream makes us remember.
const maxChoice = 127

type choiceState struct {
	outbound.Parts
	calls  outbound.Calls
	finish string
}

// Decode reads an event.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 || d.done {
		return dst, nil
	}
	if string(data) == "[DONE]" {
		return dst, nil // the end of the input says the same
	}
	var e event
	if err := json.UnmarshalLoose(data, &e); err != nil {
		if json.Lookup(data, "message").Kind() == '"' { // that of an error
			return dst, d.x.Event(data)
		}
		return dst, d.x.Malformed(data, err)
	}
	if err := d.x.Inside(data); err != nil {
		return dst, err
	}
	if e.Index < 0 || e.Index > maxChoice {
		return dst, d.x.Malformed(data, fmt.Errorf("choice %d is out of range", e.Index))
	}
	if !d.started {
		d.started = true
		dst = append(dst, llm.Event{Kind: llm.EventStart, Model: d.x.Model})
	}
	if u := e.Usage.canonical(); u != nil {
		d.usage = u
	}
	c := d.choice(e.Index)
	dst = d.generic(dst, c, &e.Message)
	dst = d.cohere(dst, c, &e)
	if e.Finish != "" {
		c.finish = e.Finish
	}
	return dst, nil
}

func (d *streamDecoder) choice(index int) *choiceState {
	for _, c := range d.choices {
		if c.Choice == index {
			return c
		}
	}
	c := &choiceState{Parts: outbound.Parts{Choice: index}}
	d.choices = append(d.choices, c)
	return c
}

func (d *streamDecoder) generic(dst []llm.Event, c *choiceState, m *message) []llm.Event {
	dst = c.Thought(dst, m.Thought)
	dst = c.Text(dst, m.text()+m.Refusal)
	for _, call := range m.Calls {
		index := -1
		if call.Index != nil {
			index = *call.Index
		}
		c.calls.Add(index, call.ID, call.Name, call.Arguments)
	}
	return dst
}

// cohere reads the members of COHERE. The last event repeats the whole text.
func (d *streamDecoder) cohere(dst []llm.Event, c *choiceState, e *event) []llm.Event {
	if e.Text != nil && (e.Finish == "" || !d.spoke) {
		d.spoke = true
		dst = c.Text(dst, *e.Text)
	}
	for _, call := range e.Calls {
		dst = c.Call(dst, d.x.Call("", call.Name, string(call.Parameters)))
	}
	return dst
}

// Flush ends the stream. It is whole if every choice has said why it stopped.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if d.done {
		return dst, nil
	}
	whole := len(d.choices) > 0
	for _, c := range d.choices {
		whole = whole && c.finish != ""
	}
	if !whole {
		return dst, dialect.Truncated(d.x.Provider)
	}
	d.done = true
	for _, c := range d.choices {
		dst = c.Close(c.calls.Flush(dst, &c.Parts, &d.x.Exchange))
		dst = append(dst, llm.Event{Kind: llm.EventFinish, Choice: c.Choice, Finish: finish(c.finish, c.Called)})
	}
	if d.usage != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: d.usage})
	}
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
