package route

import (
	"slices"

	"sluice/core/internal/json"
)

// Capabilities is what a config says that a target can do, where more is known
// than its provider and its model tell. Nil: nothing was said.
type Capabilities struct {
	Prefill       *bool // goes on from an answer that the request begins
	Vision        *bool // reads images
	Audio         *bool // hears
	Documents     *bool // reads documents that are not plain text
	Tools         *bool // calls tools
	ContextLength int64 // tokens, read and written together; 0: not said
}

func (p *parser) capabilities(c *Config, v json.Value, path []string) Capabilities {
	var caps Capabilities
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "prefill":
			caps.Prefill = p.boolean(m.Value, at)
		case "vision":
			caps.Vision = p.boolean(m.Value, at)
		case "audio":
			caps.Audio = p.boolean(m.Value, at)
		case "documents":
			caps.Documents = p.boolean(m.Value, at)
		case "tools":
			caps.Tools = p.boolean(m.Value, at)
		case "context_length":
			caps.ContextLength = int64(p.number(m.Value, at))
		default:
			c.Unknown = append(c.Unknown, c.Path+".capabilities."+m.Name)
		}
	}
	return caps
}
