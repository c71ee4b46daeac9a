package openaichat

import (
	"slices"

	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// choiceState is how far one choice of a stream has got.
type choiceState struct {
	stream *streamDecoder
	index  int
	parts  int // begun so far
	finish string

	open     int // number of the open part that is no tool call, −1 if there is none
	openKind llm.PartKind
	block    int // its index among content blocks, −1 if it is not one
	lastText int // number of the last text part plus one, for citations

	calls []*callState
}

func (s *choiceState) event(k llm.EventKind, part int, text string) llm.Event {
	return llm.Event{Kind: k, Choice: s.index, Part: part, Text: text}
}

// delta tells what a chunk says about a choice. The order is that in which a
// model speaks, for chunks that say several things at once.
func (s *choiceState) delta(dst []llm.Event, d *delta) []llm.Event {
	if len(d.ContentBlocks) > 0 {
		dst = s.blocks(dst, d.ContentBlocks) // the same again, with more detail
	} else {
		dst = s.reasoning(dst, d)
		dst = s.content(dst, &d.Content)
	}
	dst = s.say(dst, llm.RefusalPart, llm.EventRefusal, string(d.Refusal))
	if len(d.Annotations) > 0 {
		dst = s.citations(dst, d.Annotations.Value())
	}
	for i := range d.ToolCalls {
		dst = s.call(dst, &d.ToolCalls[i])
	}
	if f := d.FunctionCall; f != nil {
		dst = s.legacy(dst, f)
	}
	return dst
}

// say appends text to the open part if it is of that kind, else it opens one.
func (s *choiceState) say(dst []llm.Event, kind llm.PartKind, delta llm.EventKind, text string) []llm.Event {
	if text == "" {
		return dst
	}
	if s.open < 0 || s.openKind != kind {
		dst = s.begin(dst, llm.Event{PartKind: kind})
	}
	return append(dst, s.event(delta, s.open, text))
}

// begin opens a part that is no tool call.
func (s *choiceState) begin(dst []llm.Event, e llm.Event) []llm.Event {
	dst = s.close(dst)
	e.Kind, e.Choice, e.Part = llm.EventPartStart, s.index, s.parts
	s.open, s.openKind, s.block = s.parts, e.PartKind, -1
	s.parts++
	if e.PartKind == llm.TextPart {
		s.lastText = s.parts
	}
	return append(dst, e)
}

func (s *choiceState) close(dst []llm.Event) []llm.Event {
	if s.open < 0 {
		return dst
	}
	dst = append(dst, s.event(llm.EventPartStop, s.open, ""))
	s.open = -1
	return dst
}

func (s *choiceState) reasoning(dst []llm.Event, d *delta) []llm.Event {
	name, text := "reasoning_content", string(d.ReasoningContent)
	if text == "" {
		name, text = "reasoning", json.Unquote(d.Reasoning.Value())
	}
	var signature string
	if len(d.ReasoningDetails) > 0 {
		var words string
		words, signature = readDetails(d.ReasoningDetails.Value())
		if text == "" {
			name, text = "reasoning_details", words
		}
	}
	if text != "" {
		if s.open < 0 || s.openKind != llm.ReasoningPart {
			dst = s.begin(dst, llm.Event{PartKind: llm.ReasoningPart, Native: reasoningName(name)})
		}
		dst = append(dst, s.event(llm.EventReasoning, s.open, text))
	}
	if signature != "" && s.open >= 0 && s.openKind == llm.ReasoningPart {
		dst = append(dst, s.event(llm.EventSignature, s.open, signature))
	}
	return dst
}

func (s *choiceState) content(dst []llm.Event, c *content) []llm.Event {
	if c.Parts == nil {
		return s.say(dst, llm.TextPart, llm.EventText, c.Text)
	}
	for i := range c.Parts { // Mistral
		p := &c.Parts[i]
		switch {
		case p.Type == "thinking":
			text := json.Unquote(p.Thinking)
			if p.Thinking.Kind() == '[' {
				text = joined(p.Thinking)
			}
			if text == "" {
				continue
			}
			if s.open < 0 || s.openKind != llm.ReasoningPart {
				dst = s.begin(dst, llm.Event{PartKind: llm.ReasoningPart, Native: asReasoningContent})
			}
			dst = append(dst, s.event(llm.EventReasoning, s.open, text))
		case p.Text != nil:
			dst = s.say(dst, llm.TextPart, llm.EventText, *p.Text)
		}
	}
	return dst
}

// blocks reads the deltas of content blocks, each of which is a part.
func (s *choiceState) blocks(dst []llm.Event, blocks []blockDelta) []llm.Event {
	for i := range blocks {
		b := &blocks[i]
		switch d := &b.Delta; {
		case d.Data != nil:
			dst = s.begin(dst, llm.Event{PartKind: llm.RedactedPart, Text: *d.Data})
			s.block = b.Index
		case d.Thinking != nil || d.Signature != nil:
			dst = s.blockDelta(dst, b.Index, llm.ReasoningPart, llm.EventReasoning, d.Thinking)
			dst = s.blockDelta(dst, b.Index, llm.ReasoningPart, llm.EventSignature, d.Signature)
		case d.Text != nil:
			dst = s.blockDelta(dst, b.Index, llm.TextPart, llm.EventText, d.Text)
		}
	}
	return dst
}

func (s *choiceState) blockDelta(dst []llm.Event, index int, kind llm.PartKind, delta llm.EventKind, text *string) []llm.Event {
	if text == nil {
		return dst
	}
	if s.open < 0 || s.openKind != kind || s.block != index {
		dst = s.begin(dst, llm.Event{PartKind: kind})
		s.block = index
	}
	if *text == "" {
		return dst
	}
	return append(dst, s.event(delta, s.open, *text))
}

func (s *choiceState) citations(dst []llm.Event, v json.Value) []llm.Event {
	var all []annotation
	if json.UnmarshalLoose(v, &all) != nil {
		return dst
	}
	for i := range all {
		c, ok := all[i].citation()
		if !ok {
			continue
		}
		if s.lastText == 0 {
			dst = s.begin(dst, llm.Event{PartKind: llm.TextPart})
		}
		e := s.event(llm.EventCitation, s.lastText-1, "")
		e.Citation = &c
		dst = append(dst, e)
	}
	return dst
}

// native tells, event by event, what only chat has a word for.
func (s *choiceState) native(dst []llm.Event, in *chunkChoice) []llm.Event {
	if empty(in.Rest) && empty(in.Delta.Rest) && in.Logprobs == nil && in.Delta.ReasoningDetails == nil {
		return dst
	}
	inDelta := residue(in.Delta.Rest, json.Named("reasoning_details", in.Delta.ReasoningDetails.Value()))
	e := s.event(llm.EventNative, 0, "")
	e.Native = residue(in.Rest, json.Named("logprobs", in.Logprobs.Value()), json.Named("delta", inDelta.Members))
	return append(dst, e)
}

// empty reports whether no member has a value: vLLM puts several nulls into
// every chunk.
func empty(rest json.Value) bool {
	return len(rest) == 0 || !slices.ContainsFunc(json.ObjectOf(rest), func(m json.Member) bool { return m.Value.Kind() != 'n' })
}

// end closes what is open, in the order of the parts, and gives the reason.
func (s *choiceState) end(dst []llm.Event) []llm.Event {
	dst = s.close(dst)
	for _, c := range s.calls {
		dst = s.startCall(dst, c)
		if !c.any && !c.custom {
			dst = append(dst, s.event(llm.EventArguments, c.part, "{}"))
		}
		dst = append(dst, s.event(llm.EventPartStop, c.part, ""))
	}
	e := s.event(llm.EventFinish, 0, "")
	e.Finish = openaiwire.Finish(s.finish, len(s.calls) > 0)
	return append(dst, e)
}
