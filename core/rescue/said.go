package rescue

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// said is what a client has been told of an answer so far.
type said struct {
	text  strings.Builder
	size  int64  // bytes of everything that the model wrote
	open  int    // number of the part of text that is open, -1: none
	think int    // the same of thoughts
	parts int    // how many parts there are
	other string // why the answer cannot be continued, whatever else happens
}

func newSaid() *said { return &said{open: -1, think: -1} }

func (s *said) see(e *llm.Event) {
	if e.Choice != 0 {
		s.rule("it has several answers")
	}
	switch e.Kind {
	case llm.EventPartStart:
		s.start(e)
	case llm.EventText:
		s.text.WriteString(e.Text)
		s.size += int64(len(e.Text))
	case llm.EventReasoning:
		s.size += int64(len(e.Text))
	case llm.EventSignature:
		s.rule("its thoughts are signed")
	case llm.EventCitation:
		s.rule("it names sources")
	case llm.EventNative:
		s.native(e.Native)
	case llm.EventPartStop:
		s.stop(e.Part)
	case llm.EventFinish:
		s.rule("it had ended")
	}
}

// whole says why what was said can only stand as it is, "" if somebody could go
// on with it. A thought that broke off is never signed.
func (s *said) whole() string {
	if s.other == "" && s.think >= 0 {
		return "a thought had begun"
	}
	return s.other
}

// rule keeps the first reason.
func (s *said) rule(why string) {
	if s.other == "" {
		s.other = why
	}
}

func (s *said) start(e *llm.Event) {
	s.parts = max(s.parts, e.Part+1)
	switch e.PartKind {
	case llm.TextPart:
		s.open = e.Part
	case llm.ReasoningPart:
		s.think = e.Part
	case llm.RedactedPart:
		s.rule("its thoughts are signed")
	case llm.ToolCallPart:
		s.rule("a tool call had begun")
	case llm.RefusalPart:
		s.rule("it is a refusal")
	default:
		s.rule("it has more than text")
	}
}

func (s *said) stop(part int) {
	switch part {
	case s.open:
		s.open = -1
	case s.think:
		s.think = -1
	}
}

// native looks for what the rest of an answer cannot have: likelihoods of the
// tokens from the beginning, thoughts in a form of the provider's own, pieces
// of a block that nobody knows.
func (s *said) native(n llm.Native) {
	ms := json.ObjectOf(n.Members)
	delta := json.ObjectOf(ms.Get("delta"))
	switch {
	case json.Present(ms.Get("logprobs")):
		s.rule("it has logprobs")
	case json.Present(delta.Get("reasoning_details")):
		s.rule("its thoughts are signed")
	case n.Dialect == llm.Anthropic && len(delta) > 0:
		s.rule("it has more than text")
	}
}
