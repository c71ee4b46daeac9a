package openaitext

import (
	"bytes"
	"fmt"
	"slices"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// streamDecoder reads the chunks of a stream. How a choice ended is told when
// the stream has: usage may come behind it.
type streamDecoder struct {
	provider string // id, if known
	started  bool
	done     bool
	choices  []*choiceState // in the order in which they came
	usage    *llm.Usage
}

// choiceState is how far one choice has got.
type choiceState struct {
	index  int
	open   bool // its text has begun
	ended  bool
	finish llm.Event
}

// maxChoice bounds what a hostile stream makes us remember. OpenAI gives at
// most 128 choices to each prompt.
const maxChoice = 4095

// Skip reports whether a frame says nothing about how the answer ends. Each
// choice has an end of its own, and how many there are, only they tell: those
// of all but the first are never skipped.
func (d *streamDecoder) Skip(f frame.Frame) bool {
	return openaiwire.SaysNoEnd(f) && ofFirst(f.Data)
}

// ofFirst reports whether a chunk is of the choice 0 only, as far as can be
// seen without parsing it.
func ofFirst(b []byte) bool {
	found := false
	for {
		i := bytes.Index(b, []byte(`"index"`))
		if i < 0 {
			return found
		}
		b = bytes.TrimLeft(b[i+len(`"index"`):], " :")
		if len(b) < 2 || b[0] != '0' || b[1] != ',' && b[1] != '}' {
			return false
		}
		found = true
	}
}

func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	switch {
	case len(data) == 0 || d.done:
		return dst, nil
	case string(data) == "[DONE]":
		return d.Flush(dst)
	case f.Event == "error":
		return dst, errorsOf(d.provider).Event(data)
	}
	var c response
	if err := json.UnmarshalLoose(data, &c); err != nil {
		return dst, errorsOf(d.provider).Malformed(data, err)
	}
	if c.Error != nil {
		return dst, errorsOf(d.provider).Event(data)
	}
	return d.chunk(dst, &c, data)
}

func (d *streamDecoder) chunk(dst []llm.Event, c *response, data []byte) ([]llm.Event, error) {
	if !d.started && (len(c.Choices) > 0 || c.ID != "") { // Azure begins with a chunk that has neither
		d.started = true
		dst = append(dst, llm.Event{
			Kind: llm.EventStart, ID: string(c.ID), Model: string(c.Model), Created: openaiwire.WholeNumber(c.Created), Native: residue(c.Rest),
		})
	}
	if u := openaiwire.DecodeUsage(llm.OpenAIText, c.Usage, ""); u != nil && (d.usage == nil || u.Total() > 0) {
		d.usage = u
	}
	for i := range c.Choices {
		index := i
		if at := c.Choices[i].Index; at != nil {
			index = *at
		}
		if index < 0 || index > maxChoice {
			return dst, errorsOf(d.provider).Malformed(data, fmt.Errorf("choice %d is out of range", index))
		}
		dst = d.choice(index).add(dst, &c.Choices[i])
	}
	return dst, nil
}

func (d *streamDecoder) choice(index int) *choiceState {
	for _, s := range d.choices {
		if s.index == index {
			return s
		}
	}
	s := &choiceState{index: index}
	d.choices = append(d.choices, s)
	return s
}

// add tells what a chunk says about the choice. Probabilities go with the text
// that they are about.
func (s *choiceState) add(dst []llm.Event, c *choice) []llm.Event {
	text := llm.Event{Kind: llm.EventText, Choice: s.index, Text: string(c.Text)}
	if c.Logprobs != nil {
		text.Native = residue(nil, json.Named("logprobs", c.Logprobs.Value()))
	}
	rest := withoutNulls(c.Rest)
	if c.FinishReason != "" && !s.ended {
		s.ended = true
		s.finish = llm.Event{Kind: llm.EventFinish, Choice: s.index, Finish: openaiwire.Finish(string(c.FinishReason), false), Native: residue(rest)}
		s.finish.Text = openaiwire.MetStop(rest, &s.finish.Finish)
	} else if rest != nil {
		text.Native = residue(rest, json.Named("logprobs", c.Logprobs.Value()))
	}
	if text.Text == "" && text.Native.Empty() {
		return dst
	}
	if !s.open {
		s.open = true
		dst = append(dst, llm.Event{Kind: llm.EventPartStart, PartKind: llm.TextPart, Choice: s.index})
	}
	return append(dst, text)
}

// withoutNulls is nil if no member has a value: vLLM puts several nulls into
// every chunk.
func withoutNulls(rest json.Value) json.Value {
	if len(rest) == 0 {
		return nil
	}
	w := json.NewWriter("{")
	for _, m := range json.ObjectOf(rest) {
		if m.Value.Kind() != 'n' {
			w.Raw(m.Name, m.Value)
		}
	}
	if len(w.B) == len("{") {
		return nil
	}
	w.Close('}')
	return w.B
}

// Flush ends the stream. A choice without a finish reason is not whole, with
// [DONE] or without: gateways on the way append it to broken streams, too.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if d.done {
		return dst, nil
	}
	d.done = true
	slices.SortStableFunc(d.choices, func(a, b *choiceState) int { return a.index - b.index })
	if len(d.choices) == 0 || slices.ContainsFunc(d.choices, func(s *choiceState) bool { return !s.ended }) {
		return dst, dialect.Truncated(d.provider)
	}
	for _, s := range d.choices {
		if s.open {
			dst = append(dst, llm.Event{Kind: llm.EventPartStop, Choice: s.index})
		}
		dst = append(dst, s.finish)
	}
	if d.usage != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: d.usage})
	}
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
