package cohere

import (
	"bytes"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// response is the body of an answer.
type response struct {
	ID           string     `json:"id"`
	Message      *message   `json:"message"`
	FinishReason string     `json:"finish_reason"`
	Usage        json.Value `json:"usage"`
	Rest         json.Value `json:",embed"`
}

const anAnswer = "a chat answer"

// DecodeResponse reads a whole answer. One that ends with ERROR or TIMEOUT is
// that error; a body that is no answer is an *llm.Error of kind Upstream.
func (x *exchange) DecodeResponse(body []byte) (*llm.Response, error) {
	var r response
	if err := json.UnmarshalLoose(body, &r); err != nil {
		if json.Lookup(body, "message").Kind() == '"' { // an error with status 200
			return nil, x.errors().Event(body)
		}
		path, what := json.Problem(err)
		return nil, x.errors().Unreadable(body, anAnswer, path+": "+what)
	}
	if r.Message == nil {
		if e := x.errors().Inside(body); e != nil {
			return nil, e
		}
		return nil, x.errors().Unreadable(body, anAnswer, "it has no message")
	}
	if e := failed(r.FinishReason, json.Unquote(json.Lookup(r.Rest, "error")), x.provider); e != nil {
		e.Raw, e.RawType = bytes.Clone(body), "application/json"
		return nil, e
	}
	return x.canonical(&r), nil
}

func (x *exchange) canonical(r *response) *llm.Response {
	out := &llm.Response{ID: r.ID, Usage: decodeUsage(r.Usage), Native: residue(r.Rest)}
	out.Native.Dialect = llm.Cohere
	m := r.Message
	c := llm.Choice{Finish: finish(r.FinishReason)}
	for i := range m.Content.Parts {
		c.Parts = append(c.Parts, m.Content.Parts[i].said())
	}
	if m.Content.Plain != nil {
		c.Parts = []llm.Part{&llm.Text{Text: *m.Content.Plain}}
	}
	cited := cite(c.Parts, m.Citations)
	plan := m.plan(&c.Parts)
	for i := range m.ToolCalls {
		call := m.ToolCalls[i].read()
		if call.Name = x.names.Client(call.Name); x.names.IsFree(call.Name) {
			call.Custom, call.Arguments = true, dialect.FreeText(call.Arguments)
		}
		c.Parts = append(c.Parts, call)
	}
	left := residue(m.Rest, plan, json.Named("citations", cited))
	c.Native = residue(nil, json.Named("message", left.Members))
	out.Choices = []llm.Choice{c}
	return out
}

// said reads a part of an answer, without complaint.
func (p *part) said() llm.Part {
	if q, err := p.canonical(func() string { return "" }); err == nil {
		return q
	}
	return &llm.Foreign{Kind: p.Type, Native: p.left("", json.Named("type", json.Quote(p.Type)))}
}
