package openairesponses

import (
	"fmt"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// tools writes the tools in their order, those of a namespace inside of it.
func (e *encoder) tools() {
	all := e.r.Tools
	if all == nil || len(all) == 0 && !e.same {
		return
	}
	e.Open("tools", '[')
	for i := 0; i < len(all); i++ {
		mark := own(all[i].Native).Get(markNamespace)
		if mark.Kind() != '{' {
			e.tool(i, &all[i])
			continue
		}
		space, _ := splitName(all[i].Name)
		e.Open("", '{')
		e.Str("type", "namespace")
		e.Str("name", space)
		e.Rest(json.ObjectOf(mark))
		e.Open("tools", '[')
		e.tool(i, &all[i])
		for i+1 < len(all) && e.follows(&all[i+1], space) {
			i++
			e.tool(i, &all[i])
		}
		e.Close(']')
		e.Close('}')
	}
	e.Close(']')
}

// follows reports whether a tool goes on with the namespace.
func (e *encoder) follows(t *llm.Tool, space string) bool {
	own := own(t.Native).Get(markNamespace)
	of, _ := splitName(t.Name)
	return own.Kind() == '"' && of == space
}

// noParameters is the schema of a function that has none: the API wants one.
var noParameters = json.Value(`{"type":"object","properties":{}}`)

func (e *encoder) tool(i int, t *llm.Tool) {
	n := own(t.Native)
	at := fmt.Sprintf("tools[%d]", i)
	e.Open("", '{')
	switch {
	case t.Kind == llm.FunctionTool, t.Kind == llm.CustomTool:
		e.Str("type", t.Kind)
		e.Str("name", e.toolName(t, n))
		e.StrIf("description", t.Description)
		if t.Kind == llm.FunctionTool {
			e.function(t)
		} else {
			e.Raw("format", e.grammar(t))
		}
		e.Rest(n, markNamespace)
		e.cache(at+".", t.Cache)
		e.lost(at+".", t.Native, "custom")
	case n != nil:
		e.Rest(n)
	case t.Native.Empty():
		e.Str("type", t.Kind)
		if t.Name != t.Kind {
			e.Str("name", t.Name)
		}
	default:
		e.refuse(at, "%s has no tool %q (type %s)", e.who(), t.Name, t.Kind)
	}
	e.Close('}')
}

func (e *encoder) toolName(t *llm.Tool, n json.Object) string {
	if n.Has(markNamespace) {
		_, name := splitName(t.Name)
		return name
	}
	return e.name(t.Name)
}

// function writes the members of a function. Functions are strict here unless
// they say otherwise, and in other dialects they are not.
//
// https://platform.openai.com/docs/guides/migrate-to-responses
func (e *encoder) function(t *llm.Tool) {
	parameters := t.Parameters
	if parameters == nil && !e.same {
		parameters = noParameters
	}
	e.Raw("parameters", parameters)
	switch {
	case t.Strict != nil:
		e.Bool("strict", *t.Strict)
	case !e.same:
		e.Bool("strict", false)
	}
}

// grammar is the form of a freeform tool's input that came from chat, where
// it stands one level deeper.
func (e *encoder) grammar(t *llm.Tool) json.Value {
	if t.Native.Dialect != llm.OpenAIChat {
		return nil
	}
	format := json.Lookup(t.Native.Members, "custom", "format")
	inner := json.Lookup(format, "grammar")
	if inner.Kind() != '{' {
		return format
	}
	return json.Join(inner, json.Named("type", json.Lookup(format, "type")))
}

// toolChoice writes tool_choice and parallel_tool_calls, which mean nothing
// when there are no tools.
func (e *encoder) toolChoice() {
	c := &e.r.ToolChoice
	if len(e.r.Tools) == 0 && !e.same {
		if c.Mode == llm.ToolRequired || c.Mode == llm.ToolNamed {
			e.drop("tool_choice")
		}
		return
	}
	n := own(c.Native)
	switch {
	case c.Mode == "" && n != nil: // a form that has no word
		e.Open("tool_choice", '{')
		e.Rest(n)
		e.Close('}')
	case len(c.Allowed) > 0 && (c.Mode == llm.ToolAuto || c.Mode == llm.ToolRequired):
		e.Open("tool_choice", '{')
		e.Str("type", "allowed_tools")
		e.Str("mode", string(c.Mode))
		e.Open("tools", '[')
		for _, t := range c.Allowed {
			e.toolRef("", t)
		}
		e.Close(']')
		e.Close('}')
	case c.Mode == llm.ToolNamed:
		e.toolRef("tool_choice", c.Name)
	case c.Mode != "":
		e.Str("tool_choice", string(c.Mode))
	}
	e.lost("tool_choice.", c.Native)
	e.BoolIf("parallel_tool_calls", e.r.ParallelTools)
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
	e.toolOf(name)
	e.Close('}')
}

// toolOf writes the name of a tool, and the namespace that it has.
func (e *encoder) toolOf(name string) {
	if e.same {
		space, inner := splitName(name)
		e.StrIf("namespace", space)
		name = inner
	}
	e.Str("name", e.name(name))
}
