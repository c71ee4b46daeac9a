package outbound

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A Function is a tool as all dialects here know it.
type Function struct {
	Name, Description string
	Parameters        json.Value // JSON Schema of an object; never nil
}

var anyObject = json.Value(`{"type":"object","properties":{}}`)

// Functions are the tools of the request. Tools of a provider's own are
// refused.
func (p *Preparation) Functions() ([]Function, error) {
	var out []Function
	for i := range p.R.Tools {
		t := &p.R.Tools[i]
		f := Function{Name: p.ToolName(t.Name), Description: t.Description, Parameters: t.Parameters}
		switch t.Kind {
		case llm.FunctionTool, "":
			p.lost("tools.", t.Native)
		case llm.CustomTool:
			p.Names.Free(t.Name)
			p.DropIf(json.Lookup(t.Native.Members, "format") != nil || json.Lookup(t.Native.Members, "custom", "format") != nil, "tools.format")
			f.Parameters = dialect.FreeTextSchema
		default:
			return nil, llm.Errorf(llm.Unsupported, "%s does not have the tool %q", p.who(), t.Kind)
		}
		if f.Parameters.Kind() != '{' {
			f.Parameters = anyObject
		}
		p.DropIf(t.Cache != nil, "cache_control")
		p.DropIf(t.Strict != nil && *t.Strict, "tools.strict")
		out = append(out, f)
	}
	return out, nil
}

// Offered are the [Preparation.Functions] that the model is shown, for dialects
// in which it chooses freely among all tools that it sees.
func (p *Preparation) Offered() ([]Function, error) {
	functions, err := p.Functions()
	if err != nil {
		return nil, err
	}
	choice := p.R.ToolChoice
	p.DropIf(choice.Mode == llm.ToolRequired || choice.Mode == llm.ToolNamed || len(choice.Allowed) > 0, "tool_choice")
	p.DropIf(p.R.ParallelTools != nil && !*p.R.ParallelTools, "parallel_tool_calls")
	if choice.Mode == llm.ToolNone {
		return nil, nil
	}
	return functions, nil
}

// OfferedTools writes the member tools, if there is any [Preparation.Offered].
func (p *Preparation) OfferedTools() error {
	functions, err := p.Offered()
	if err != nil || len(functions) == 0 {
		return err
	}
	p.Open("tools", '[')
	for i := range functions {
		functions[i].Write(&p.Writer)
	}
	p.Close(']')
	return nil
}

// Write writes the function as an element, in OpenAI's form, which others have
// taken over.
func (f *Function) Write(w *json.Writer) {
	w.Open("", '{')
	w.Str("type", "function")
	w.Open("function", '{')
	w.Str("name", f.Name)
	w.StrIf("description", f.Description)
	w.Raw("parameters", f.Parameters)
	w.Close('}')
	w.Close('}')
}

// ToolName is the name under which a tool is sent.
func (p *Preparation) ToolName(name string) string { return p.Names.Send(name, dialect.MaxToolName) }

// Arguments are those of a call, as an object. What a model wrote that is no
// object stands in one, under a name that says so.
func Arguments(c *llm.ToolCall) json.Value {
	v := json.Value(strings.TrimSpace(c.Arguments))
	switch {
	case c.Custom:
		return object("input", json.Quote(c.Arguments))
	case len(v) == 0:
		return json.Value("{}")
	case !v.IsValid():
		return object("arguments", json.Quote(c.Arguments))
	case v.Kind() != '{':
		return object("arguments", v)
	}
	return v
}

func object(name string, v json.Value) json.Value {
	w := json.NewWriter("{")
	w.Raw(name, v)
	w.Close('}')
	return w.B
}
