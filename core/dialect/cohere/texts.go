package cohere

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
)

// Surfaces of a request. The one of a message depends on its role, which may
// stand behind the texts.
const (
	inRole      = ""
	inArguments = "tool_arguments"
	inReasoning = "reasoning"
	inDocument  = "user" // as other dialects have them
)

// Texts yields every text of the messages and documents, in their order. A
// body that is not a chat request has none; one that breaks off has those
// before.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{dialect.NewWalker(in.Body, yield, knownNames...)}
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = t.Object(func(name string) error {
			switch name {
			case "messages":
				return t.Array(t.message)
			case "documents":
				return t.documents()
			}
			return t.SkipValue()
		})
	}
}

var knownNames = []string{
	"messages", "documents", "role", "content", "tool_plan", "tool_calls", "function", "arguments", "text", "thinking", "document", "data",
}

func surfaceOf(role string) string {
	switch role {
	case "system", "assistant":
		return role
	case "tool":
		return "tool_result"
	}
	return "user"
}

type texter struct{ dialect.Walker }

func (t *texter) message() error {
	role := ""
	err := t.Object(func(name string) error {
		switch name {
		case "role":
			var err error
			role, err = t.Word()
			return err
		case "content":
			if t.Kind() == '[' {
				return t.Array(t.part)
			}
			return t.Text(inRole)
		case "tool_plan":
			return t.Text(inReasoning)
		case "tool_calls":
			return t.Array(t.call)
		}
		return t.SkipValue()
	})
	if err != nil {
		return err
	}
	err = t.Flush(surfaceOf(role))
	t.Turn++
	return err
}

func (t *texter) part() error {
	return t.Object(func(name string) error {
		switch name {
		case "text":
			return t.Text(inRole)
		case "thinking":
			return t.Text(inReasoning)
		case "document":
			return t.document(inRole)
		}
		return t.SkipValue()
	})
}

func (t *texter) call() error {
	return t.Object(func(name string) error {
		if name != "function" {
			return t.SkipValue()
		}
		return t.Object(func(name string) error {
			if name == "arguments" {
				return t.Text(inArguments)
			}
			return t.SkipValue()
		})
	})
}

// documents are no message: their turn is −1.
func (t *texter) documents() error {
	turn := t.Turn
	t.Turn = -1
	err := t.Array(func() error { return t.document(inDocument) })
	if err == nil {
		err = t.Flush(inDocument)
	}
	t.Turn = turn
	return err
}

func (t *texter) document(surface string) error {
	if t.Kind() != '{' {
		return t.Text(surface)
	}
	return t.Object(func(name string) error {
		if name == "data" {
			return t.Strings(surface)
		}
		return t.SkipValue()
	})
}
