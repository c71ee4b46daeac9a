package price

import (
	"cmp"
	"slices"
	"strings"
)

// A Price is what one model costs at one provider. The zero value is no
// price at all. It is a view of its [Table], which never changes.
type Price struct {
	Provider string
	Model    string // under which it was found, which may not be the name asked for
	Version  string // of the price data
	tiers    []Tier
}

// A Tier is the rates for one service mode, one set of regions or long
// prompts. A request is priced by one tier.
type Tier struct {
	Mode    string   // empty: the standard one
	Above   int64    // only prompts of more tokens; 0: all
	Regions []string // empty: all that have no tier of their own; "*": all named ones but "global"
	Rates   []Rate   // in the order of units
}

// Modes of service that have prices. A tier may have another name.
const (
	Standard = ""
	Batch    = "batch"
	Flex     = "flex"
	Priority = "priority"
	Fast     = "fast"
)

// A Rate is the price of a unit.
type Rate struct {
	Unit    Unit
	Once    bool   // charged once for a request that used it, however often
	Quality string // of an image; empty: any that has no rate of its own
	Size    string // such as 1024x1024; empty as for Quality
	Price   Nano   // for [Unit.Per] of the unit
}

// Known reports whether there is a price.
func (p Price) Known() bool { return len(p.tiers) > 0 }

// Tiers lists all rates, the standard ones first. The slices are shared and
// must not be changed.
func (p Price) Tiers() []Tier { return p.tiers }

// Rate returns the standard price of a unit, whatever its quality and size.
func (p Price) Rate(u Unit) (Nano, bool) {
	if t := p.standard(); t != nil {
		if r := t.rate(u, "", ""); r != nil {
			return r.Price, true
		}
	}
	return 0, false
}

func (p *Price) standard() *Tier {
	if len(p.tiers) == 0 || p.tiers[0].conditional() {
		return nil
	}
	return &p.tiers[0]
}

func (t *Tier) conditional() bool { return t.Mode != Standard || t.Above > 0 || len(t.Regions) > 0 }

// tier chooses: the mode must be the one asked for, a tier that names the
// region beats one that does not, and a higher threshold beats a lower one.
func (p *Price) tier(mode, region string, prompt int64) *Tier {
	var best *Tier
	bestFit := misfit
	for i := range p.tiers {
		t := &p.tiers[i]
		if t.Mode != mode || t.Above > 0 && prompt <= t.Above {
			continue
		}
		fit := t.fits(region)
		if fit > bestFit || best != nil && fit == bestFit && t.Above > best.Above {
			best, bestFit = t, fit
		}
	}
	return best
}

type fit uint8

const (
	misfit fit = iota
	anywhere
	anyRegion
	thisRegion
)

func (t *Tier) fits(region string) fit {
	if len(t.Regions) == 0 {
		return anywhere
	}
	if region == "" {
		return misfit
	}
	found := misfit
	for _, r := range t.Regions {
		switch {
		case strings.EqualFold(r, region):
			return thisRegion
		case r == "*" && region != "global":
			found = anyRegion
		}
	}
	return found
}

// rate finds the rate of exactly this unit. Without a rate for the quality
// and the size there may be one for either, or one for all.
func (t *Tier) rate(u Unit, quality, size string) *Rate {
	var best *Rate
	bestFit := -1
	for i := range t.Rates {
		r := &t.Rates[i]
		if r.Unit != u || r.Quality != "" && r.Quality != quality || r.Size != "" && r.Size != size {
			continue
		}
		fit := 0
		if r.Quality != "" {
			fit = 2
		}
		if r.Size != "" {
			fit++
		}
		if fit > bestFit {
			best, bestFit = r, fit
		}
	}
	return best
}

// set adds a rate unless the tier has one for the same.
func (t *Tier) set(r Rate) {
	at, found := slices.BinarySearchFunc(t.Rates, r, compareRates)
	if !found {
		t.Rates = slices.Insert(t.Rates, at, r)
	}
}

func compareRates(a, b Rate) int {
	return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Quality, b.Quality), cmp.Compare(a.Size, b.Size))
}

func (t *Tier) sameCase(o *Tier) bool {
	return t.Mode == o.Mode && t.Above == o.Above && slices.Equal(t.Regions, o.Regions)
}

// addTier adds what o has and tiers have not.
func addTier(tiers []Tier, o Tier) []Tier {
	for i := range tiers {
		if tiers[i].sameCase(&o) {
			for _, r := range o.Rates {
				tiers[i].set(r)
			}
			return tiers
		}
	}
	if len(o.Rates) == 0 {
		return tiers
	}
	o.Rates = slices.Clone(o.Rates)
	if !o.conditional() {
		return slices.Insert(tiers, 0, o)
	}
	return append(tiers, o)
}
