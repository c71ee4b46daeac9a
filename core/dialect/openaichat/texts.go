package openaichat

import (
	"iter"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/json"
)

// Texts yields every text of the messages, in their order. A body that is not
// a chat completion request has none.
func (Codec) Texts(in core.Incoming) iter.Seq[dialect.Span] {
	return func(yield func(dialect.Span) bool) {
		got, err := json.Pick(in.Body, "messages")
		if err != nil {
			return
		}
		t := texter{body: in.Body, yield: yield}
		for i, m := range elements(got[0]) {
			t.turn = i
			t.message(parse(m))
			if t.stopped {
				return
			}
		}
	}
}

func elements(v json.Value) []json.Value {
	if v.Kind() != '[' {
		return nil
	}
	all, err := json.Elements(v)
	if err != nil {
		return nil
	}
	return all
}

// texter walks over one body. All values alias the body, so that their place
// in it is known.
type texter struct {
	body    []byte
	yield   func(dialect.Span) bool
	turn    int
	stopped bool
}

// text yields a value if it is a string that says anything.
func (t *texter) text(surface string, v json.Value) {
	if t.stopped || v.Kind() != '"' || len(v) == 2 {
		return
	}
	at := json.Offset(t.body, v)
	if at < 0 {
		return
	}
	t.stopped = !t.yield(dialect.Span{Start: at, End: at + len(v), Surface: surface, Turn: t.turn})
}

// Surfaces of a request.
const (
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

func (t *texter) message(ms members) {
	surface := surfaceOf(json.Unquote(ms.get("role")))
	for _, m := range ms {
		switch m.Name {
		case "content", "content_blocks":
			t.content(surface, m.Value)
		case "refusal":
			t.text(surface, m.Value)
		case "reasoning_content", "reasoning":
			t.text(inReasoning, m.Value)
		case "reasoning_details":
			t.each(m.Value, func(block members) {
				t.text(inReasoning, block.get("text"))
				t.text(inReasoning, block.get("summary"))
			})
		case "tool_calls":
			t.each(m.Value, func(call members) {
				t.text(inArguments, parse(call.get("function")).get("arguments"))
				t.text(inArguments, parse(call.get("custom")).get("input"))
			})
		case "function_call":
			t.text(inArguments, parse(m.Value).get("arguments"))
		}
	}
}

func (t *texter) each(v json.Value, f func(members)) {
	for _, e := range elements(v) {
		if t.stopped {
			return
		}
		f(parse(e))
	}
}

func (t *texter) content(surface string, v json.Value) {
	t.text(surface, v)
	t.each(v, func(part members) {
		for _, m := range part {
			switch m.Name {
			case "text", "refusal":
				t.text(surface, m.Value)
			case "thinking":
				t.text(inReasoning, m.Value)
				t.each(m.Value, func(p members) { t.text(inReasoning, p.get("text")) })
			case "file":
				t.file(surface, parse(m.Value))
			}
		}
	})
}

// file yields the text of a file that is given as it is, not in base64.
func (t *texter) file(surface string, file members) {
	m := json.Unquote(file.get("mime_type"))
	v := file.get("file_data")
	if _, _, encoded := parseDataURL(json.Unquote(v)); m == "text/plain" && !encoded {
		t.text(surface, v)
	}
}
