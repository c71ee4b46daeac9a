package route

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/provider"
)

// provided reads who is asked out of the model of override_params, where that
// is @provider/model, and leaves the model.
func (b *builder) provided(c *Config, s settings) (*Config, settings) {
	slug, model, ok := cutSlug(modelIn(s.overrides))
	named := trimAt(c.Provider)
	switch {
	case !ok, !provider.Known(slug) && named != "": // a model that begins like this
		return c, s
	case !provider.Known(slug):
		b.fault(c, "override_params,model", "No provider is known by the name of '"+slug+"'")
	case named != "" && named != slug:
		b.fault(c, "override_params,model", "names another provider than the target does")
	}
	own := *c
	own.Provider = slug
	s.overrides = b.merged(s.overrides, json.Object{json.Named("model", json.Quote(model))}.Value())
	return &own, s
}

func (b *builder) fault(c *Config, key, message string) {
	b.faults = append(b.faults, "path: "+faultPath(c.Path, key)+", message: "+message)
}

// withoutOpen leaves out the targets whose circuit breaker was open when the
// config was made, unless all were. Conditions name their targets: none of
// them goes.
func withoutOpen(c *Config, g group) (*Config, group) {
	if c.Strategy.Mode == "conditional" || !slices.ContainsFunc(c.Targets, func(t *Config) bool { return !t.IsOpen }) {
		return c, g
	}
	own := *c
	own.Targets = slices.DeleteFunc(slices.Clone(c.Targets), func(t *Config) bool { return t.IsOpen })
	kept := 0
	for i, t := range c.Targets {
		if !t.IsOpen {
			g.children[kept] = g.children[i]
			kept++
		}
	}
	g.children = g.children[:kept]
	return &own, g
}
