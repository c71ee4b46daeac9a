package gemini

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
)

// Surfaces of a request, beside those of roles.
const (
	inSystem    = "system"
	inUser      = "user"
	inAssistant = "assistant"
	inArguments = "tool_arguments"
	inResult    = "tool_result"
	inReasoning = "reasoning"
)

// Texts yields the texts of a request in their order. The turn of the system
// instruction is -1. Of the arguments of a call and of the result of a tool,
// every text inside is one. A body that is not valid JSON has none.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{Walker: dialect.NewWalker(in.Body, yield)}
		if t.Object(t.member) == nil {
			_ = t.Flush("") // which only fails when nobody wants more
		}
	}
}

// A texter knows that a list may also come without its brackets, and names in
// both spellings.
type texter struct {
	dialect.Walker
	contents int
}

func (t *texter) member(name string) error {
	switch camel(name) {
	case "generateContentRequest": // of a count
		return t.Object(t.member)
	case "systemInstruction":
		t.Turn = -1
		return t.each(func() error {
			return t.in("parts", func() error { return t.in("text", t.noted(inSystem)) })
		})
	case "contents":
		return t.each(t.content)
	}
	return t.SkipValue()
}

// each calls f at every element, or at a value that stands for a list of one.
func (t *texter) each(f func() error) error {
	if t.Kind() == '[' {
		return t.Array(func() error { return t.each(f) })
	}
	return f()
}

// in calls f at the values of one member.
func (t *texter) in(name string, f func() error) error {
	return t.each(func() error {
		return t.Object(func(n string) error {
			if camel(n) == name {
				return t.each(f)
			}
			return t.SkipValue()
		})
	})
}

func (t *texter) noted(surface string) func() error {
	return func() error { return t.Text(surface) }
}

func (t *texter) inside(surface string) func() error {
	return func() error { return t.Strings(surface) }
}

// content notes the texts of a content. Its role may stand behind them.
func (t *texter) content() error {
	if t.Kind() != '{' {
		return t.SkipValue()
	}
	t.Turn = t.contents
	t.contents++
	surface, first := inUser, len(t.Spans)
	err := t.Object(func(name string) error {
		switch camel(name) {
		case "role":
			role, err := t.Word()
			if role == "model" {
				surface = inAssistant
			}
			return err
		case "parts":
			return t.each(t.part)
		}
		return t.SkipValue()
	})
	t.Settle(first, surface)
	return err
}

func (t *texter) part() error {
	thought, first := false, len(t.Spans)
	err := t.Object(func(name string) (err error) {
		switch camel(name) {
		case "thought":
			thought, err = t.True()
		case "text":
			err = t.each(t.noted(""))
		case "executableCode":
			err = t.in("code", t.noted(""))
		case "codeExecutionResult":
			err = t.in("output", t.noted(inResult))
		case "functionCall":
			err = t.in("args", t.inside(inArguments))
		case "functionResponse":
			err = t.in("response", t.inside(inResult))
		default:
			err = t.SkipValue()
		}
		return err
	})
	if thought {
		t.Settle(first, inReasoning)
	}
	return err
}
