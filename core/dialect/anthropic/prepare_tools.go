package anthropic

import (
	"math"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// maxNativeName is how long the name of a tool of the first party's own
// clients may be; other platforms take less.
const maxNativeName = 128

// freeform is the schema of a tool that takes free text, in a dialect whose
// tools take objects.
var freeform = json.Value(`{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`)

// noParameters is the schema of a tool that was given none, or one that is
// not an object's.
var noParameters = json.Value(`{"type":"object","properties":{}}`)

func (p *preparer) tools() {
	for i := range p.r.Tools {
		t := &p.r.Tools[i]
		if !p.r.ToolChoice.Allows(t) {
			continue
		}
		switch t.Kind {
		case llm.FunctionTool, "":
			p.out.Tools = append(p.out.Tools, p.function(t))
		case llm.CustomTool:
			p.x.names.Free(t.Name)
			p.out.Tools = append(p.out.Tools, p.custom(t))
		default:
			p.out.Tools = append(p.out.Tools, p.provided(t))
		}
	}
	if len(p.r.Tools) > 0 && len(p.out.Tools) == 0 && p.err == nil {
		p.fail(llm.BadRequest, "tool_choice: none of the allowed tools is defined")
	}
}

func (p *preparer) function(t *llm.Tool) tool {
	out := tool{
		Name:         json.Quote(p.name(t.Name)),
		InputSchema:  p.schema(t.Parameters),
		CacheControl: p.cache(t.Cache),
		Rest:         p.residue("tools.", t.Native),
	}
	if t.Description != "" {
		out.Description = json.Quote(t.Description)
	}
	if t.Strict != nil {
		out.Strict = json.Bool(*t.Strict)
	}
	return out
}

// schema returns what can stand as input_schema: an object whose type is
// "object". Everything else in it is left as it is.
func (p *preparer) schema(v json.Value) json.Value {
	if absent(v) {
		return noParameters
	}
	typ := json.Lookup(v, "type")
	switch {
	case p.native && typ != nil || json.Unquote(typ) == "object":
		return v
	case typ.Kind() == '[': // perhaps an object, perhaps null
		p.drop("tools.parameters.type")
	case v.Kind() != '{' || typ != nil:
		p.drop("tools.parameters")
		return noParameters
	}
	fixed, err := json.Splice(v, json.Edit{Name: "type", Value: word("object")})
	if err != nil {
		p.drop("tools.parameters")
		return noParameters
	}
	return fixed
}

func (p *preparer) custom(t *llm.Tool) tool {
	out := tool{Name: json.Quote(p.name(t.Name)), InputSchema: freeform, CacheControl: p.cache(t.Cache)}
	if t.Description != "" {
		out.Description = json.Quote(t.Description)
	}
	out.Rest = p.residue("tools.", t.Native)
	return out
}

// provided writes a tool of the provider's own: as it came, or from the form
// that chat clients have for it,
//
//	{"type":"computer","computer":{"name":"computer_20250124","display_width_px":1024}}
//
// in which the inner name is the type and the outer type is the name.
func (p *preparer) provided(t *llm.Tool) tool {
	if own := t.Native.For(llm.Anthropic); own != nil {
		return tool{Rest: p.whole(own)}
	}
	if ownTool(t.Kind) && t.Native.Empty() {
		return tool{Type: json.Quote(t.Kind), Name: json.Quote(t.Name), CacheControl: p.cache(t.Cache)}
	}
	inner := json.Lookup(t.Native.Members, t.Kind)
	typ := json.Unquote(json.Lookup(inner, "name"))
	if !ownTool(typ) {
		p.fail(llm.Unsupported, "the tool %q of type %q is run by its provider and %s has no such tool", t.Name, t.Kind, nameOf(p.target))
		return tool{}
	}
	rest, err := json.Splice(inner, json.Edit{Name: "name"})
	if err != nil {
		rest = nil
	}
	for prefix, beta := range toolBetas {
		if strings.HasPrefix(typ, prefix) {
			p.beta(beta)
		}
	}
	return tool{Type: json.Quote(typ), Name: json.Quote(t.Kind), CacheControl: p.cache(t.Cache), Rest: rest}
}

// ownTool reports whether a type is one of Anthropic's: all of them end in a
// date, as in web_search_20250305.
func ownTool(typ string) bool {
	_, date, ok := cutLast(typ, "_")
	return ok && len(date) == 8 && strings.Trim(date, "0123456789") == ""
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// toolBetas are the headers that tools still need.
var toolBetas = map[string]string{
	"computer_20241022": "computer-use-2024-10-22",
	"computer_20250124": "computer-use-2025-01-24",
	"computer_20251124": "computer-use-2025-11-24",
}

// name returns a name that the API takes.
func (p *preparer) name(own string) string {
	limit := dialect.MaxToolName
	if p.native {
		limit = maxNativeName
	}
	return p.x.names.Send(own, limit)
}

// callID is name for the ids of tool calls. Upstream they only tie results to
// calls, so nobody needs to know the originals.
func callID(own string) string {
	return dialect.LegalName(own, math.MaxInt)
}

// choice writes tool_choice, which the API refuses without tools.
func (p *preparer) choice() {
	c := p.r.ToolChoice
	rest := p.residue("tool_choice.", c.Native)
	single := p.r.ParallelTools != nil && !*p.r.ParallelTools
	if len(p.out.Tools) == 0 && !p.native { // tools of MCP servers are no members of tools
		if forces(c.Mode) {
			p.drop("tool_choice")
		}
		return
	}
	if c.Mode == "" && !single && rest == nil {
		return
	}
	if forces(c.Mode) && p.model.Unforced {
		p.drop("tool_choice")
		c.Mode = llm.ToolAuto
	}
	out := &toolChoice{Rest: rest}
	switch c.Mode {
	case llm.ToolAuto, "":
		out.Type = word("auto")
	case llm.ToolRequired:
		out.Type = word("any")
	case llm.ToolNone:
		out.Type = word("none")
	case llm.ToolNamed:
		out.Type, out.Name = word("tool"), json.Quote(p.name(c.Name))
	default:
		p.fail(llm.BadRequest, "tool_choice: %q is not a way to choose tools", c.Mode)
	}
	if p.r.ParallelTools != nil && c.Mode != llm.ToolNone && (single || p.native) {
		out.Disabled = json.Bool(single)
	}
	p.out.ToolChoice = out
}

// forced reports whether the client wants the model to call a tool.
func (p *preparer) forced() bool { return p.out.ToolChoice != nil && forces(p.r.ToolChoice.Mode) }

func forces(m llm.ToolMode) bool { return m == llm.ToolRequired || m == llm.ToolNamed }
