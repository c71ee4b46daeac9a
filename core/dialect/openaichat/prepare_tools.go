package openaichat

import (
	"fmt"

	"sluice/core/llm"
)

// tools writes the tools in their order, legacy functions under their own
// name.
func (e *encoder) tools() error {
	legacy := 0
	for i := range e.r.Tools {
		if own(e.r.Tools[i].Native).has("functions") {
			legacy++
		}
	}
	if e.r.Tools == nil || len(e.r.Tools) == 0 && !e.same {
		return nil
	}
	if legacy < len(e.r.Tools) || legacy == 0 {
		e.open("tools", '[')
		for i := range e.r.Tools {
			if t := &e.r.Tools[i]; !own(t.Native).has("functions") {
				if err := e.tool(t, i); err != nil {
					return err
				}
			}
		}
		e.close(']')
	}
	if legacy > 0 {
		e.open("functions", '[')
		for i := range e.r.Tools {
			if n := own(e.r.Tools[i].Native); n.has("functions") {
				e.open("", '{')
				e.function(&e.r.Tools[i])
				e.rest(parse(n.get("function")))
				e.close('}')
			}
		}
		e.close(']')
	}
	return nil
}

func (e *encoder) tool(t *llm.Tool, i int) error {
	n := own(t.Native)
	switch t.Kind {
	case llm.FunctionTool, llm.CustomTool:
		e.open("", '{')
		e.str("type", t.Kind)
		e.open(t.Kind, '{')
		e.function(t)
		e.rest(parse(n.get(t.Kind)))
		e.close('}')
		e.cache(atTool(i), t.Cache)
		e.native(atTool(i), t.Native, t.Kind)
	default:
		if t.Native.For(llm.OpenAIChat) == nil {
			return &llm.Error{
				Kind: llm.Unsupported, Status: 400, Param: fmt.Sprintf("tools[%d]", i),
				Message: fmt.Sprintf("tools[%d]: %s has no tool %q (type %s)", i, e.who(), t.Name, t.Kind),
			}
		}
		e.open("", '{')
		e.rest(n)
	}
	e.close('}')
	return nil
}

func (e *encoder) who() string {
	if e.target.Provider == "" {
		return "the target"
	}
	return e.target.Provider
}

func (e *encoder) function(t *llm.Tool) {
	e.str("name", e.name(t.Name))
	e.strIf("description", t.Description)
	e.raw("parameters", t.Parameters)
	e.boolIf("strict", t.Strict)
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
	if n.has("function_call") {
		name = "function_call"
	}
	switch {
	case c.Mode == "" && n != nil && name == "tool_choice":
		e.open(name, '{') // a form that has no word
		e.rest(n)
		e.close('}')
	case len(c.Allowed) > 0 && (c.Mode == llm.ToolAuto || c.Mode == llm.ToolRequired):
		e.open(name, '{')
		e.str("type", "allowed_tools")
		e.open("allowed_tools", '{')
		e.str("mode", string(c.Mode))
		e.open("tools", '[')
		for _, t := range c.Allowed {
			e.toolRef("", t)
		}
		e.close(']')
		e.close('}')
		e.close('}')
	case c.Mode == llm.ToolNamed && name == "function_call":
		e.open(name, '{')
		e.str("name", c.Name)
		e.close('}')
	case c.Mode == llm.ToolNamed:
		e.toolRef(name, c.Name)
	case c.Mode != "":
		e.str(name, string(c.Mode))
	}
	if n == nil {
		e.native(inMember("tool_choice"), c.Native)
	}
	e.boolIf("parallel_tool_calls", e.r.ParallelTools)
}

// toolRef names a tool, as its kind wants it.
func (e *encoder) toolRef(member, name string) {
	kind := llm.FunctionTool
	for i := range e.r.Tools {
		if e.r.Tools[i].Name == name && e.r.Tools[i].Kind == llm.CustomTool {
			kind = llm.CustomTool
		}
	}
	e.open(member, '{')
	e.str("type", kind)
	e.open(kind, '{')
	e.str("name", e.name(name))
	e.close('}')
	e.close('}')
}
