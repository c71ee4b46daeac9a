package route

import (
	"slices"

	"sluice/core/internal/json"
)

// Capabilities is what a config says that a target can do, where more is known
// than its provider and its model tell. Nil: nothing was said.
type Capabilities struct {
	Prefill *bool // goes on from an answer that the request begins
}

func (p *parser) capabilities(c *Config, v json.Value, path []string) Capabilities {
	var caps Capabilities
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "prefill":
			caps.Prefill = p.boolean(m.Value, at)
		default:
			c.Unknown = append(c.Unknown, c.Path+".capabilities."+m.Name)
		}
	}
	return caps
}
