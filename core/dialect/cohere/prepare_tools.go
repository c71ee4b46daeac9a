package cohere

import (
	"fmt"
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// anything is the schema of a tool that says nothing about its parameters:
// Cohere wants one.
var anything = json.Value(`{"type":"object","properties":{}}`)

// tools writes the tools that may be called, and the choice. That one tool
// must be called is said by sending no other.
func (e *encoder) tools() {
	r := e.r
	if r.ParallelTools != nil && !*r.ParallelTools {
		e.drop("parallel_tool_calls")
	}
	e.lost("tool_choice.", r.ToolChoice.Native)
	if len(r.Tools) == 0 && !e.same {
		if m := r.ToolChoice.Mode; m == llm.ToolRequired || m == llm.ToolNamed {
			e.drop("tool_choice")
		}
		return
	}
	if r.Tools != nil {
		e.Open("tools", '[')
		for i := range r.Tools {
			if t := &r.Tools[i]; e.allowed(t) {
				e.tool(t, fmt.Sprintf("tools[%d]", i))
			}
		}
		e.Close(']')
	}
	e.strict()
	switch r.ToolChoice.Mode {
	case llm.ToolRequired, llm.ToolNamed:
		e.Str("tool_choice", "REQUIRED")
	case llm.ToolNone:
		e.Str("tool_choice", "NONE")
	}
}

func (e *encoder) allowed(t *llm.Tool) bool {
	c := &e.r.ToolChoice
	if c.Mode == llm.ToolNamed {
		return t.Name == c.Name
	}
	return len(c.Allowed) == 0 || slices.Contains(c.Allowed, t.Name)
}

// strict says of all tools what is said of each of them. Where they differ
// none is strict.
func (e *encoder) strict() {
	all, some := true, false
	for i := range e.r.Tools {
		s := e.r.Tools[i].Strict
		all = all && s != nil && *s
		some = some || s != nil && *s
	}
	first := (*bool)(nil)
	if len(e.r.Tools) > 0 {
		first = e.r.Tools[0].Strict
	}
	switch {
	case e.same:
		e.BoolIf("strict_tools", first)
	case all && some:
		e.Bool("strict_tools", true)
	case some:
		e.drop("tools.strict")
	}
}

func (e *encoder) tool(t *llm.Tool, place string) {
	n := own(t.Native)
	parameters := t.Parameters
	switch t.Kind {
	case llm.FunctionTool, "":
		if parameters == nil && !e.same {
			parameters = anything
		}
	case llm.CustomTool:
		parameters = dialect.FreeTextSchema
		e.names.Free(t.Name)
		if json.Lookup(t.Native.Members, "format") != nil || json.Lookup(t.Native.Members, "custom", "format") != nil {
			e.drop("%s.format", place)
		}
	default:
		e.fail(llm.Unsupported, place, fmt.Sprintf("%s has no tool %q (type %s)", e.who(), t.Name, t.Kind))
		return
	}
	e.Open("", '{')
	e.Str("type", "function")
	e.Open("function", '{')
	e.Str("name", e.name(t.Name))
	e.StrIf("description", t.Description)
	e.Raw("parameters", parameters)
	e.Rest(json.ObjectOf(n.Get("function")))
	e.Close('}')
	e.Rest(n, "function")
	e.Close('}')
	e.uncached(place+".", t.Cache)
	if t.Kind != llm.CustomTool {
		e.lost(place+".", t.Native)
	}
}

// name is the name under which a tool is sent: other dialects allow names that
// this one does not say it takes.
func (e *encoder) name(s string) string {
	if e.same {
		return s
	}
	return e.names.Send(s, dialect.MaxToolName)
}

// call writes a tool call. Arguments that are empty become {}.
func (w *writer) call(c *llm.ToolCall) {
	n := own(c.Native)
	arguments := c.Arguments
	switch {
	case c.Custom:
		arguments = `{"input":` + string(json.Quote(c.Arguments)) + `}`
	case arguments == "" && c.Native.Dialect != llm.Cohere:
		arguments = "{}"
	}
	w.Open("", '{')
	w.Str("id", c.ID)
	if kind := n.Get("type"); kind != nil {
		w.Raw("type", kind)
	} else {
		w.Str("type", "function")
	}
	w.Open("function", '{')
	w.Str("name", c.Name)
	w.Str("arguments", arguments)
	w.Rest(json.ObjectOf(n.Get("function")))
	w.Close('}')
	w.Rest(n, "type", "function")
	w.Close('}')
}
