package openaichat

import (
	"bytes"
	"iter"

	"sluice/core"
	"sluice/core/dialect"
)

// Texts yields every text of the messages, in their order. A body that is not
// a chat completion request has none; one that breaks off has those of the
// messages before.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{dialect.NewWalker(in.Body, yield, knownNames...), in.Body}
		// An error has its answer elsewhere: such a body cannot be decoded.
		_ = t.Object(func(name string) error {
			if name != "messages" {
				return t.SkipValue()
			}
			return t.Array(t.message)
		})
	}
}

// Surfaces of a request. The one of a message depends on its role, which may
// stand behind the texts.
const (
	inRole      = ""
	inArguments = "tool_arguments"
	inReasoning = "reasoning"
)

func surfaceOf(role string) string {
	switch role {
	case "system", "developer":
		return "system"
	case "assistant":
		return "assistant"
	case "tool", "function":
		return "tool_result"
	}
	return "user"
}

type texter struct {
	dialect.Walker
	body []byte
}

var knownNames = []string{
	"messages", "role", "content", "content_blocks", "type", "text", "tool_calls", "function", "custom", "arguments", "input", "refusal",
	"thinking", "file", "file_data", "mime_type", "reasoning", "reasoning_content", "reasoning_details", "summary", "function_call",
}

func (t *texter) message() error {
	role := ""
	err := t.Object(func(name string) error {
		switch name {
		case "role":
			var err error
			role, err = t.Word()
			return err
		case "content", "content_blocks":
			return t.content()
		case "refusal":
			return t.Text(inRole)
		case "reasoning", "reasoning_content":
			return t.Text(inReasoning)
		case "reasoning_details":
			return t.Array(t.detail)
		case "tool_calls":
			return t.Array(t.call)
		case "function_call":
			return t.function()
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

func (t *texter) content() error {
	if t.Kind() == '[' {
		return t.Array(t.part)
	}
	return t.Text(inRole)
}

func (t *texter) call() error {
	return t.Object(func(name string) error {
		if name == "function" || name == "custom" {
			return t.function()
		}
		return t.SkipValue()
	})
}

func (t *texter) function() error {
	return t.Object(func(name string) error {
		if name == "arguments" || name == "input" {
			return t.Strings(inArguments)
		}
		return t.SkipValue()
	})
}

func (t *texter) detail() error {
	return t.Object(func(name string) error {
		if name == "text" || name == "summary" {
			return t.Text(inReasoning)
		}
		return t.SkipValue()
	})
}

func (t *texter) part() error {
	return t.Object(func(name string) error {
		switch name {
		case "text", "refusal":
			return t.Text(inRole)
		case "content": // of a part that nobody knows
			return t.content()
		case "thinking":
			if t.Kind() == '[' {
				return t.Array(t.detail)
			}
			return t.Text(inReasoning)
		case "file":
			return t.file()
		}
		return t.SkipValue()
	})
}

// file notes the text of a file that is given as it is, not in base64.
func (t *texter) file() error {
	before, mime := len(t.Spans), ""
	err := t.Object(func(name string) error {
		switch name {
		case "mime_type":
			var err error
			mime, err = t.Word()
			return err
		case "file_data":
			return t.Text(inRole)
		}
		return t.SkipValue()
	})
	if mime != "text/plain" || len(t.Spans) > before && isDataURLAt(t.body[t.Spans[before].Start:]) {
		t.Spans = t.Spans[:before]
	}
	return err
}

func isDataURLAt(quoted []byte) bool {
	const head = `"data:`
	return len(quoted) > len(head) && bytes.EqualFold(quoted[:len(head)], []byte(head))
}
