package route

import (
	"slices"
	"strings"
	"unicode"

	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/provider"
	"sluice/core/secret"
)

// member reads one member of a level. key is its name in snake case.
func (p *parser) member(c *Config, key string, v json.Value, path []string, depth int) {
	known := p.account(c, key, v, path) || p.routing(c, key, v, path, depth) ||
		p.trouble(c, key, v, path) || p.request(c, key, v, path) || p.checks(c, key, v, path)
	if !known {
		p.option(c, key, v, path)
	}
}

// account reads who is called, with which credential. Like the others it
// reports whether the member is one of its own.
func (p *parser) account(c *Config, key string, v json.Value, path []string) bool {
	switch key {
	case "provider", "virtual_key":
		p.provider(c, key, v, path)
	case "passthrough":
		c.Passthrough = p.yes(v, path)
	case "is_open":
		c.IsOpen = p.yes(v, path)
	case "api_key":
		text := p.text(v, path)
		if strings.ContainsFunc(text, unicode.IsControl) {
			p.fault(path, "must not have control characters")
		}
		c.APIKey = secret.New(text)
	case "custom_host":
		c.CustomHost = p.text(v, path)
	case "capabilities":
		c.Capabilities = p.capabilities(c, v, path)
	default:
		return false
	}
	return true
}

// routing reads which targets there are, and how one is chosen.
func (p *parser) routing(c *Config, key string, v json.Value, path []string, depth int) bool {
	switch key {
	case "name":
		c.Name = p.text(v, path)
	case "id": // of a saved config; nothing depends on it
		p.text(v, path)
	case "strategy":
		c.Strategy = p.strategy(c, v, path)
	case "targets":
		c.Targets = p.children(v, path, c.Path, depth)
	case "weight":
		c.Weight = p.number(v, path)
	default:
		return false
	}
	return true
}

// trouble reads what is done about failures, and how long is waited.
func (p *parser) trouble(c *Config, key string, v json.Value, path []string) bool {
	switch key {
	case "retry":
		c.Retry = p.retry(v, path)
	case "cb_config":
		c.Breaker = p.breaker(c, v, path)
	case "request_timeout":
		c.RequestTimeout = p.milliseconds(v, path)
	case "timeouts":
		p.timeouts(c, v, path)
	case "on_status_codes":
		p.codes(v, path)
	default:
		return false
	}
	return true
}

// request reads what is changed about a request and its answer.
func (p *parser) request(c *Config, key string, v json.Value, path []string) bool {
	switch key {
	case "override_params", "default_params", "drop_params", "model_aliases":
		p.params(c, key, v, path)
	case "forward_headers":
		c.ForwardHeaders = p.forward(v, path)
	case "strict_open_ai_compliance":
		c.Strict = p.boolean(v, path)
	case "cache":
		p.cache(c, v, path)
	case "prompt_id":
		p.fault(path, "This version of the gateway has no prompts")
	default:
		return false
	}
	return true
}

// checks reads what the hooks of a level check.
func (p *parser) checks(c *Config, key string, v json.Value, path []string) bool {
	switch {
	case key == "default_input_guardrails", key == "default_output_guardrails":
		p.fault(path, "Defaults of guardrails come in the header x-portkey-"+strings.ReplaceAll(key, "_", "-"))
	case slices.Contains(guard.Keys, key):
		if v.Kind() != '[' {
			p.fault(path, "Expected array, received "+json.KindName(v))
		}
		c.Guards = append(c.Guards, guardList{key, path, v.Clone()})
	default:
		return false
	}
	return true
}

// option keeps a setting of the provider's own, and the names of members that
// nobody reads.
func (p *parser) option(c *Config, key string, v json.Value, path []string) {
	if !provider.HasOption(key) {
		c.Unknown = append(c.Unknown, c.Path+"."+path[len(path)-1])
		return
	}
	c.Options[key] = v.Clone()
}
