package openaichat

import (
	"fmt"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// tools writes the tools in their order, legacy functions under their own
// name.
func (e *encoder) tools() error {
	legacy := 0
	for i := range e.r.Tools {
		if own(e.r.Tools[i].Native).Has("functions") {
			legacy++
		}
	}
	if e.r.Tools == nil || len(e.r.Tools) == 0 && !e.same {
		return nil
	}
	if legacy < len(e.r.Tools) || legacy == 0 {
		e.Open("tools", '[')
		for i := range e.r.Tools {
			if t := &e.r.Tools[i]; !own(t.Native).Has("functions") {
				if err := e.tool(t, i); err != nil {
					return err
				}
			}
		}
		e.Close(']')
	}
	if legacy > 0 {
		e.Open("functions", '[')
		for i := range e.r.Tools {
			if n := own(e.r.Tools[i].Native); n.Has("functions") {
				e.Open("", '{')
				e.function(&e.r.Tools[i])
				e.Rest(json.ObjectOf(n.Get("function")))
				e.Close('}')
			}
		}
		e.Close(']')
	}
	return nil
}

func (e *encoder) tool(t *llm.Tool, i int) error {
	n := own(t.Native)
	switch t.Kind {
	case llm.FunctionTool, llm.CustomTool:
		e.Open("", '{')
		e.Str("type", t.Kind)
		e.Open(t.Kind, '{')
		e.function(t)
		e.Rest(json.ObjectOf(n.Get(t.Kind)))
		e.Close('}')
		e.cache(atTool(i), t.Cache)
		e.native(atTool(i), t.Native, t.Kind)
	default:
		if t.Native.For(llm.OpenAIChat) == nil {
			return &llm.Error{
				Kind: llm.Unsupported, Status: 400, Param: fmt.Sprintf("tools[%d]", i),
				Message: fmt.Sprintf("tools[%d]: %s has no tool %q (type %s)", i, e.who(), t.Name, t.Kind),
			}
		}
		e.Open("", '{')
		e.Rest(n)
	}
	e.Close('}')
	return nil
}

func (e *encoder) who() string {
	if e.target.Provider == "" {
		return "the target"
	}
	return e.target.Provider
}

func (e *encoder) function(t *llm.Tool) {
	e.Str("name", e.name(t.Name))
	e.StrIf("description", t.Description)
	e.Raw("parameters", t.Parameters)
	e.BoolIf("strict", t.Strict)
}

// toolChoice writes tool_choice and parallel_tool_calls, which providers
// refuse when there are no tools.
func (e *encoder) toolChoice() {
	c := &e.r.ToolChoice
	if len(e.r.Tools) == 0 && !e.same {
		if c.Mode == llm.ToolRequired || c.Mode == llm.ToolNamed {
			e.drop("tool_choice")
		}
		return
	}
	n := own(c.Native)
	name := "tool_choice"
	if n.Has("function_call") {
		name = "function_call"
	}
	switch {
	case c.Mode == "" && n != nil && name == "tool_choice":
		e.Open(name, '{') // a form that has no word
		e.Rest(n)
		e.Close('}')
	case len(c.Allowed) > 0 && (c.Mode == llm.ToolAuto || c.Mode == llm.ToolRequired):
		e.allowedTools(name, c)
	case c.Mode == llm.ToolNamed && name == "function_call":
		e.Open(name, '{')
		e.Str("name", c.Name)
		e.Close('}')
	case c.Mode == llm.ToolNamed:
		e.toolRef(name, c.Name)
	case c.Mode != "":
		e.Str(name, string(c.Mode))
	}
	if n == nil {
		e.native(inMember("tool_choice"), c.Native)
	}
	e.BoolIf("parallel_tool_calls", e.r.ParallelTools)
}

// allowedTools writes a choice that is restricted to some of the tools.
func (e *encoder) allowedTools(member string, c *llm.ToolChoice) {
	e.Open(member, '{')
	e.Str("type", "allowed_tools")
	e.Open("allowed_tools", '{')
	e.Str("mode", string(c.Mode))
	e.Open("tools", '[')
	for _, t := range c.Allowed {
		e.toolRef("", t)
	}
	e.Close(']')
	e.Close('}')
	e.Close('}')
}

// toolRef names a tool, as its kind wants it.
func (e *encoder) toolRef(member, name string) {
	kind := llm.FunctionTool
	for i := range e.r.Tools {
		if e.r.Tools[i].Name == name && e.r.Tools[i].Kind == llm.CustomTool {
			kind = llm.CustomTool
		}
	}
	e.Open(member, '{')
	e.Str("type", kind)
	e.Open(kind, '{')
	e.Str("name", e.name(name))
	e.Close('}')
	e.Close('}')
}
