package openaichat

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

// chunk is one event of a stream. Only what may differ from event to event is
// read.
type chunk struct {
	Choices []chunkChoice `json:"choices"`
	Usage   maybe         `json:"usage"`
	XGroq   maybe         `json:"x_groq"`
	Error   maybe         `json:"error"`
}

// opening is the first chunk, which says what is the same in all.
type opening struct {
	chunk
	ID          text       `json:"id"`
	Created     json.Value `json:"created"`
	Model       text       `json:"model"`
	Object      json.Value `json:"object"`
	Obfuscation json.Value `json:"obfuscation"` // padding
	Rest        json.Value `json:",embed"`
}

type chunkChoice struct {
	Index        int        `json:"index"`
	Delta        delta      `json:"delta"`
	Message      *delta     `json:"message"` // some providers end with it
	FinishReason text       `json:"finish_reason"`
	Logprobs     maybe      `json:"logprobs"`
	Usage        maybe      `json:"usage"` // Moonshot
	Rest         json.Value `json:",embed"`
}

type delta struct {
	Role             maybe          `json:"role"`
	Content          content        `json:"content"`
	ContentBlocks    []blockDelta   `json:"content_blocks"` // not OpenAI's
	Refusal          text           `json:"refusal"`
	ReasoningContent text           `json:"reasoning_content"`
	Reasoning        maybe          `json:"reasoning"`
	ReasoningDetails maybe          `json:"reasoning_details"`
	ToolCalls        []callDelta    `json:"tool_calls"`
	FunctionCall     *functionDelta `json:"function_call"`
	Annotations      maybe          `json:"annotations"`
	Rest             json.Value     `json:",embed"`
}

// empty reports whether the delta says nothing.
func (d *delta) empty() bool {
	return d.Content.absent() && d.ContentBlocks == nil && d.Refusal == "" && d.ReasoningContent == "" && d.Reasoning == nil &&
		d.ReasoningDetails == nil && d.ToolCalls == nil && d.FunctionCall == nil && d.Annotations == nil && d.Rest == nil
}

type blockDelta struct {
	Index int `json:"index"`
	Delta struct {
		Text      *string `json:"text"`
		Thinking  *string `json:"thinking"`
		Signature *string `json:"signature"`
		Data      *string `json:"data"`
	} `json:"delta"`
}

type callDelta struct {
	Index    *int           `json:"index"`
	ID       text           `json:"id"`
	Type     text           `json:"type"`
	Function *functionDelta `json:"function"`
	Custom   *struct {
		Name  text `json:"name"`
		Input text `json:"input"`
	} `json:"custom"`
	Rest json.Value `json:",embed"`
}

type functionDelta struct {
	Name      text       `json:"name"`
	Arguments text       `json:"arguments"`
	Rest      json.Value `json:",embed"`
}

// maxChoice bounds what a hostile stream makes us remember. OpenAI gives at
// most 128 choices.
const maxChoice = 1023

// streamDecoder reads the chunks of a stream. What a choice said last is told
// only when the stream has ended: providers send arguments after the finish
// reason, and usage anywhere.
type streamDecoder struct {
	provider string // id, if known
	names    dialect.Names
	started  bool
	done     bool
	id       string
	created  int64
	tier     string
	choices  []*choiceState
	usage    *llm.Usage
}

func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	switch {
	case len(data) == 0 || d.done:
		return dst, nil
	case string(data) == "[DONE]":
		return d.finish(dst)
	case f.Event == "error":
		return dst, errorsOf(d.provider).Event(data)
	}
	if !d.started {
		return d.open(dst, data)
	}
	var c chunk
	if err := json.UnmarshalLoose(data, &c); err != nil {
		return dst, errorsOf(d.provider).Malformed(data, err)
	}
	return d.chunk(dst, &c, data)
}

// open reads a chunk before the first that says anything: Azure sends one
// about the prompt that has neither id nor choices.
func (d *streamDecoder) open(dst []llm.Event, data []byte) ([]llm.Event, error) {
	var o opening
	if err := json.UnmarshalLoose(data, &o); err != nil {
		return dst, errorsOf(d.provider).Malformed(data, err)
	}
	if o.Error == nil && (len(o.Choices) > 0 || o.ID != "") {
		dst = d.start(dst, &o)
	}
	return d.chunk(dst, &o.chunk, data)
}

func (d *streamDecoder) start(dst []llm.Event, o *opening) []llm.Event {
	d.started = true
	d.id, d.created = string(o.ID), openaiwire.WholeNumber(o.Created)
	n := residue(o.Rest)
	d.tier = json.Unquote(own(n).Get("service_tier"))
	n.Dialect = llm.OpenAIChat
	return append(dst, llm.Event{Kind: llm.EventStart, ID: d.id, Model: string(o.Model), Created: d.created, Native: n})
}

func (d *streamDecoder) chunk(dst []llm.Event, c *chunk, data []byte) ([]llm.Event, error) {
	if c.Error != nil {
		return dst, errorsOf(d.provider).Event(data)
	}
	d.used(c.Usage.Value())
	if c.XGroq != nil {
		d.used(json.Lookup(c.XGroq.Value(), "usage"))
	}
	for i := range c.Choices {
		in := &c.Choices[i]
		if in.Index < 0 || in.Index > maxChoice {
			return dst, errorsOf(d.provider).Malformed(data, fmt.Errorf("choice %d is out of range", in.Index))
		}
		d.used(in.Usage.Value())
		if in.Message != nil && in.Delta.empty() {
			in.Delta = *in.Message
		}
		s := d.choice(in.Index)
		dst = s.delta(dst, &in.Delta)
		if s.finish == "" {
			s.finish = string(in.FinishReason)
		}
		dst = s.native(dst, in)
	}
	return dst, nil
}

// used keeps the last usage that counts anything.
func (d *streamDecoder) used(v json.Value) {
	if len(v) == 0 {
		return
	}
	if u := openaiwire.DecodeUsage(llm.OpenAIChat, v, d.tier); u != nil && (d.usage == nil || u.Total() > 0) {
		d.usage = u
	}
}

func (d *streamDecoder) choice(index int) *choiceState {
	for _, s := range d.choices {
		if s.index == index {
			return s
		}
	}
	s := &choiceState{stream: d, index: index, open: -1}
	d.choices = append(d.choices, s)
	return s
}

// Flush ends a stream that had no [DONE], which several providers leave out.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if d.done {
		return dst, nil
	}
	return d.finish(dst)
}

// finish tells how the choices ended. One without a finish reason has not:
// gateways on the way append [DONE] to broken streams, too.
func (d *streamDecoder) finish(dst []llm.Event) ([]llm.Event, error) {
	d.done = true
	slices.SortStableFunc(d.choices, func(a, b *choiceState) int { return a.index - b.index })
	whole := len(d.choices) > 0
	for _, s := range d.choices {
		whole = whole && s.finish != ""
	}
	if !whole {
		return dst, dialect.Truncated(d.provider)
	}
	for _, s := range d.choices {
		dst = s.end(dst)
	}
	if d.usage != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: d.usage})
	}
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
