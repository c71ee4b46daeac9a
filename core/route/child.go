package route

import (
	"time"

	"sluice/core"
	"sluice/core/price"
)

// A child is a target as its strategy sees it: a leaf, or a strategy of its
// own, which answers for its children.
type child interface {
	core.Handler

	// path is where it stands in the config, as in config.targets[0].
	path() string

	// unable says why it cannot take the call, as far as is known without
	// asking it; empty if nothing speaks against it.
	unable(c *core.Call) string

	// benched reports whether its circuit breaker keeps calls away from it.
	benched(c *core.Call) bool

	// pace is how long it is expected to take until the first content. It
	// reports false if that was not measured yet.
	pace(c *core.Call) (time.Duration, bool)

	// price is what the call is expected to cost. It reports false if that is
	// not known.
	price(c *core.Call) (price.Nano, bool)

	// prefills reports whether it goes on from an answer that the request
	// begins.
	prefills(c *core.Call) bool

	// model is the one that it asks, empty if that is not known before.
	model(c *core.Call) string
}

// A group is what all strategies are: children under a path.
type group struct {
	at       string
	children []child
}

func (g *group) path() string { return g.at }

// unable is the first child's reason if none of them can.
func (g *group) unable(c *core.Call) string {
	first := ""
	for i, t := range g.children {
		why := t.unable(c)
		if why == "" {
			return ""
		}
		if i == 0 {
			first = why
		}
	}
	return first
}

func (g *group) benched(c *core.Call) bool {
	for _, t := range g.children {
		if !t.benched(c) {
			return false
		}
	}
	return true
}

// pace is that of the fastest.
func (g *group) pace(c *core.Call) (best time.Duration, known bool) {
	for _, t := range g.children {
		if d, ok := t.pace(c); ok && (!known || d < best) {
			best, known = d, true
		}
	}
	return best, known
}

// price is that of the cheapest.
func (g *group) price(c *core.Call) (best price.Nano, known bool) {
	for _, t := range g.children {
		if n, ok := t.price(c); ok && (!known || n < best) {
			best, known = n, true
		}
	}
	return best, known
}

func (g *group) prefills(c *core.Call) bool {
	for _, t := range g.children {
		if t.prefills(c) {
			return true
		}
	}
	return false
}

// model is empty: its children may ask different ones.
func (g *group) model(*core.Call) string { return "" }
