package oracle

import (
	"slices"
	"strings"

	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// cohere writes a CohereChatRequest: the last message of the user, or the
// last results of tools, with the history before it.
func (p *preparation) cohere() error {
	if err := p.One(); err != nil {
		return err
	}
	p.Str("apiFormat", "COHERE")
	messages, preamble, err := p.withoutSystem(p.Messages())
	if err != nil {
		return err
	}
	last := len(messages)
	for last > 0 && messages[last-1].Role == llm.ToolRole {
		last--
	}
	results := messages[last:]
	message := ""
	if len(results) == 0 && last > 0 && messages[last-1].Role == llm.User {
		last--
		message = messages[last].Text()
	}
	p.Str("message", message)
	p.history(messages[:last])
	p.StrIf("preambleOverride", preamble)
	if len(results) > 0 {
		p.results("toolResults", results, callsOf(messages))
	}
	if err := p.cohereTools(); err != nil {
		return err
	}
	p.cohereParams()
	return nil
}

// withoutSystem takes the instructions out, which are one text here. Media
// have no place.
func (p *preparation) withoutSystem(all []outbound.Message) (rest []outbound.Message, preamble string, err error) {
	var texts []string
	for _, m := range all {
		if len(m.Media()) > 0 {
			return nil, "", p.Refuse("messages.content", "takes text only for Cohere's models")
		}
		p.DropIf(m.Thought != "", "messages.content (reasoning)")
		if m.Role == llm.System {
			texts = append(texts, m.Text())
		} else {
			rest = append(rest, m)
		}
	}
	return rest, strings.Join(texts, "\n"), nil
}

func callsOf(messages []outbound.Message) map[string]*llm.ToolCall {
	calls := map[string]*llm.ToolCall{}
	for _, m := range messages {
		for _, c := range m.Calls {
			calls[c.ID] = c
		}
	}
	return calls
}

func (p *preparation) history(messages []outbound.Message) {
	if len(messages) == 0 {
		return
	}
	calls := callsOf(messages)
	p.Open("chatHistory", '[')
	for i := 0; i < len(messages); i++ {
		m := &messages[i]
		p.Open("", '{')
		switch m.Role {
		case llm.ToolRole:
			end := i + 1
			for end < len(messages) && messages[end].Role == llm.ToolRole {
				end++
			}
			p.Str("role", "TOOL")
			p.results("toolResults", messages[i:end], calls)
			i = end - 1
		case llm.Assistant:
			p.Str("role", "CHATBOT")
			p.Str("message", m.Text())
			p.calls(m.Calls)
		default:
			p.Str("role", "USER")
			p.Str("message", m.Text())
		}
		p.Close('}')
	}
	p.Close(']')
}

func (p *preparation) calls(calls []*llm.ToolCall) {
	if len(calls) == 0 {
		return
	}
	p.Open("toolCalls", '[')
	for _, c := range calls {
		p.Open("", '{')
		p.call(c)
		p.Close('}')
	}
	p.Close(']')
}

func (p *preparation) call(c *llm.ToolCall) {
	p.Str("name", c.Name)
	p.Raw("parameters", outbound.Arguments(c))
}

// results repeats the call of each result: there are no ids.
func (p *preparation) results(name string, messages []outbound.Message, calls map[string]*llm.ToolCall) {
	p.Open(name, '[')
	for i := range messages {
		m := &messages[i]
		p.Open("", '{')
		p.Open("call", '{')
		if c := calls[m.Result.CallID]; c != nil {
			p.call(c)
		} else {
			p.Str("name", m.Tool)
			p.Raw("parameters", json.Value("{}"))
		}
		p.Close('}')
		p.Open("outputs", '[')
		p.Open("", '{')
		p.Str("output", m.Text())
		p.Close('}')
		p.Close(']')
		p.Close('}')
	}
	p.Close(']')
}

func (p *preparation) cohereParams() {
	p.IntIf("maxTokens", p.R.MaxTokens)
	p.sampling()
	p.stop("stopSequences")
	o := &p.R.Output
	switch o.Kind {
	case llm.OutputJSON, llm.OutputSchema:
		p.Open("responseFormat", '{')
		p.Str("type", "JSON_OBJECT")
		p.Raw("schema", o.Schema)
		p.Close('}')
	default:
		p.DropIf(!o.Native.Empty(), "response_format")
	}
	p.stream()
	p.DropIf(!p.R.Reasoning.IsZero(), "reasoning")
	p.Residue(map[string]string{"is_echo": "isEcho", "documents": "documents", "max_tokens": ""})
}

// cohereTools writes tools, whose parameters have a name, a type of Python's
// and a description, and no schema below that.
func (p *preparation) cohereTools() error {
	functions, err := p.Offered()
	if err != nil || len(functions) == 0 {
		return err
	}
	p.Open("tools", '[')
	for _, f := range functions {
		p.Open("", '{')
		p.Str("name", f.Name)
		p.Str("description", f.Description)
		p.definitions(f.Parameters)
		p.Close('}')
	}
	p.Close(']')
	return nil
}

// pythons are the types of parameters.
var pythons = map[string]string{"string": "str", "number": "float", "integer": "int", "boolean": "bool", "array": "List", "object": "Dict"}

func (p *preparation) definitions(schema json.Value) {
	var required []string
	if elements, err := json.Elements(json.Lookup(schema, "required")); err == nil {
		for _, e := range elements {
			required = append(required, json.Unquote(e))
		}
	}
	p.Open("parameterDefinitions", '{')
	for _, m := range json.ObjectOf(json.Lookup(schema, "properties")) {
		o := json.ObjectOf(m.Value)
		typ := pythons[json.Unquote(o.Get("type"))]
		if typ == "" {
			typ = "Any"
		}
		p.Open(m.Name, '{')
		p.Str("type", typ)
		p.StrIf("description", json.Unquote(o.Get("description")))
		p.Bool("isRequired", slices.Contains(required, m.Name))
		p.Close('}')
		for _, detail := range o {
			p.DropIf(detail.Name != "type" && detail.Name != "description", "tools.parameters."+detail.Name)
		}
	}
	p.Close('}')
}
