package route

import (
	"slices"
	"time"

	"sluice/core/cache"
	"sluice/core/internal/json"
)

// cache reads what a config says of the cache. Answers are good for a number
// of seconds, 90 days at most.
func (p *parser) cache(c *Config, v json.Value, path []string) {
	var s cache.Settings
	for _, m := range p.object(v, path) {
		at := append(slices.Clip(path), m.Name)
		switch json.SnakeCase(m.Name) {
		case "mode":
			s.Mode = cache.Mode(p.text(m.Value, at))
		case "max_age":
			s.MaxAge = min(time.Duration(p.number(m.Value, at)*float64(time.Second)), cache.MaxMaxAge)
		default:
			c.Unknown = append(c.Unknown, c.Path+".cache."+m.Name)
		}
	}
	if s.Mode != cache.Simple && s.Mode != cache.Semantic {
		p.fault(append(slices.Clip(path), "mode"), "Invalid 'cache.mode' value. Must be one of: simple, semantic")
	}
	c.Cache = s
}

// alike is the cache's settings as they can be had: without an index of
// meanings only equal requests are alike, and that is told.
func (b *builder) alike(c *Config) cache.Settings {
	s := c.Cache
	if s.Mode == cache.Semantic && (b.env.Cache == nil || b.env.Cache.Similar == nil) {
		s.Mode = cache.Simple
		c.Unknown = append(c.Unknown, c.Path+".cache.mode")
	}
	return s
}
