package guard

import (
	"cmp"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/form"
	"sluice/core/internal/header"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Request is what a client asks for, with its texts.
type Request struct {
	call     *core.Call
	provider string
	pieces   []piece
	field    string // the form's field that the only piece is the value of; empty: the body is JSON
}

// NewRequest reads the texts of a call to a provider.
func NewRequest(c *core.Call, provider string) *Request {
	r := &Request{call: c, provider: provider}
	if t := header.Get(c.Header, "Content-Type"); form.Is(t) {
		if v, err := form.Value(t, c.Body, "prompt"); err == nil && v != "" {
			r.field = "prompt"
			r.pieces = []piece{{Text: Text{Place: Prompt, Role: "user", Text: v}}}
		}
		return r
	}
	if find, ok := finders[c.Operation]; ok {
		r.pieces = find(c.Body)
	} else if in, ok := c.Decoder.(dialect.Inbound); ok {
		for s := range in.Texts(c.Incoming) {
			r.pieces = append(r.pieces, pieceOf(c, s))
		}
		r.pieces = beside(c.Body, r.pieces, c.Dialect == llm.InvokeModel && len(r.pieces) == 0)
	}
	return r
}

// Unread names the member of the body that holds texts which nobody reads,
// empty if there is none.
func (r *Request) Unread() string {
	if r.call.Operation == llm.CountTokens && json.Lookup(r.call.Body, "input", "invokeModel", "body") != nil {
		return "input.invokeModel.body"
	}
	return ""
}

// pieceOf reads a span of a conversation.
func pieceOf(c *core.Call, s dialect.Span) piece {
	t := Text{Place: Content, Role: s.Surface, Turn: s.Turn, Text: json.Unquote(c.Body[s.Start:s.End])}
	switch s.Surface {
	case "tool_arguments":
		t.Place, t.Role = ToolCall, "assistant"
	case "tool_result":
		t.Place, t.Role = ToolResult, "tool"
	case "reasoning":
		t.Place, t.Role = Reasoning, "assistant"
	case "user":
		if c.Dialect == llm.OpenAIText {
			t.Place = Prompt
		}
	}
	return piece{t, s.Start, s.End}
}

// Input is what checks are told of the request before it is sent.
func (r *Request) Input() *Input {
	c := r.call
	in := &Input{
		Event: Before, Operation: operationOf(c), Provider: r.provider, Model: c.Model, Stream: c.Stream,
		Metadata: c.Metadata, Header: c.Header, Trace: cmp.Or(header.Get(c.Header, "X-Portkey-Trace-Id"), c.ID), doc: r,
		Redactor: redactorOf(c),
	}
	in.read()
	return in
}

// Call is the request as hooks have left it.
func (r *Request) Call(o *Outcome) *core.Call {
	if left, ok := o.left.(*Request); ok {
		return left.call
	}
	return r.call
}

func (r *Request) texts() []Text { return textsIn(r.pieces) }

func (r *Request) json() json.Value {
	if v := json.Value(r.call.Body); v.Kind() == '{' {
		return v
	}
	return nil
}

func (r *Request) with(texts []string) (document, error) {
	body := r.call.Body
	var err error
	switch {
	case r.field == "":
		body = spliced(body, r.pieces, texts)
	case texts[0] != r.pieces[0].Text.Text:
		body, err = form.Set(header.Get(r.call.Header, "Content-Type"), body, r.field, texts[0])
	}
	if err != nil {
		return nil, errNoBody
	}
	return NewRequest(r.call.WithBody(body), r.provider), nil
}

func (r *Request) replaced(v json.Value) (document, error) {
	if r.json() == nil || v.Kind() != '{' || !json.Valid(v) {
		return nil, errNoBody
	}
	c := r.call.WithBody(v)
	if model := json.Unquote(json.Lookup(v, "model")); model != "" && c.Dialect.NamesModel() {
		c.Model = model
	}
	return NewRequest(c, r.provider), nil
}

// operationOf is what a call asks for in the reference's words.
func operationOf(c *core.Call) string {
	if c.Operation != llm.Generate {
		return string(c.Operation)
	}
	switch c.Dialect {
	case llm.OpenAIText:
		return "complete"
	case llm.Anthropic:
		return "messages"
	case llm.OpenAIResponses:
		return "createModelResponse"
	}
	return string(llm.Generate)
}
