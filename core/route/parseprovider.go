package route

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/provider"
)

// provider reads who is asked: an id, or a slug, which stands for the
// operator's stored credential. Those are kept by the provider's id.
func (p *parser) provider(c *Config, key string, v json.Value, path []string) {
	name := p.text(v, path)
	id := trimAt(name)
	switch {
	case name == "":
	case !provider.Known(id) && (key == "virtual_key" || id != name):
		p.fault(path, "No provider is known by the name of '"+id+"'")
	case !provider.Known(id):
		p.fault(path, "Invalid 'provider' value. Must be one of: "+strings.Join(provider.IDs(), ", "))
	case c.Provider != "" && trimAt(c.Provider) != id:
		p.fault(path, "'provider' and 'virtual_key' name different providers")
	default:
		c.Provider = name
	}
}

// noObject refuses what stands in a config's place.
func (p *parser) noObject(v json.Value, path []string) {
	if strings.HasPrefix(json.Unquote(v), "pc-") {
		p.fault(path, "This version of the gateway has no saved configs")
		return
	}
	p.fault(path, "Expected object, received "+json.KindName(v))
}

func (p *parser) yes(v json.Value, path []string) bool {
	b := p.boolean(v, path)
	return b != nil && *b
}

// names reports whether a node says who is asked, or leaves it to the request.
func (c *Config) names() bool {
	_, _, slug := cutSlug(modelIn(c.OverrideParams))
	return c.Provider != "" || c.Passthrough || slug || len(c.Targets) > 0 || c.Strategy != nil
}

// NamesProvider reports whether the root of a config says who is asked other
// than by its members provider and targets.
func NamesProvider(config []byte) bool {
	members, _ := json.Members(config)
	for _, m := range members {
		switch json.SnakeCase(m.Name) {
		case "virtual_key", "passthrough":
			return true
		case "override_params":
			if _, _, ok := cutSlug(modelIn(m.Value)); ok {
				return true
			}
		}
	}
	return false
}

// cutSlug splits @provider/model. A model may begin like this and name no
// provider: Workers AI's do.
func cutSlug(model string) (slug, name string, ok bool) {
	slug, name, ok = strings.Cut(model, "/")
	if !ok || len(slug) < 2 || slug[0] != '@' || name == "" {
		return "", model, false
	}
	return slug[1:], name, true
}

func modelIn(params json.Value) string { return json.Unquote(json.Lookup(params, "model")) }
