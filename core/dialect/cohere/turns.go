package cohere

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// turns reads the messages, one turn each.
func (q *request) turns(r *llm.Request) error {
	r.Turns = make([]llm.Turn, len(q.Messages))
	for i := range q.Messages {
		t, err := q.Messages[i].turn(fmt.Sprintf("messages[%d]", i))
		if err != nil {
			return err
		}
		r.Turns[i] = t
	}
	return nil
}

func (m *message) turn(path string) (llm.Turn, error) {
	t := llm.Turn{Role: llm.Role(m.Role)}
	switch m.Role {
	case "system", "user", "assistant":
		said, left, err := m.said(path)
		t.Parts, t.Native = said, left
		return t, err
	case "tool":
		return m.result(path)
	case "":
		return t, dialect.BadMember(path+".role", "is missing")
	}
	return t, dialect.BadMember(path+".role", "must be system, user, assistant or tool")
}

// said reads everything but the role: the content, then the plan, then the
// calls that follow from it.
func (m *message) said(path string) ([]llm.Part, llm.Native, error) {
	parts, err := m.Content.canonical(path + ".content")
	if err != nil {
		return nil, llm.Native{}, err
	}
	cited := cite(parts, m.Citations)
	plan := m.plan(&parts)
	for i := range m.ToolCalls {
		c, err := m.ToolCalls[i].canonical(fmt.Sprintf("%s.tool_calls[%d]", path, i))
		if err != nil {
			return nil, llm.Native{}, err
		}
		parts = append(parts, c)
	}
	return parts, residue(m.Rest, plan, json.Named("citations", cited), json.Named("tool_call_id", quoted(m.ToolCallID))), nil
}

// plan adds the plan before the calls as reasoning. An empty one is a mark.
func (m *message) plan(parts *[]llm.Part) json.Member {
	switch {
	case m.ToolPlan == nil:
		return json.Member{}
	case *m.ToolPlan == "":
		return json.Named("tool_plan", markString)
	}
	*parts = append(*parts, &llm.Reasoning{Text: *m.ToolPlan, Origin: llm.Cohere, Native: planNative})
	return json.Member{}
}

// planNative marks reasoning that is a plan.
var planNative = llm.Native{Dialect: llm.Cohere, Members: json.Value(`{"tool_plan":{}}`)}

// isPlan reports whether reasoning stood in tool_plan.
func isPlan(n llm.Native) bool { return own(n).Has("tool_plan") }

func (c *toolCall) canonical(path string) (*llm.ToolCall, error) {
	switch {
	case c.ID == "":
		return nil, dialect.BadMember(path+".id", "is missing")
	case c.Function.Name == "":
		return nil, dialect.BadMember(path+".function.name", "is missing")
	}
	return c.read(), nil
}

// read takes a call as it is: answers are read without complaint.
func (c *toolCall) read() *llm.ToolCall {
	kind := quoted(c.Type)
	if c.Type == "function" {
		kind = nil
	}
	return &llm.ToolCall{
		ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments,
		Native: residue(c.Rest, json.Named("type", kind), json.Named("function", c.Function.Rest)),
	}
}

// result reads the message that answers a tool call.
func (m *message) result(path string) (llm.Turn, error) {
	t := llm.Turn{Role: llm.ToolRole}
	if m.ToolCallID == "" {
		return t, dialect.BadMember(path+".tool_call_id", "is missing")
	}
	parts, err := m.Content.canonical(path + ".content")
	if err != nil {
		return t, err
	}
	t.Parts = []llm.Part{&llm.ToolResult{CallID: m.ToolCallID, Parts: parts, Native: residue(m.Rest)}}
	return t, nil
}

func (c *content) canonical(path string) ([]llm.Part, error) {
	if c.Plain != nil {
		return []llm.Part{&llm.Text{Text: *c.Plain}}, nil
	}
	var out []llm.Part
	for i := range c.Parts {
		p, err := c.Parts[i].canonical(func() string { return fmt.Sprintf("%s[%d]", path, i) })
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// canonical reads a part. A kind that nobody knows is kept whole.
func (p *part) canonical(at func() string) (llm.Part, error) {
	switch p.Type {
	case "text":
		if p.Text == nil {
			return nil, dialect.BadMember(at()+".text", "is missing")
		}
		return &llm.Text{Text: *p.Text, Native: p.left("text")}, nil
	case "thinking":
		if p.Thinking == nil {
			return nil, dialect.BadMember(at()+".thinking", "is missing")
		}
		return p.thinking(), nil
	case "image_url":
		if p.ImageURL == nil || p.ImageURL.URL == "" {
			return nil, dialect.BadMember(at()+".image_url.url", "is missing")
		}
		return p.image(), nil
	case "document":
		if p.Document == nil {
			return nil, dialect.BadMember(at()+".document", "is missing")
		}
		return p.document(), nil
	case "":
		return nil, dialect.BadMember(at()+".type", "is missing")
	}
	return &llm.Foreign{Kind: p.Type, Native: p.left("", json.Named("type", json.Quote(p.Type)))}, nil
}

// thinking reads a thought. A signature is of whoever the client has talked
// to; the codec of that provider decides.
func (p *part) thinking() *llm.Reasoning {
	r := &llm.Reasoning{Text: *p.Thinking, Origin: llm.Cohere, Native: p.left("thinking")}
	if p.Signature != "" {
		r.Signature, r.Origin = dialect.ReadOrigin(p.Signature, "")
	}
	return r
}

// left is what remains of a part when its type has taken the member used.
func (p *part) left(used string, extra ...json.Member) llm.Native {
	add := func(name string, v json.Value) {
		if v != nil && name != used {
			extra = append(extra, json.Named(name, v))
		}
	}
	if p.Text != nil {
		add("text", json.Quote(*p.Text))
	}
	if p.Thinking != nil {
		add("thinking", json.Quote(*p.Thinking))
	}
	if p.Type != "thinking" {
		add("signature", quoted(p.Signature))
	}
	if p.ImageURL != nil {
		add("image_url", p.ImageURL.json())
	}
	if p.Document != nil {
		add("document", p.Document.json())
	}
	return residue(p.Rest, extra...)
}
