package bedrock

import (
	"iter"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
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
		t := texter{d: json.NewDecoder(in.Body), turn: -1}
		if t.value() != nil {
			return
		}
		for _, s := range t.spans {
			if !yield(s) {
				return
			}
		}
	}
}

// A texter walks over one body and knows the path to where it is. The
// elements of arrays are "*".
type texter struct {
	d     *json.Decoder
	path  []string
	turn  int
	role  string // of the message; it may stand behind the content
	spans []dialect.Span
}

func (t *texter) value() error {
	switch t.d.PeekKind() {
	case '{':
		return t.inside('}', func() error {
			name, err := t.d.ReadToken()
			if err != nil {
				return err
			}
			return t.step(name.String())
		})
	case '[':
		if slices.Equal(t.path, []string{"messages"}) {
			return t.inside(']', t.message)
		}
		return t.inside(']', func() error { return t.step("*") })
	case '"':
		v, err := t.d.ReadValue()
		if err != nil {
			return err
		}
		t.text(v, int(t.d.InputOffset()))
		return nil
	}
	return t.d.SkipValue()
}

// inside reads an object or an array, each of whose members next reads.
func (t *texter) inside(end byte, next func() error) error {
	if _, err := t.d.ReadToken(); err != nil {
		return err
	}
	for byte(t.d.PeekKind()) != end {
		if err := next(); err != nil {
			return err
		}
	}
	_, err := t.d.ReadToken()
	return err
}

func (t *texter) step(name string) error {
	t.path = append(t.path, name)
	err := t.value()
	t.path = t.path[:len(t.path)-1]
	return err
}

func (t *texter) message() error {
	t.turn++
	t.role = inUser
	first := len(t.spans)
	if err := t.step("*"); err != nil {
		return err
	}
	for i := range t.spans[first:] {
		if s := &t.spans[first+i]; s.Surface == "" {
			s.Surface = t.role
		}
	}
	return nil
}

// text keeps a string that ends at end, if it is one of the texts and says
// anything.
func (t *texter) text(v json.Value, end int) {
	s := dialect.Span{Start: end - len(v), End: end, Turn: t.turn}
	is := false
	switch p := t.path; {
	case under(p, "messages", "*", "role"):
		t.role = json.Unquote(v)
	case under(p, "system", "*"):
		s.Surface, s.Turn, is = inSystem, -1, isText(p[2:])
	case under(p, "messages", "*", "content", "*"):
		s.Surface, is = surface(p[4:])
	}
	if is && len(v) > 2 {
		t.spans = append(t.spans, s)
	}
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
