package ollama

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
}

// Decode reads a line. An error is a line of its own.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	line := bytes.TrimSpace(f.Data)
	if len(line) == 0 || d.done {
		return dst, nil
	}
	var a answer
	if err := json.UnmarshalLoose(line, &a); err != nil {
		return dst, d.x.Malformed(line, err)
	}
	if k := a.Error.Kind(); k != 0 && k != 'n' {
		return dst, d.x.Event(line)
	}
	if !d.started {
		d.started = true
		dst = append(dst, llm.Event{Kind: llm.EventStart, Model: a.Model, Created: outbound.UnixTime(a.Created)})
	}
	dst = d.parts.Thought(dst, a.Message.Thinking)
	dst = d.parts.Text(dst, a.Message.Content)
	for _, c := range d.x.calls(&a) {
		dst = d.parts.Call(dst, c)
	}
	if a.Done {
		dst = d.end(dst, &a)
	}
	return dst, nil
}

func (d *streamDecoder) end(dst []llm.Event, a *answer) []llm.Event {
	d.done = true
	dst = append(d.parts.Close(dst), llm.Event{Kind: llm.EventFinish, Finish: finish(a.Reason, d.parts.Called)})
	if u := a.usage(); u != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	return append(dst, llm.Event{Kind: llm.EventDone})
}

// Flush reports a stream that ended before it was done.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if !d.done {
		return dst, dialect.Truncated(d.x.Provider)
	}
	return dst, nil
}
