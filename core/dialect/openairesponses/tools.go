package openairesponses

import (
	"cmp"
	"fmt"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (q *request) tools(r *llm.Request) error {
	if q.Tools != nil {
		r.Tools = make([]llm.Tool, 0, len(q.Tools))
	}
	for i := range q.Tools {
		t, path := &q.Tools[i], fmt.Sprintf("tools[%d]", i)
		if all, ok := t.namespace(path); ok {
			r.Tools = append(r.Tools, all...)
			continue
		}
		tool, err := t.canonical(path)
		if err != nil {
			return err
		}
		r.Tools = append(r.Tools, tool)
	}
	return nil
}

// canonical reads a function or a freeform tool. Any other is the provider's
// own and stays whole.
func (t *tool) canonical(path string) (llm.Tool, error) {
	switch t.Type {
	case "":
		return llm.Tool{}, dialect.BadMember(path+".type", "is missing")
	case llm.FunctionTool, llm.CustomTool:
	default:
		name := json.Unquote(t.Name)
		return llm.Tool{Kind: t.Type, Name: cmp.Or(name, t.Type), Native: llm.NativeOf(llm.OpenAIResponses, json.ValueOf(t))}, nil
	}
	out := llm.Tool{Kind: t.Type, Name: json.Unquote(t.Name), Description: json.Unquote(t.Description)}
	extra := []json.Member{unsaid("description", t.Description), unsaid("parameters", t.Parameters), unsaid("strict", t.Strict), json.Named("tools", t.Tools)}
	switch k := t.Strict.Kind(); {
	case out.Name == "":
		return out, dialect.BadMember(path+".name", "is missing")
	case openaiwire.NotNull(t.Description) != nil && t.Description.Kind() != '"':
		return out, dialect.BadMember(path+".description", "must be a string")
	case k == 't' || k == 'f':
		strict := k == 't'
		out.Strict = &strict
	case openaiwire.NotNull(t.Strict) != nil:
		return out, dialect.BadMember(path+".strict", "must be a boolean")
	}
	if t.Type == llm.FunctionTool {
		out.Parameters = openaiwire.NotNull(t.Parameters)
	} else {
		extra[1] = json.Named("parameters", t.Parameters)
	}
	out.Native = residue(t.Rest, extra...)
	return out, nil
}

// markNamespace is on every tool of a namespace. On the first one it has what
// is left of the namespace.
const markNamespace = "namespace"

// namespace reads the tools of a namespace, each under a name that has both.
// A namespace with something else in it is the provider's affair.
func (t *tool) namespace(path string) ([]llm.Tool, bool) {
	var inner []tool
	name := json.Unquote(t.Name)
	if t.Type != "namespace" || name == "" || json.Unmarshal(t.Tools, &inner) != nil || len(inner) == 0 {
		return nil, false
	}
	left := json.Join(t.Rest, json.Named("description", t.Description), json.Named("parameters", t.Parameters), json.Named("strict", t.Strict))
	mark := orObject(left)
	var out []llm.Tool
	for i := range inner {
		in := &inner[i]
		c, err := in.canonical(fmt.Sprintf("%s.tools[%d]", path, i))
		if err != nil || c.Kind != llm.FunctionTool && c.Kind != llm.CustomTool {
			return nil, false
		}
		c.Name = joinName(name, c.Name)
		c.Native = residue(c.Native.Members, json.Named(markNamespace, mark))
		mark = markString
		out = append(out, c)
	}
	return out, true
}

// choiceWire is the object form of tool_choice, and a tool that it allows.
type choiceWire struct {
	Type      string       `json:"type"`
	Namespace string       `json:"namespace"`
	Name      string       `json:"name"`
	Mode      string       `json:"mode"`
	Tools     []choiceWire `json:"tools"`
	Rest      json.Value   `json:",embed"`
}

// tool is the canonical name of the tool; empty if it is none of the client's.
func (c *choiceWire) tool() string {
	if (c.Type == llm.FunctionTool || c.Type == llm.CustomTool) && c.Name != "" && len(c.Rest) == 0 {
		return joinName(c.Namespace, c.Name)
	}
	return ""
}

func (q *request) toolChoice(r *llm.Request) error {
	v := openaiwire.NotNull(q.ToolChoice)
	var err error
	switch v.Kind() {
	case 0:
	case '"':
		r.ToolChoice.Mode, err = toolMode("tool_choice", json.Unquote(v))
	case '{':
		r.ToolChoice, err = choiceObject(v)
	default:
		err = dialect.BadMember("tool_choice", "must be a string or an object")
	}
	return err
}

func toolMode(path, s string) (llm.ToolMode, error) {
	switch s {
	case "auto", "none", "required":
		return llm.ToolMode(s), nil
	}
	return "", dialect.BadMember(path, "must be none, auto, required or an object")
}

// choiceObject reads the object form. What cannot be said in canonical words,
// such as allowing a tool of the provider's, stays native as a whole.
func choiceObject(v json.Value) (llm.ToolChoice, error) {
	var c choiceWire
	if err := dialect.ReadMember("tool_choice", v, &c); err != nil {
		return llm.ToolChoice{}, err
	}
	whole := llm.ToolChoice{Native: llm.NativeOf(llm.OpenAIResponses, v)}
	if name := c.tool(); name != "" {
		return llm.ToolChoice{Mode: llm.ToolNamed, Name: name}, nil
	}
	switch {
	case c.Type == "":
		return llm.ToolChoice{}, dialect.BadMember("tool_choice.type", "is missing")
	case c.Name == "" && (c.Type == llm.FunctionTool || c.Type == llm.CustomTool):
		return llm.ToolChoice{}, dialect.BadMember("tool_choice.name", "is missing")
	case c.Type != "allowed_tools" || c.Mode != "auto" && c.Mode != "required" || len(c.Rest) > 0 || c.Name != "":
		return whole, nil
	}
	out := llm.ToolChoice{Mode: llm.ToolMode(c.Mode)}
	for i := range c.Tools {
		name := c.Tools[i].tool()
		if name == "" {
			return whole, nil
		}
		out.Allowed = append(out.Allowed, name)
	}
	if out.Allowed == nil {
		return whole, nil
	}
	return out, nil
}
