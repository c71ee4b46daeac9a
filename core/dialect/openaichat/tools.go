package openaichat

import (
	"fmt"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// tool is one of a request. Types other than function and custom are a
// provider's own.
type tool struct {
	Type         string        `json:"type"`
	Function     *function     `json:"function"`
	Custom       *customTool   `json:"custom"`
	CacheControl *cacheControl `json:"cache_control"`
	Rest         json.Value    `json:",embed"`
}

type function struct {
	Name        string     `json:"name,omitzero"`
	Description string     `json:"description,omitzero"`
	Parameters  json.Value `json:"parameters,omitzero"`
	Strict      *bool      `json:"strict,omitzero"`
	Rest        json.Value `json:",embed"`
}

type customTool struct {
	Name        string     `json:"name,omitzero"`
	Description string     `json:"description,omitzero"`
	Rest        json.Value `json:",embed"`
}

func (q *request) tools(r *llm.Request) error {
	if q.Tools != nil {
		r.Tools = make([]llm.Tool, 0, len(q.Tools)+len(q.Functions))
	}
	for i := range q.Tools {
		t, err := q.Tools[i].canonical(i)
		if err != nil {
			return err
		}
		r.Tools = append(r.Tools, t)
	}
	for i := range q.Functions {
		f := &q.Functions[i]
		if f.Name == "" {
			return dialect.BadMember(fmt.Sprintf("functions[%d].name", i), "is missing")
		}
		t := f.canonical()
		t.Native = residue(nil, json.Named("functions", markObject), json.Named("function", f.Rest))
		r.Tools = append(r.Tools, t)
	}
	return nil
}

func (f *function) canonical() llm.Tool {
	return llm.Tool{
		Kind: llm.FunctionTool, Name: f.Name, Description: f.Description, Parameters: openaiwire.NotNull(f.Parameters), Strict: f.Strict,
	}
}

func (t *tool) canonical(i int) (llm.Tool, error) {
	switch {
	case t.Type == "function" && t.Function != nil && t.Function.Name != "":
		out := t.Function.canonical()
		out.Cache = t.CacheControl.mark()
		out.Native = residue(t.Rest, json.Named("function", t.Function.Rest))
		return out, nil
	case t.Type == "custom" && t.Custom != nil && t.Custom.Name != "":
		return llm.Tool{
			Kind: llm.CustomTool, Name: t.Custom.Name, Description: t.Custom.Description, Cache: t.CacheControl.mark(),
			Native: residue(t.Rest, json.Named("custom", t.Custom.Rest)),
		}, nil
	case t.Type == "":
		return llm.Tool{}, dialect.BadMember(fmt.Sprintf("tools[%d].type", i), "is missing")
	case t.Type == "function" || t.Type == "custom":
		return llm.Tool{}, dialect.BadMember(fmt.Sprintf("tools[%d].%s.name", i, t.Type), "is missing")
	}
	return t.provider(), nil
}

// provider keeps a tool of a provider's own whole.
func (t *tool) provider() llm.Tool {
	extra := []json.Member{json.Named("type", json.Quote(t.Type))}
	if t.Function != nil {
		extra = append(extra, json.Named("function", json.ValueOf(t.Function)))
	}
	if t.Custom != nil {
		extra = append(extra, json.Named("custom", json.ValueOf(t.Custom)))
	}
	if t.CacheControl != nil {
		extra = append(extra, json.Named("cache_control", json.ValueOf(t.CacheControl)))
	}
	n := residue(t.Rest, extra...)
	return llm.Tool{Kind: t.Type, Name: json.Unquote(own(n).Get("name")), Native: n}
}

// toolChoice reads tool_choice, or function_call from before.
func (q *request) toolChoice(r *llm.Request) error {
	v, name := openaiwire.NotNull(q.ToolChoice), "tool_choice"
	if v == nil {
		v, name = openaiwire.NotNull(q.FunctionCall), "function_call"
	}
	var err error
	switch v.Kind() {
	case 0:
	case '"':
		r.ToolChoice.Mode, err = toolMode(name, json.Unquote(v))
	case '{':
		r.ToolChoice, err = toolChoiceObject(name, v)
	default:
		err = dialect.BadMember(name, "must be a string or an object")
	}
	if name == "function_call" && v != nil && err == nil {
		r.ToolChoice.Native = residue(nil, json.Named(name, markObject))
	}
	return err
}

func toolMode(path, s string) (llm.ToolMode, error) {
	switch s {
	case "auto", "none", "required":
		return llm.ToolMode(s), nil
	case "any": // Mistral's word
		return llm.ToolRequired, nil
	}
	return "", dialect.BadMember(path, "must be none, auto, required or an object")
}

// toolChoiceWire is the object form of tool_choice, and a tool that it allows.
type toolChoiceWire struct {
	Type         string    `json:"type"`
	Name         string    `json:"name"` // of function_call
	Function     *toolName `json:"function"`
	Custom       *toolName `json:"custom"`
	AllowedTools *struct {
		Mode  string           `json:"mode"`
		Tools []toolChoiceWire `json:"tools"`
	} `json:"allowed_tools"`
}

type toolName struct {
	Name string `json:"name"`
}

func (c *toolChoiceWire) tool() string {
	switch {
	case c.Type == "function" && c.Function != nil:
		return c.Function.Name
	case c.Type == "custom" && c.Custom != nil:
		return c.Custom.Name
	case c.Type == "":
		return c.Name
	}
	return ""
}

// toolChoiceObject reads the object form. What cannot be said in canonical
// words, such as allowing a server tool, stays native as a whole.
func toolChoiceObject(path string, v json.Value) (llm.ToolChoice, error) {
	var c toolChoiceWire
	if err := dialect.ReadMember(path, v, &c); err != nil {
		return llm.ToolChoice{}, err
	}
	if name := c.tool(); name != "" {
		return llm.ToolChoice{Mode: llm.ToolNamed, Name: name}, nil
	}
	whole := llm.ToolChoice{Native: llm.Native{Dialect: llm.OpenAIChat, Members: v}}
	a := c.AllowedTools
	switch {
	case c.Type == "function" || c.Type == "custom" || c.Type == "":
		return llm.ToolChoice{}, dialect.BadMember(path, "names no tool")
	case a == nil:
		return whole, nil
	}
	mode, err := toolMode(path+".allowed_tools.mode", a.Mode)
	if err != nil {
		return llm.ToolChoice{}, err
	}
	out := llm.ToolChoice{Mode: mode}
	for i := range a.Tools {
		name := a.Tools[i].tool()
		if name == "" {
			return whole, nil
		}
		out.Allowed = append(out.Allowed, name)
	}
	return out, nil
}
