package usage

import (
	"cmp"

	"sluice/core/llm"
	"sluice/core/price"
)

// Bill says what a usage costs at the provider that served it. region is
// where it was served, in the provider's words, or empty, and counts if the
// usage does not say; asked is the service tier of the request, which counts
// only if the answer names none; others is what was not counted in tokens.
func Bill(t *price.Table, provider, model, region, asked string, u *llm.Usage, others ...llm.Counted) *Cost {
	if u == nil {
		return nil
	}
	p, _ := t.Lookup(provider, model)
	units := unitsOf(provider, model, u, others)
	units.AskedTier, units.Region = asked, cmp.Or(units.Region, region)
	amount, lines := price.Cost(p, units)
	c := &Cost{Nano: amount.Nano, Gap: amount.Gap.String(), Version: amount.Version}
	if c.Version == "" {
		c.Version = t.Version()
	}
	for _, l := range lines.Lines() {
		c.Lines = append(c.Lines, Line{Unit: l.Unit.String(), Count: l.Count, Nano: l.Cost})
	}
	return c
}

// String is the cost in dollars, or why it is not known.
func (c *Cost) String() string {
	if c.Gap != "" {
		return "unknown: " + c.Gap
	}
	return c.Nano.String()
}

// Free is the cost of an answer from the cache, which is nothing, and what it
// would have been. Both are nil if an answer of its kind costs nothing anyway.
func Free(c *Cost) (cost, saved *Cost) {
	if c == nil {
		return nil, nil
	}
	return &Cost{Version: c.Version}, &Cost{Nano: c.Nano, Gap: c.Gap, Version: c.Version}
}
