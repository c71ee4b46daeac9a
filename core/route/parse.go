package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/internal/query"
	"sluice/core/provider"
)

// modes are the strategies there are. The message lists them as the
// reference does, which its users' tools match.
var modes = []string{"single", "fallback", "loadbalance", "conditional", "hedge", "latency", "cost"}

const badMode = "Invalid 'mode' value. Must be one of: single, loadbalance, fallback, conditional"

type parser struct {
	faults  []string
	router  []string // those of the faults that are a conditional strategy's, in the reference's words
	targets int
	look    fields // that strategies ask for

	conditionSize query.Budget // of all conditions
}

// maxFaults is how many faults are told: a config may have tens of thousands.
const maxFaults = 100

func (p *parser) fault(path []string, message string) {
	if len(p.faults) < maxFaults {
		p.faults = append(p.faults, "path: "+strings.Join(path, ",")+", message: "+message)
	}
}

// node reads one level. path is in the form of fault lines, at in that of
// the response header.
func (p *parser) node(object json.Value, path []string, at string, depth int) *Config {
	c := &Config{Path: at, Weight: 1, Options: map[string]json.Value{}}
	if depth > maxDepth {
		p.fault(path, fmt.Sprintf("targets nest deeper than %d levels", maxDepth))
		return c
	}
	members, err := json.Members(object)
	if err != nil {
		p.noObject(object, path)
		return c
	}
	for _, m := range members {
		if m.Value.Kind() != 'n' {
			p.member(c, json.SnakeCase(m.Name), m.Value, append(slices.Clip(path), m.Name), depth)
		}
	}
	p.whole(c, path)
	return c
}

func (p *parser) strategy(c *Config, v json.Value, path []string) *Strategy {
	s := &Strategy{Delay: defaultHedge, fields: &p.look}
	for _, m := range p.object(v, path) {
		if m.Value.Kind() == 'n' {
			continue
		}
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "mode":
			s.Mode = p.text(m.Value, at)
			p.mode(s.Mode, at)
		case "on_status_codes":
			s.OnStatusCodes = p.codes(m.Value, at)
		case "conditions":
			s.conditions = p.conditions(m.Value, at, s.fields)
		case "default":
			s.Default = p.text(m.Value, at)
		case "cb_config":
			s.Breaker = p.breaker(c, m.Value, at)
		case "sticky":
			s.Sticky = p.sticky(c, m.Value, at)
		case "delay", "hedge_delay":
			s.Delay = p.milliseconds(m.Value, at)
		case "on_break":
			s.Continue = p.onBreak(m.Value, at)
		default:
			c.Unknown = append(c.Unknown, c.Path+".strategy."+m.Name)
		}
	}
	if s.Mode == "" {
		p.fault(append(slices.Clip(path), "mode"), badMode)
	}
	p.breakable(s, path)
	if s.Sticky != nil && s.Mode != "loadbalance" {
		c.Unknown = append(c.Unknown, c.Path+".strategy.sticky")
	}
	return s
}

func (p *parser) mode(mode string, path []string) {
	if !slices.Contains(modes, mode) {
		p.fault(path, badMode)
	}
}

func (p *parser) children(v json.Value, path []string, at string, depth int) []*Config {
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+json.KindName(v))
		return nil
	}
	if p.targets += len(elements); p.targets > maxTargets {
		p.fault(path, fmt.Sprintf("more than %d targets in all", maxTargets))
		return nil
	}
	var out []*Config
	for i, e := range elements {
		n := strconv.Itoa(i)
		out = append(out, p.node(e, append(slices.Clip(path), n), at+".targets["+n+"]", depth+1))
	}
	return out
}

func (p *parser) retry(v json.Value, path []string) *Retry {
	r, given := &Retry{}, false
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "attempts":
			given = true
			r.Attempts = int(p.number(m.Value, at))
		case "on_status_codes":
			r.OnStatusCodes = p.codes(m.Value, at)
		case "use_retry_after_header", "use_retry_after_headers": // the reference's code and its documents
			if b := p.boolean(m.Value, at); b != nil {
				r.UseRetryAfter = *b
			}
		}
	}
	if !given && v.Kind() == '{' && string(v) != "{}" {
		p.fault(append(slices.Clip(path), "attempts"), "Required")
	}
	return r
}

// cache is checked although nothing is cached yet, so that a config which is
// wrong today is not accepted until the day that it matters.

func (p *parser) forward(v json.Value, path []string) []string {
	names := []string{}
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+json.KindName(v))
	}
	for i, e := range elements {
		name := p.text(e, append(slices.Clip(path), strconv.Itoa(i)))
		if strings.EqualFold(name, "x-portkey-forward-headers") {
			p.fault(path, "forward_headers must not contain the 'x-portkey-forward-headers' header")
		}
		names = append(names, name)
	}
	return names
}

// whole checks what one member alone cannot show.
func (p *parser) whole(c *Config, path []string) {
	p.breadth(c, path)
	p.branches(c, path)
	if len(c.Targets) == 0 && c.Strategy != nil {
		p.fault(append(slices.Clip(path), "targets"), "a strategy needs at least one target")
	}
	if len(c.Targets) == 1 && c.Strategy != nil && c.Strategy.Mode == "hedge" {
		p.fault(append(slices.Clip(path), "targets"), "a hedge needs at least two targets")
	}
	if len(c.Targets) > 0 && c.Strategy == nil && c.Provider == "" {
		p.fault(append(slices.Clip(path), "strategy"), "targets need a strategy")
	}
	if c.Provider == "vertex-ai" && !provider.GoogleAPIKey(c.APIKey) && (c.Options["vertex_region"] == nil ||
		c.Options["vertex_project_id"] == nil && c.Options["vertex_service_account_json"] == nil) {
		p.fault(path, "Invalid configuration. ('vertex_project_id' and 'vertex_region') or ('vertex_service_account_json' and 'vertex_region') are required for 'vertex-ai' provider. "+
			"Example: { 'provider': 'vertex-ai', 'vertex_project_id': 'my-project-id', 'vertex_region': 'us-central1', api_key: 'ya29...' }")
	}
	if len(path) > 0 && !c.names() {
		p.fault(path, "Invalid configuration. It must have either 'provider' and 'api_key', or 'strategy' and 'targets', or 'cache', or 'retry', or 'request_timeout'")
	}
}

// breadth checks how many targets a node has, and that one of them can be
// drawn.
func (p *parser) breadth(c *Config, path []string) {
	most := maxNested
	if len(path) == 0 {
		most = maxRoot
		if c.Strategy != nil && c.Strategy.Mode == "conditional" {
			most = maxConditional
		}
	}
	at := append(slices.Clip(path), "targets")
	if len(c.Targets) > most {
		p.fault(at, fmt.Sprintf("more than %d targets", most))
	}
	if len(c.Targets) == 0 || c.Strategy == nil || c.Strategy.Mode != "loadbalance" {
		return
	}
	if !slices.ContainsFunc(c.Targets, func(t *Config) bool { return t.Weight > 0 }) {
		p.fault(at, "a weight above 0 is needed")
	}
}
