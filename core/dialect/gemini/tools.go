package gemini

import (
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// decodeTools reads the tools. Each member of a tool object but
// functionDeclarations is a tool of the provider's own.
func decodeTools(r *llm.Request, tools []tool) {
	for _, t := range tools {
		for i := range t.Functions {
			r.Tools = append(r.Tools, decodeFunction(&t.Functions[i]))
		}
		for _, m := range json.ObjectOf(t.Rest) {
			r.Tools = append(r.Tools, llm.Tool{Kind: m.Name, Name: m.Name, Native: residue(json.Object{m})})
		}
	}
}

func decodeFunction(f *function) llm.Tool {
	out := llm.Tool{Kind: llm.FunctionTool, Name: f.Name, Description: f.Description}
	native := json.ObjectOf(f.Rest)
	switch {
	case !absent(f.JSONSchema):
		out.Parameters = f.JSONSchema.Clone()
	case !absent(f.Parameters):
		var mark json.Value
		out.Parameters, mark = toJSONSchema(f.Parameters.Clone())
		native.Add("parameters", mark)
	}
	out.Native = residue(native)
	return out
}

// modes are what the words of functionCallingConfig mean.
var modes = map[string]llm.ToolMode{"AUTO": llm.ToolAuto, "ANY": llm.ToolRequired, "NONE": llm.ToolNone}

// decodeChoice reads which tools may be called, and returns what is left of
// toolConfig.
func decodeChoice(r *llm.Request, c *toolConfig) json.Value {
	if c == nil {
		return nil
	}
	if c.Calling == nil {
		return orEmpty(c.Rest)
	}
	out := llm.ToolChoice{Mode: modes[c.Calling.Mode], Allowed: c.Calling.Allowed}
	native := json.ObjectOf(c.Calling.Rest)
	switch {
	case out.Mode == llm.ToolRequired && len(out.Allowed) == 1:
		out.Mode, out.Name, out.Allowed = llm.ToolNamed, out.Allowed[0], nil
	case out.Mode == "" && c.Calling.Mode != "": // VALIDATED: auto, but held to the schemas
		out.Mode = llm.ToolAuto
		native.Add("mode", json.Quote(c.Calling.Mode))
	case out.Mode == "":
		native.Add("mode", markString)
	}
	out.Native = residue(native)
	r.ToolChoice = out
	return c.Rest
}

// provided are the tools of Google's own, by the names that clients have for
// them.
//
// https://ai.google.dev/api/caching#Tool
var provided = map[string]string{
	"google_search": "googleSearch", "google_search_retrieval": "googleSearchRetrieval", "enterprise_web_search": "enterpriseWebSearch",
	"google_maps": "googleMaps", "computer_use": "computerUse", "code_execution": "codeExecution", "url_context": "urlContext",
}

// providedBy finds the tool of Google's that a tool stands for: a function of
// its name, whose parameters are then its settings, or a type of its name. A
// function whose parameters are a schema is the client's own.
func providedBy(t *llm.Tool) (name string, settings json.Object, ok bool) {
	is := func(s string) bool {
		for snake, own := range provided {
			if s == snake || s == own {
				name = own
				return true
			}
		}
		return false
	}
	switch {
	case t.Kind == llm.FunctionTool || t.Kind == "":
		settings = json.ObjectOf(t.Parameters)
		schema := settings.Get("type").Kind() == '"' || settings.Has("properties") || settings.Has("$ref") || settings.Has("anyOf")
		return name, settings, is(t.Name) && !schema
	case is(t.Kind):
		v := json.Lookup(t.Native.Members, t.Kind)
		return name, json.ObjectOf(v), true
	}
	return "", nil, false
}

// tools writes the functions as one tool and each of Google's own as another.
func (p *preparation) tools() error {
	functions := -1
	for i := range p.r.Tools {
		t := &p.r.Tools[i]
		if !p.allowed(t) {
			continue
		}
		v := t.Native.For(llm.Gemini)
		if t.Kind != llm.FunctionTool && t.Kind != llm.CustomTool && v != nil {
			p.out.Tools = append(p.out.Tools, tool{Rest: v})
			continue
		}
		if name, settings, ok := providedBy(t); ok && !p.same {
			p.provide(name, settings)
			continue
		}
		f, err := p.function(t)
		if err != nil {
			return err
		}
		if functions < 0 {
			functions = len(p.out.Tools)
			p.out.Tools = append(p.out.Tools, tool{})
		}
		at := &p.out.Tools[functions].Functions
		*at = append(*at, f)
	}
	return nil
}

// allowed applies a choice that is restricted to some tools. Only where calls
// are required can the API do that itself.
func (p *preparation) allowed(t *llm.Tool) bool {
	c := &p.r.ToolChoice
	return p.same || c.Mode == llm.ToolRequired || len(c.Allowed) == 0 || slices.Contains(c.Allowed, t.Name)
}

func (p *preparation) provide(name string, settings json.Object) {
	settings = slices.Clone(settings)
	if name == "googleMaps" { // where to look is no setting of the tool
		for _, n := range []string{"retrievalConfig", "retrieval_config"} {
			if v := settings.Remove(n); v != nil {
				p.retrieval = v
			}
		}
	}
	p.out.Tools = append(p.out.Tools, tool{Rest: json.Object{json.Named(name, orEmpty(settings.Value()))}.Value()})
}

func (p *preparation) function(t *llm.Tool) (function, error) {
	p.cacheLoss(t.Cache)
	f := function{Name: t.Name, Description: t.Description}
	if t.Strict != nil && *t.Strict {
		p.drop("tools.strict")
	}
	switch t.Kind {
	case llm.CustomTool:
		if json.Lookup(t.Native.Members, "format") != nil || json.Lookup(t.Native.Members, "custom", "format") != nil {
			p.drop("tools.format")
		}
		p.names.Free(t.Name)
		f.Name, f.Parameters = p.sent(t.Name), dialect.FreeTextSchema
		return f, nil
	case llm.FunctionTool, "":
	default:
		return f, llm.Errorf(llm.Unsupported, "gemini does not have the tool %q", t.Kind)
	}
	native := own(t.Native)
	mark := native.Remove("parameters")
	f.Rest = native.Value()
	switch {
	case p.same && mark != nil:
		f.Parameters = toOpenAPI(t.Parameters, mark)
	case p.same:
		f.JSONSchema = t.Parameters
	default:
		p.foreignLoss("tools.", t.Native)
		f.Name = p.sent(t.Name)
		f.Parameters, f.JSONSchema = p.schema("tools.parameters.", t.Parameters, true)
	}
	return f, nil
}

// choose writes toolConfig. The API refuses a choice where there are no
// functions to choose from.
func (p *preparation) choose() error {
	c := p.r.ToolChoice
	p.foreignLoss("tool_choice.", c.Native)
	if !p.same && p.r.ParallelTools != nil && !*p.r.ParallelTools {
		p.drop("parallel_tool_calls")
	}
	own := own(c.Native)
	rest := p.top.Get("toolConfig")
	mark := own.Remove("mode")
	hasFunctions := slices.ContainsFunc(p.out.Tools, func(t tool) bool { return len(t.Functions) > 0 })
	out := &toolConfig{Rest: rest}
	if !p.same {
		out.Rest = json.Join(nil, json.Named("retrievalConfig", p.retrieval))
	}
	switch {
	case c.Mode == "" && mark == nil && len(own) == 0:
	case !p.same && !hasFunctions:
		if c.Mode == llm.ToolRequired || c.Mode == llm.ToolNamed {
			p.drop("tool_choice")
		}
	default:
		out.Calling = p.calling(c)
		if mark != nil {
			out.Calling.Mode = json.Unquote(mark)
		}
		out.Calling.Rest = own.Value()
	}
	if out.Calling != nil || out.Rest != nil {
		if string(out.Rest) == string(markObject) {
			out.Rest = nil
		}
		p.out.ToolConfig = out
	}
	return nil
}

func (p *preparation) calling(c llm.ToolChoice) *callingConfig {
	wire := func(name string) string {
		if p.same {
			return name
		}
		return p.sent(name)
	}
	out := &callingConfig{Mode: strings.ToUpper(string(c.Mode))}
	switch c.Mode {
	case llm.ToolNamed:
		out.Mode, out.Allowed = "ANY", list[string]{wire(c.Name)}
	case llm.ToolRequired:
		out.Mode = "ANY"
		for _, name := range c.Allowed {
			out.Allowed = append(out.Allowed, wire(name))
		}
	case llm.ToolAuto, llm.ToolNone, "":
		if p.same {
			out.Allowed = c.Allowed
		}
	}
	return out
}
