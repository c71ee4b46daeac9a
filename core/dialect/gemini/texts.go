package gemini

import (
	"iter"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
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

// A texter walks over one body and knows the names that lead to where it is.
// Arrays add nothing to them, because a list may also come without one.
type texter struct {
	d     *json.Decoder
	path  []string
	turn  int
	role  string // of the content, which may stand behind the parts
	think bool   // the part is a thought
	spans []dialect.Span
}

func (t *texter) value() error {
	switch t.d.PeekKind() {
	case '{':
		return t.object()
	case '[':
		return t.inside(']', t.value)
	case '"':
		v, err := t.d.ReadValue()
		if err != nil {
			return err
		}
		t.text(v, int(t.d.InputOffset()))
		return nil
	case 't':
		t.think = t.think || t.at("contents", "parts", "thought")
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

// object reads an object. The surface of the texts in a content and in a part
// is known when it has been read.
func (t *texter) object() error {
	first := len(t.spans)
	isContent, isPart := t.at("contents"), t.at("contents", "parts")
	if isContent {
		t.turn++
		t.role = inUser
	}
	if isPart {
		t.think = false
	}
	if err := t.inside('}', t.member); err != nil {
		return err
	}
	for i := range t.spans[first:] {
		s := &t.spans[first+i]
		switch {
		case s.Surface != "":
		case isPart && t.think:
			s.Surface = inReasoning
		case isContent:
			s.Surface = t.role
		}
	}
	return nil
}

func (t *texter) member() error {
	name, err := t.d.ReadToken()
	if err != nil {
		return err
	}
	s := name.String()
	if len(t.path) < 4 { // below are the client's own
		s = camel(s)
	}
	if len(t.path) == 0 && s == "generateContentRequest" { // of a count
		return t.value()
	}
	t.path = append(t.path, s)
	err = t.value()
	t.path = t.path[:len(t.path)-1]
	return err
}

func (t *texter) at(names ...string) bool { return slices.Equal(t.path, names) }

func (t *texter) under(names ...string) bool {
	return len(t.path) >= len(names) && slices.Equal(t.path[:len(names)], names)
}

// text keeps a string that ends at end, if it is one of the texts and says
// anything.
func (t *texter) text(v json.Value, end int) {
	s := dialect.Span{Start: end - len(v), End: end, Turn: t.turn}
	switch {
	case t.at("contents", "role"):
		if json.Unquote(v) == "model" {
			t.role = inAssistant
		}
		return
	case t.at("systemInstruction", "parts", "text"):
		s.Surface, s.Turn = inSystem, -1
	case t.at("contents", "parts", "text"):
	case t.at("contents", "parts", "executableCode", "code"):
	case t.under("contents", "parts", "functionCall", "args"):
		s.Surface = inArguments
	case t.under("contents", "parts", "functionResponse", "response"), t.at("contents", "parts", "codeExecutionResult", "output"):
		s.Surface = inResult
	default:
		return
	}
	if len(v) > 2 {
		t.spans = append(t.spans, s)
	}
}
