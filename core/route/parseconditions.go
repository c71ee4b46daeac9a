package route

import (
	"fmt"
	"slices"
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/internal/query"
)

// maxConditions of one strategy: they are run for every request.
const maxConditions = 1000

// A condition of a conditional strategy.
type condition struct {
	query query.Query[*view]
	then  string // name of a target
}

// routerFault notes a fault for which the reference has a text that its users'
// tools match.
func (p *parser) routerFault(path []string, message string) {
	before := len(p.faults)
	if p.fault(path, message); len(p.faults) > before {
		p.router = append(p.router, message)
	}
}

// lone is the first of those faults, if there are no others.
func (p *parser) lone() string {
	if len(p.router) == 0 || len(p.router) < len(p.faults) {
		return ""
	}
	return p.router[0]
}

// conditions reads the list of a strategy, and notes in fs what it asks for.
func (p *parser) conditions(v json.Value, path []string, fs *fields) []condition {
	elements, err := json.Elements(v)
	switch {
	case err != nil:
		p.fault(path, "Expected array, received "+json.KindName(v))
	case len(elements) > maxConditions:
		p.fault(path, fmt.Sprintf("more than %d conditions", maxConditions))
		elements = nil
	}
	out := make([]condition, len(elements))
	for i, e := range elements {
		out[i] = p.condition(e, below(path, strconv.Itoa(i)), fs)
	}
	return out
}

func (p *parser) condition(v json.Value, path []string, fs *fields) condition {
	o := json.Object(p.object(v, path))
	var c condition
	if text := o.Get("query"); text != nil {
		c.query = p.query(text, below(path, "query"), fs)
	} else {
		p.fault(below(path, "query"), "Required")
	}
	if name := o.Get("then"); name != nil {
		c.then = p.text(name, below(path, "then"))
	} else {
		p.fault(below(path, "then"), "Required")
	}
	return c
}

// branches checks that a conditional strategy has conditions, and that there
// are the targets which it names.
func (p *parser) branches(c *Config, path []string) {
	s := c.Strategy
	if s == nil || s.Mode != "conditional" {
		return
	}
	path = below(path, "strategy")
	if s.conditions == nil {
		p.routerFault(below(path, "conditions"), "No conditions passed in the query router")
	}
	names := c.targetNames()
	for i, cond := range s.conditions {
		if cond.then != "" && !slices.Contains(names, cond.then) {
			p.routerFault(append(below(path, "conditions"), strconv.Itoa(i), "then"), badTarget+cond.then)
		}
	}
	if s.Default != "" && !slices.Contains(names, s.Default) {
		p.routerFault(below(path, "default"), badTarget+s.Default)
	}
}

const badTarget = "Invalid target name found in the query router: "

// targetNames lists the names of a node's targets.
func (c *Config) targetNames() []string {
	names := make([]string, len(c.Targets))
	for i, t := range c.Targets {
		names[i] = t.Name
	}
	return names
}

// below is the path of a member, for messages.
func below(path []string, name string) []string { return append(slices.Clip(path), name) }
