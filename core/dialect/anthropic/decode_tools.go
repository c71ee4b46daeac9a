package anthropic

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (d *reader) tools(v json.Value) []llm.Tool {
	at := path{name: "tools"}
	in := list[tool](d, &at, v)
	if in == nil {
		return nil
	}
	raws := rawElements{array: v}
	out := make([]llm.Tool, len(in))
	for i := range in {
		here := at.at(i)
		typ := d.str(&here, "type", in[i].Type)
		if typ != "" && typ != "custom" {
			out[i] = llm.Tool{
				Kind: typ, Name: json.Unquote(in[i].Name),
				Native: llm.NativeOf(llm.Anthropic, raws.at(i)),
			}
			continue
		}
		out[i] = d.tool(&here, &in[i])
	}
	return out
}

func (d *reader) tool(p *path, t *tool) llm.Tool {
	out := llm.Tool{
		Kind:        llm.FunctionTool,
		Name:        d.str(p, "name", t.Name),
		Description: d.str(p, "description", t.Description),
		Strict:      d.bool(p, "strict", t.Strict),
		Cache:       d.cache(p, t.CacheControl),
		Native:      llm.NativeOf(llm.Anthropic, t.Rest),
	}
	if out.Name == "" {
		at := p.member("name")
		d.failf(&at, "field required")
	}
	if !absent(t.InputSchema) {
		if t.InputSchema.Kind() != '{' {
			at := p.member("input_schema")
			d.fail(&at, "an object")
		}
		out.Parameters = t.InputSchema.Clone()
	}
	return out
}

// toolModes says what the words of tool_choice mean.
var toolModes = map[string]llm.ToolMode{
	"auto": llm.ToolAuto,
	"any":  llm.ToolRequired,
	"none": llm.ToolNone,
	"tool": llm.ToolNamed,
}

func (d *reader) toolChoice(r *llm.Request, v json.Value) {
	var root path
	var c toolChoice
	if !d.object(&root, "tool_choice", v, &c) {
		return
	}
	at := path{name: "tool_choice"}
	mode, ok := toolModes[d.str(&at, "type", c.Type)]
	if !ok {
		here := at.member("type")
		d.fail(&here, `"auto", "any", "tool" or "none"`)
	}
	r.ToolChoice = llm.ToolChoice{
		Mode:   mode,
		Name:   d.str(&at, "name", c.Name),
		Native: llm.NativeOf(llm.Anthropic, c.Rest),
	}
	if mode == llm.ToolNamed && r.ToolChoice.Name == "" {
		here := at.member("name")
		d.failf(&here, "field required")
	}
	if off := d.bool(&at, "disable_parallel_tool_use", c.Disabled); off != nil {
		parallel := !*off
		r.ParallelTools = &parallel
	}
}
