package bedrock

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// anySchema is the schema of a tool of which none is known.
var anySchema = json.Value(`{"type":"object","properties":{}}`)

func (p *preparation) toolUse(c *llm.ToolCall) *toolUse {
	input, ok := toolInput(c)
	if !ok {
		p.drop("messages.tool_calls.arguments (not a JSON object)")
	}
	if c.Signature != "" {
		p.drop("messages.tool_calls.thought_signature")
	}
	return &toolUse{ID: legal(c.ID), Name: p.sent(c.Name), Input: input, Rest: c.Native.For(llm.Converse)}
}

// tools writes toolConfig. It is left out when there are no tools, unless the
// history has calls: then Bedrock insists on it.
func (p *preparation) tools() error {
	if p.forced() && p.model.claude.Unforced {
		p.drop("tool_choice")
		p.r.ToolChoice = llm.ToolChoice{Mode: llm.ToolAuto, Allowed: p.r.ToolChoice.Allowed}
	}
	var tools []tool
	var provided []json.Value
	for i := range p.r.Tools {
		t := &p.r.Tools[i]
		if !p.r.ToolChoice.Allows(t) {
			continue
		}
		wire, own, err := p.tool(t)
		if err != nil {
			return err
		}
		if own != nil {
			provided = append(provided, own)
			continue
		}
		tools = append(tools, wire)
		if c := p.toolCache(t); c != nil {
			tools = append(tools, tool{CachePoint: c})
		}
	}
	if len(provided) > 0 {
		p.extra.Add("tools", json.ValueOf(provided))
	}
	called := p.called()
	tools = p.withoutChoice(tools, len(called) > 0)
	if len(tools) == 0 && len(called) > 0 {
		tools = minimal(called, provided)
	}
	choice := p.choose(len(tools) > 0, p.extra.Get("tools") != nil)
	if len(tools) > 0 {
		p.out.ToolConfig = &toolConfig{Tools: tools, Choice: choice, Rest: p.rest["toolConfig"]}
	}
	return nil
}

// tool writes one tool: as a toolSpec, or for Claude in Anthropic's words.
func (p *preparation) tool(t *llm.Tool) (wire tool, own json.Value, err error) {
	switch t.Kind {
	case llm.FunctionTool, "":
		p.dropForeign("tools.", t.Native)
		return tool{Spec: p.toolSpec(t)}, nil, nil
	case llm.CustomTool:
		if json.Lookup(t.Native.Members, "format") != nil || json.Lookup(t.Native.Members, "custom", "format") != nil {
			p.drop("tools.format")
		}
		return tool{Spec: p.freeTool(t)}, nil, nil
	}
	if v := t.Native.For(llm.Converse); v != nil {
		return tool{Rest: v}, nil, nil
	}
	if own = clientTool(t); own != nil && p.model.maybeClaude() {
		return tool{}, own, nil
	}
	return tool{}, nil, llm.Errorf(llm.Unsupported, "bedrock does not have the tool %q", t.Kind)
}

func (p *preparation) toolSpec(t *llm.Tool) *toolSpec {
	native := json.ObjectOf(t.Native.For(llm.Converse))
	schema := &inputSchema{JSON: t.Parameters, Rest: native.Remove("inputSchema")}
	if schema.JSON == nil && schema.Rest == nil {
		schema.JSON = anySchema
	}
	s := &toolSpec{Name: p.sent(t.Name), Description: t.Description, Schema: schema, Rest: native.Value()}
	switch {
	case p.model.structured():
		s.Strict = t.Strict
	case t.Strict != nil && *t.Strict:
		p.drop("tools.strict")
	}
	return s
}

func (p *preparation) freeTool(t *llm.Tool) *toolSpec {
	p.names.Free(t.Name)
	return &toolSpec{Name: p.sent(t.Name), Description: t.Description, Schema: &inputSchema{JSON: dialect.FreeTextSchema}}
}

// clientTools begin the types of Anthropic's tools that the client runs.
// Those that Anthropic runs, such as web search, do not exist on Bedrock.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-tool-use.html
var clientTools = []string{"computer_", "bash_", "text_editor_", "memory_", "tool_search_tool_"}

