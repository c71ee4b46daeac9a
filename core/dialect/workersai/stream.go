package workersai

import (
	"bytes"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

type streamDecoder struct {
	x       *exchange
	started bool
	done    bool
	parts   outbound.Parts
	calls   outbound.Calls // of a stream of chat's
	chat    bool           // it is one: it says why it ends
	finish  string
	usage   *llm.Usage
}

// Decode reads an event. [DONE] ends the stream.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 || d.done {
		return dst, nil
	}
	if string(data) == "[DONE]" {
		if !d.started || d.chat && d.finish == "" { // something on the way has put it behind a stream that broke
			return dst, dialect.Truncated(d.x.Provider)
		}
		return d.end(dst), nil
	}
	var r result
	if err := json.UnmarshalLoose(data, &r); err != nil {
		return dst, d.x.Malformed(data, err)
	}
	if err := d.x.failed(data, r.Errors); err != nil {
		return dst, err
	}
	if !d.started {
		d.started = true
		dst = append(dst, llm.Event{Kind: llm.EventStart, ID: r.ID, Model: r.Model, Created: r.Created})
	}
	dst = d.parts.Text(dst, textOf(r.Response))
	for i := range r.Calls {
		dst = d.parts.Call(dst, d.x.call(&r.Calls[i]))
	}
	for i := range r.Choices {
		dst = d.choice(dst, &r.Choices[i])
	}
	if u := r.Usage.canonical(); u != nil {
		d.usage = u
	}
	return dst, nil
}

func (d *streamDecoder) choice(dst []llm.Event, c *choice) []llm.Event {
	d.chat = true
	dst = d.parts.Thought(dst, c.Delta.Reasoning+c.Delta.Thought)
	dst = d.parts.Text(dst, textOf(c.Delta.Content))
	for i := range c.Delta.Calls {
		if call := &c.Delta.Calls[i]; call.Function != nil {
			d.calls.Add(call.Index, call.ID, call.Function.Name, textOf(call.Function.Arguments))
		}
	}
	if c.Finish != "" {
		d.finish = c.Finish
	}
	return dst
}

func (d *streamDecoder) end(dst []llm.Event) []llm.Event {
	d.done = true
	dst = d.calls.Flush(dst, &d.parts, &d.x.Exchange)
	dst = append(d.parts.Close(dst), llm.Event{Kind: llm.EventFinish, Finish: d.x.finish(d.finish, d.parts.Called, d.usage)})
	if d.usage != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: d.usage})
	}
	return append(dst, llm.Event{Kind: llm.EventDone})
}

// Flush reports a stream that ended without [DONE].
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if !d.done {
		return dst, dialect.Truncated(d.x.Provider)
	}
	return dst, nil
}
