package main

import (
	"regexp"
	"slices"
	"strings"

	"sluice/core/price"
)

// claudeSearch: $10 for 1,000 searches, with all models that can search.
// https://platform.claude.com/docs/en/about-claude/pricing#web-search-tool
func claudeSearch(name string, e *price.Entry) bool {
	if e.Unpriced || !searches.MatchString(name) {
		return false
	}
	set(&e.PerUnit, "web_search", price.USD(price.Dollar/100))
	return true
}

var searches = regexp.MustCompile(`^claude-(3-[57]|4|(opus|sonnet|haiku|fable)-\d)`)

// since45 are the models whose price depends on the endpoint: a region, or a
// geography such as us., costs 10 % more than global.
// https://platform.claude.com/docs/en/about-claude/pricing#third-party-platform-pricing
var since45 = regexp.MustCompile(`claude-(opus|sonnet|haiku|fable)-(4-[5-9]|5)`)

// claudeBedrock: the data has the global price everywhere. GovCloud has its
// own, which is right.
func claudeBedrock(m models) (n int) {
	for name, e := range m {
		base, global := strings.CutPrefix(name, "global.")
		if !since45.MatchString(name) || global || strings.HasPrefix(name, "us-gov.") || e.Unpriced {
			continue
		}
		if g := m["global."+base]; strings.HasPrefix(base, "anthropic.") && (g == nil || g.Unpriced) {
			c := *e
			if g != nil {
				c.Type, c.Features, c.MaxOutput = g.Type, g.Features, g.MaxOutput
			}
			c.Rates, c.Tiers = times(e.Rates, 1, 1), nil
			for _, t := range e.Tiers {
				c.Tiers = append(c.Tiers, price.Case{Mode: t.Mode, Above: t.Above, Regions: t.Regions, Rates: times(t.Rates, 1, 1)})
			}
			m["global."+base] = &c
		}
		for _, r := range rates(e) {
			*r = times(*r, 11, 10)
		}
		n++
	}
	return n
}

// times multiplies the prices of tokens and keeps the others.
func times(r price.Rates, num, den price.USD) price.Rates {
	r.Tokens = scaled(r, num, den).Tokens
	return r
}

// claudeVertex: the data has the regions that it happened to look at.
func claudeVertex(name string, e *price.Entry) (changed bool) {
	if !since45.MatchString(name) {
		return false
	}
	for i := range e.Tiers {
		if e.Tiers[i].Regions != "" {
			e.Tiers[i].Regions, changed = "*", true
		}
	}
	regroup(name, e)
	return changed
}

// claudeCaches: a read costs a tenth of the input, writes 1.25 and 2 times as
// much, and discounts multiply: whatever a tier does to the input it does to
// the caches. Where the data states them it rounds to cents, or forgets to.
// https://platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing
func claudeCaches(name string, e *price.Entry) (changed bool) {
	base := e.Tokens["input"]
	if !strings.Contains(name, "claude") || base == 0 {
		return false
	}
	for _, c := range e.Tiers {
		input := c.Tokens["input"]
		for _, k := range []string{"cached_input", "cache_write", "cache_write_1h"} {
			v := scale(e.Tokens[k], input, base)
			if v > 0 && v != c.Tokens[k] {
				c.Tokens[k] = v
				changed = true
			}
		}
	}
	return changed
}

// claudeGeo: inference_geo "us" costs 1.1 times as much, all tokens alike,
// since Opus 4.6. https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing
func claudeGeo(name string, e *price.Entry) bool {
	if e.Unpriced || !since46.MatchString(name) {
		return false
	}
	for _, c := range append([]price.Case{{Rates: e.Rates}}, slices.Clone(e.Tiers)...) {
		e.Tiers = append(e.Tiers, price.Case{Mode: c.Mode, Above: c.Above, Regions: "us", Rates: scaled(c.Rates, 11, 10)})
	}
	return true
}

var since46 = regexp.MustCompile(`^claude-((opus|sonnet)-4-[6-9]|(opus|sonnet|haiku|fable)-5)`)

// media are dearer than plain tokens, by what they are compared with.
var media = map[string]string{
	"audio_input": "input", "image_input": "input", "cache_write": "input", "cache_write_1h": "input",
	"audio_output": "output", "image_output": "output", "video_output": "output", "reasoning": "output",
}

// deriveMedia: a tier that states plain input and output only would let
// sound in at the price of text. What it does to text it does to the rest,
// as on the pages of those who state both.
func deriveMedia(_ string, e *price.Entry) (changed bool) {
	for _, c := range e.Tiers {
		base := &e.Rates
		for medium, plain := range media {
			v, ok := base.Tokens[medium]
			if _, has := c.Tokens[medium]; !ok || has || base.Tokens[plain] == 0 || c.Tokens[plain] == 0 {
				continue
			}
			c.Tokens[medium] = scale(v, c.Tokens[plain], base.Tokens[plain])
			changed = true
		}
	}
	return changed
}

// redundant: a tier that prices as the one does that would apply without it.
func redundant(_ string, e *price.Entry) bool {
	before := len(e.Tiers)
	e.Tiers = slices.DeleteFunc(slices.Clone(e.Tiers), func(c price.Case) bool {
		if c.Mode == "" && c.Above == 0 {
			return false // a region, even at the same price, tells that it has one
		}
		under := underneath(e, c)
		return under != nil && sameRates(under, &c.Rates)
	})
	return len(e.Tiers) < before
}

// underneath is the tier of the same mode and regions for shorter prompts.
func underneath(e *price.Entry, c price.Case) *price.Rates {
	if c.Above == 0 {
		return nil
	}
	if c.Mode == "" && c.Regions == "" {
		return &e.Rates
	}
	for i, o := range e.Tiers {
		if o.Mode == c.Mode && o.Regions == c.Regions && o.Above == 0 {
			return &e.Tiers[i].Rates
		}
	}
	return nil
}

func sameRates(a, b *price.Rates) bool {
	for k, v := range b.Tokens {
		if a.Tokens[k] != v {
			return false
		}
	}
	for k := range a.Tokens {
		if _, ok := b.Tokens[k]; !ok && media[k] == "" {
			return false
		}
	}
	return len(b.PerUnit)+len(b.PerRequest)+len(b.Image) == 0
}
