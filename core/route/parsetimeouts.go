package route

import (
	"slices"

	"sluice/core/internal/json"
)

// timeouts reads a node's limits, in milliseconds. Those of phases flow down
// to the targets, each for itself; total bounds the node that it stands at.
func (p *parser) timeouts(c *Config, v json.Value, path []string) {
	for _, m := range p.object(v, path) {
		if m.Value.Kind() == 'n' {
			continue
		}
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "connect":
			c.Timeouts.Connect = p.milliseconds(m.Value, at)
		case "headers":
			c.Timeouts.Headers = p.milliseconds(m.Value, at)
		case "first_content":
			c.Timeouts.FirstContent = p.milliseconds(m.Value, at)
		case "idle":
			c.Timeouts.Idle = p.milliseconds(m.Value, at)
		case "total":
			c.Total = p.milliseconds(m.Value, at)
		default:
			c.Unknown = append(c.Unknown, c.Path+"."+path[len(path)-1]+"."+m.Name)
		}
	}
}
