package openairesponses

import (
	"iter"
	"strings"

	"sluice/core"
	"sluice/core/dialect"
)

// Texts yields every text of the instructions and the input, in the order of
// the body. Spans of an item have its index as Turn, those of the instructions
// −1. A body that is not a request has none; one that breaks off has those of
// the items before. What is encrypted is no text.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{dialect.NewWalker(in.Body, yield, knownNames...)}
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = t.Object(func(name string) error {
			switch name {
			case "instructions":
				t.Turn = -1
				return t.whole(inSystem)
			case "input":
				t.Turn = 0
				return t.input()
			case "prompt":
				t.Turn = -1
				return t.prompt()
			}
			return t.SkipValue()
		})
	}
}

// Surfaces of a request. The one of an item depends on its type and role,
// which may stand behind the texts.
const (
	inRole      = ""
	inSystem    = "system"
	inUser      = "user"
	inArguments = "tool_arguments"
	inResult    = "tool_result"
	inReasoning = "reasoning"
)

func surfaceOf(kind, role string) string {
	switch {
	case role == "assistant":
		return "assistant"
	case role == "system", role == "developer":
		return inSystem
	case role != "":
		return inUser
	case kind == typeReasoning:
		return inReasoning
	case strings.HasSuffix(kind, "_output"):
		return inResult
	case kind != "" && kind != typeMessage:
		return "assistant"
	}
	return inUser
}

type texter struct{ dialect.Walker }

var knownNames = []string{
	"input", "instructions", "prompt", "variables", "type", "role", "content", "text", "refusal", "summary", "arguments", "output",
}

// whole is a text that is all of a member.
func (t *texter) whole(surface string) error {
	err := t.Text(surface)
	if err != nil {
		return err
	}
	return t.Flush(surface)
}

func (t *texter) input() error {
	if t.Kind() == '"' {
		return t.whole(inUser)
	}
	return t.Array(func() error {
		err := t.item()
		t.Turn++
		return err
	})
}

func (t *texter) item() error {
	kind, role := "", ""
	err := t.Object(func(name string) error {
		switch name {
		case "type":
			var err error
			kind, err = t.Word()
			return err
		case "role":
			var err error
			role, err = t.Word()
			return err
		case "arguments", "input":
			return t.Strings(inArguments)
		case "output":
			return t.content(inResult)
		case "summary":
			return t.content(inReasoning)
		case "content":
			return t.content(inRole)
		}
		return t.SkipValue()
	})
	if err != nil {
		return err
	}
	return t.Flush(surfaceOf(kind, role))
}

// content is a text or an array of parts; the output of some tools is an
// object.
func (t *texter) content(surface string) error {
	switch t.Kind() {
	case '[':
		return t.Array(func() error { return t.part(surface) })
	case '{':
		return t.part(surface)
	}
	return t.Text(surface)
}

func (t *texter) part(surface string) error {
	return t.Object(func(name string) error {
		switch name {
		case "text", "refusal", "output":
			return t.Text(surface)
		}
		return t.SkipValue()
	})
}

// prompt notes what the user puts into a stored prompt.
func (t *texter) prompt() error {
	err := t.Object(func(name string) error {
		if name != "variables" {
			return t.SkipValue()
		}
		return t.Object(func(string) error { return t.content(inUser) })
	})
	if err != nil {
		return err
	}
	return t.Flush(inUser)
}