// clientTool returns Anthropic's own form of a tool, nil if it is not one of
// those that Bedrock has. Chat clients write {"type":"computer","computer":
// {"name":"computer_20250124",…}} for {"type":"computer_20250124","name":"computer",…}.
func clientTool(t *llm.Tool) json.Value {
	whole := json.ObjectOf(t.Native.Members)
	if inner := json.ObjectOf(whole.Get(t.Kind)); t.Native.Dialect != llm.Anthropic && inner != nil {
		typ := inner.Remove("name")
		whole = append(json.Object{json.Named("type", typ), json.Named("name", json.Quote(t.Kind))}, inner...)
	}
	typ, _ := text(whole.Get("type"))
	if !hasPrefix(typ, clientTools...) {
		return nil
	}
	return whole.Value()
}

func (p *preparation) toolCache(t *llm.Tool) *cachePoint {
	if t.Cache != nil && p.model.caches() && !p.model.cachesTools() {
		p.drop("tools.cache_control")
		return nil
	}
	return p.cachePoint(t.Cache)
}

// called lists the tools in the history by the names that they are sent with.
func (p *preparation) called() []string {
	var names []string
	for _, w := range p.history {
		for _, x := range w.pieces {
			name := ""
			switch {
			case x.block.ToolUse != nil:
				name = x.block.ToolUse.Name
			case x.block.ToolResult == nil:
				continue
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// minimal declares the tools of the history. Names that Anthropic's own tools
// have are taken; when nothing is left, a tool that nobody would call stands
// in, since Bedrock wants at least one.
func minimal(called []string, provided []json.Value) []tool {
	var tools []tool
	for _, name := range called {
		taken := slices.ContainsFunc(provided, func(v json.Value) bool {
			s, _ := text(json.Lookup(v, "name"))
			return s == name
		})
		if name != "" && !taken {
			tools = append(tools, tool{Spec: &toolSpec{Name: name, Schema: &inputSchema{JSON: anySchema}}})
		}
	}
	if len(tools) == 0 {
		tools = []tool{{Spec: &toolSpec{Name: "unavailable", Description: "Not available.", Schema: &inputSchema{JSON: anySchema}}}}
	}
	return tools
}

// withoutChoice honours a choice of no tool, for which Converse has no word:
// no tools are sent. That cannot be when the history has calls.
func (p *preparation) withoutChoice(tools []tool, called bool) []tool {
	if p.r.ToolChoice.Mode != llm.ToolNone {
		return tools
	}
	p.extra.Remove("tools")
	if called {
		p.drop("tool_choice")
		return tools
	}
	return nil
}

// choose says which tools to use, or in Anthropic's words if it is for
// Anthropic's own tools or wants calls one at a time.
func (p *preparation) choose(specs, provided bool) *toolChoice {
	c := p.r.ToolChoice
	p.dropForeign("tool_choice.", c.Native)
	oneByOne := p.r.ParallelTools != nil && !*p.r.ParallelTools
	forced := c.Mode == llm.ToolRequired || c.Mode == llm.ToolNamed
	switch {
	case c.Mode == llm.ToolNone:
		return nil
	case !specs && !provided:
		if forced {
			p.drop("tool_choice")
		}
		return nil
	case oneByOne && p.model.isClaude() || forced && !specs:
		p.extra.Add("tool_choice", p.claudeChoice(c, oneByOne))
		return nil
	case oneByOne:
		p.drop("parallel_tool_calls")
	}
	return p.choice(c)
}

func (p *preparation) choice(c llm.ToolChoice) *toolChoice {
	yes := json.Value("{}")
	switch c.Mode {
	case llm.ToolAuto:
		return &toolChoice{Auto: yes}
	case llm.ToolRequired:
		return &toolChoice{Any: yes}
	case llm.ToolNamed:
		return &toolChoice{Tool: &namedTool{Name: p.sent(c.Name), Rest: c.Native.For(llm.Converse)}}
	}
	if v := c.Native.For(llm.Converse); v != nil {
		return &toolChoice{Rest: v}
	}
	return nil
}

// https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use#parallel-tool-use
func (p *preparation) claudeChoice(c llm.ToolChoice, oneByOne bool) json.Value {
	word := map[llm.ToolMode]string{llm.ToolRequired: "any", llm.ToolNamed: "tool"}[c.Mode]
	if word == "" {
		word = "auto"
	}
	o := json.Object{json.Named("type", json.Quote(word))}
	if c.Mode == llm.ToolNamed {
		o.Add("name", json.Quote(p.sent(c.Name)))
	}
	if oneByOne {
		o.Add("disable_parallel_tool_use", json.Value("true"))
	}
	return o.Value()
}

// forced reports whether the model must call a tool.
func (p *preparation) forced() bool {
	m := p.r.ToolChoice.Mode
	return len(p.r.Tools) > 0 && (m == llm.ToolRequired || m == llm.ToolNamed)
}
