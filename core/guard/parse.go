package guard

import (
	"cmp"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/internal/redact"
)

// Keys of a config that hold hooks.
const (
	inputGuardrails  = "input_guardrails"
	outputGuardrails = "output_guardrails"
	inputMutators    = "input_mutators"
	outputMutators   = "output_mutators"
	beforeHooks      = "before_request_hooks"
	afterHooks       = "after_request_hooks"
)

// Keys lists the members of a config that hold hooks, in snake case and in
// the order in which their hooks run.
var Keys = []string{beforeHooks, inputGuardrails, inputMutators, afterHooks, outputGuardrails, outputMutators}

// EventOf says when the hooks under a key run.
func EventOf(key string) Event {
	if slices.Contains(Keys[:3], key) {
		return Before
	}
	return After
}

// A Parser reads hooks out of configs.
type Parser struct {
	Library Library
	Env     Env
	// Saved finds a hook that is kept under an id. Nil: there are none.
	Saved func(id string) (json.Value, bool)
	// Fault takes what is wrong, with the path in the config.
	Fault func(path []string, message string)
}

// Hooks reads the list under a key: hooks, or ids of saved ones.
func (p *Parser) Hooks(key string, list json.Value, path []string) []*Hook {
	elements, err := json.Elements(list)
	if err != nil {
		p.Fault(path, "Expected array")
		return nil
	}
	var hooks []*Hook
	for i, e := range elements {
		at := append(slices.Clip(path), strconv.Itoa(i))
		switch e.Kind() {
		case '{':
			hooks = append(hooks, p.hook(key, e, at))
		case '"':
			hooks = append(hooks, p.saved(key, json.Unquote(e), at)...)
		default:
			p.Fault(at, "Expected object or string")
		}
	}
	return hooks
}

// saved is the hook that is kept under an id.
func (p *Parser) saved(key, id string, path []string) []*Hook {
	if p.Saved != nil {
		if v, ok := p.Saved(id); ok {
			h := p.hook(key, v, path)
			if json.Lookup(v, "id") == nil {
				h.ID = id
			}
			return []*Hook{h}
		}
	}
	p.Fault(path, "There is no guardrail '"+id+"'")
	return nil
}

// hook reads one in the long form, or in the short one, in which members that
// are no settings are checks.
func (p *Parser) hook(key string, object json.Value, path []string) *Hook {
	h := &Hook{Event: EventOf(key), Type: Guardrail, OnError: Allow, Source: object.Clone()}
	if key == inputMutators || key == outputMutators {
		h.Type = Mutator
	}
	members, err := json.Members(object)
	if err != nil {
		p.Fault(path, "Expected object")
		return h
	}
	settings := settings{Parser: p, hook: h}
	for _, m := range members { // first: checks take what they say
		if at := append(slices.Clip(path), m.Name); !settings.read(json.SnakeCase(m.Name), m.Value, at) && m.Value.Kind() == '{' && m.Name != "checks" {
			settings.inline = append(settings.inline, m)
		}
	}
	for _, m := range settings.inline {
		p.inline(h, m, append(slices.Clip(path), m.Name))
	}
	p.listed(h, settings.checks, append(slices.Clip(path), "checks"))
	h.ID = cmp.Or(h.ID, generatedID(h.Event))
	h.Scope = cmp.Or(h.Scope, h.usualScope())
	return h
}

// usualScope is that of a hook that names none: all texts if it takes data out,
// since clients send what they know again with every turn.
func (h *Hook) usualScope() Scope {
	for _, u := range h.uses {
		if d, ok := u.check.(*detector); ok && d.redact {
			return All
		}
	}
	return Last
}

// generatedID names a hook that has no name, as the reference does.
func generatedID(e Event) string {
	side := "input"
	if e == After {
		side = "output"
	}
	return side + "_guardrail_" + strings.ToLower(rand.Text()[:3])
}

// inline reads a check of the short form: its name is its id, unless it says
// another.
func (p *Parser) inline(h *Hook, m json.Member, path []string) {
	id := m.Name
	params := NewParams(m.Value)
	if own := params.Value("id"); own != nil {
		id = params.Text("id", id)
	}
	if !strings.Contains(id, ".") {
		id = "default." + id
	}
	p.use(h, id, params, params.Bool("is_enabled", true), path, path)
}

// listed reads the checks of the long form.
func (p *Parser) listed(h *Hook, list json.Value, path []string) {
	if list == nil {
		return
	}
	elements, err := json.Elements(list)
	if err != nil {
		p.Fault(path, "Expected array")
	}
	for i, e := range elements {
		at := append(slices.Clip(path), strconv.Itoa(i))
		outer := NewParams(e)
		outer.Required("id")
		params := outer.Object("parameters")
		p.use(h, outer.Text("id", ""), params, outer.Bool("is_enabled", true), append(slices.Clip(at), "id"), append(slices.Clip(at), "parameters"))
		p.faults(outer, at)
	}
}

// use makes a check; named is the path to its id, path that to its parameters.
func (p *Parser) use(h *Hook, id string, params *Params, enabled bool, named, path []string) {
	spec, ok := p.Library[id]
	switch {
	case !ok && id != "":
		p.Fault(named, "There is no check '"+id+"'")
	case !ok:
	case len(spec.Events) > 0 && !slices.Contains(spec.Events, h.Event):
		p.Fault(named, "The check '"+id+"' cannot run as "+string(h.Event))
	default:
		u := use{id: spec.ID, onError: h.OnError, open: spec.Open, form: spec.Form}
		if params.Bool("failOnError", false) {
			u.onError = Close
		}
		u.check = spec.New(params, p.Env)
		if u.secrets = redact.New(params.secrets...); enabled {
			h.uses = append(h.uses, u)
		}
	}
	p.faults(params, path)
}

func (p *Parser) faults(params *Params, path []string) {
	for _, f := range params.Faults() {
		at := slices.Clip(path)
		if f.Param != "" {
			at = append(at, strings.Split(f.Param, ".")...)
		}
		p.Fault(at, f.Message)
	}
}
