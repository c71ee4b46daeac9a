package bedrock

import (
	"iter"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
)

// Surfaces of a request, beside the roles.
const (
	inSystem    = "system"
	inUser      = "user"
	inArguments = "tool_arguments"
	inResult    = "tool_result"
	inReasoning = "reasoning"
)

// Texts yields the texts of a request in their order. The turn of the system
// prompt is -1. Of the input and of the JSON result of a tool, every text
// inside is one. A body that is not valid JSON has none.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		t := texter{Walker: dialect.NewWalker(in.Body, yield, knownNames...)}
		if t.Object(t.member) == nil {
			_ = t.Flush("") // which only fails when nobody wants more
		}
	}
}

type texter struct {
	dialect.Walker
	messages int
}

var knownNames = []string{
	"system", "messages", "role", "content", "text", "guardContent", "document", "source", "context", "searchResult",
	"citationsContent", "toolUse", "input", "toolResult", "json", "reasoningContent", "reasoningText",
}

func (t *texter) member(name string) error {
	switch name {
	case "system":
		t.Turn = -1
		return t.blocks(func(path []string) (string, bool) { return inSystem, isText(path) })
	case "messages":
		return t.Array(t.message)
	}
	return t.SkipValue()
}

// message notes the texts of a message. Its role may stand behind them.
func (t *texter) message() error {
	t.Turn = t.messages
	t.messages++
	role, first := inUser, len(t.Spans)
	err := t.Object(func(name string) error {
		switch name {
		case "role":
			var err error
			role, err = t.Word()
			return err
		case "content":
			return t.blocks(surface)
		}
		return t.SkipValue()
	})
	t.Settle(first, role)
	return err
}

// blocks notes the strings of blocks that are texts.
func (t *texter) blocks(surface func(path []string) (string, bool)) error {
	return t.Array(func() error {
		return t.Leaves(func(path []string) error {
			if s, is := surface(path); is {
				return t.Text(s)
			}
			return t.SkipValue()
		})
	})
}

// surface classes the path to a string inside a block. An empty surface is
// that of the message's role.
func surface(p []string) (string, bool) {
	switch {
	case under(p, "toolUse", "input"):
		return inArguments, true
	case under(p, "toolResult", "content", "*", "json"):
		return inResult, true
	case under(p, "toolResult", "content", "*"):
		return inResult, isText(p[3:])
	case slices.Equal(p, []string{"reasoningContent", "reasoningText", "text"}):
		return inReasoning, true
	}
	return "", isText(p)
}

// textPaths lead to texts inside a block.
var textPaths = [][]string{
	{"text"},
	{"guardContent", "text", "text"},
	{"document", "source", "text"},
	{"document", "source", "content", "*", "text"},
	{"document", "context"},
	{"searchResult", "content", "*", "text"},
	{"citationsContent", "content", "*", "text"},
}

func isText(p []string) bool {
	return slices.ContainsFunc(textPaths, func(t []string) bool { return slices.Equal(t, p) })
}

func under(p []string, prefix ...string) bool {
	return len(p) >= len(prefix) && slices.Equal(p[:len(prefix)], prefix)
}
