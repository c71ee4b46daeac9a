package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"sluice/core/price"
)

// before bring the data into our form, so that corrections can speak of it.
var before = []rule{
	{why: "models without any price say that they are unpriced", each: sayUnpriced},
	{why: "units spelled in our way", each: respell},
	{why: "models whose flat price is that of the region global", providers: []string{"vertex-ai"}, each: regionalFirst},
	{why: "batch prices and tiers without conditions put where they belong", each: regroup},
	{why: "models split by prompt length made one model with a tier", providers: []string{"google"}, all: joinSplit},
}

func sayUnpriced(_ string, e *price.Entry) bool {
	if e.Unpriced || e.Batch != nil || len(e.Tokens)+len(e.PerUnit)+len(e.PerRequest)+len(e.Image)+len(e.Tiers) > 0 {
		return false
	}
	e.Unpriced = true
	return true
}

var videoSize = regexp.MustCompile(`^video_duration_seconds_(\d+)_(\d+)$`)

func respell(name string, e *price.Entry) (changed bool) {
	if e.Batch != nil {
		e.Tiers = append([]price.Case{{Mode: price.Batch, Rates: *e.Batch}}, e.Tiers...)
		e.Batch = nil
	}
	for _, r := range rates(e) {
		if v, ok := r.Tokens["finetune_training_per_hour"]; ok {
			delete(r.Tokens, "finetune_training_per_hour")
			set(&r.PerUnit, "finetune_training_per_hour", v)
			changed = true
		}
		changed = respellUnits(r) || changed
	}
	if e.MaxOutput > 1<<24 { // digits of two numbers run together
		e.MaxOutput, changed = 0, true
	}
	return changed
}

func respellUnits(r *price.Rates) (changed bool) {
	for unit, v := range r.PerUnit {
		now := unit
		switch size := videoSize.FindStringSubmatch(unit); {
		case size != nil: // prices are for both orientations, and 720p is what is made unless asked for more
			set(&r.PerUnit, "video_seconds_"+size[2]+"x"+size[1], v)
			now = "video_seconds_" + size[1] + "x" + size[2]
			if now == "video_seconds_1280x720" {
				set(&r.PerUnit, "video_seconds", v)
			}
		case strings.HasPrefix(unit, "input_video_"):
			now = "input_video_seconds_" + strings.TrimPrefix(unit, "input_video_")
		case unit == "image_1k":
			now = "generated_images"
		case unit == "input_image" && v <= 10_000: // a price for a token, not for an image
			set(&r.Tokens, "image_input", v*1_000_000)
			delete(r.PerUnit, unit)
			changed = true
		}
		if now != unit {
			delete(r.PerUnit, unit)
			set(&r.PerUnit, now, v)
			changed = true
		}
	}
	return changed
}

// regroup joins what the data states twice. The flat price is the more exact
// one: rows are rounded.
func regroup(_ string, e *price.Entry) (changed bool) {
	var tiers []price.Case
	for _, c := range e.Tiers {
		if c.Mode == "" && c.Above == 0 && c.Regions == "" {
			changed = fill(&e.Rates, c.Rates) || changed
			continue
		}
		at := slices.IndexFunc(tiers, func(o price.Case) bool { return sameCase(o, c) })
		if at < 0 {
			tiers = append(tiers, c)
			continue
		}
		changed = fill(&tiers[at].Rates, c.Rates) || changed
	}
	e.Tiers = tiers
	return changed
}

func sameCase(a, b price.Case) bool {
	return a.Mode == b.Mode && a.Above == b.Above && a.Regions == b.Regions
}

var split = regexp.MustCompile(`^(.+)-(lte|gt)-(128k|200k)$`)

// joinSplit makes gemini-2.5-pro-lte-128k and -gt-128k one model. The suffix
// is the same for all, but Google's threshold is 128,000 tokens for the
// generation 1.5 only and 200,000 since.
// https://ai.google.dev/gemini-api/docs/pricing
func joinSplit(m models) (n int) {
	for _, suffix := range []string{"128k", "200k"} { // where there are both, 128k is the newer entry
		for name, short := range m {
			parts := split.FindStringSubmatch(name)
			if parts == nil || parts[2] != "lte" || parts[3] != suffix {
				continue
			}
			long := m[parts[1]+"-gt-"+suffix]
			join(m, parts[1], short, long)
			n++
		}
	}
	for name := range m {
		if split.MatchString(name) {
			delete(m, name)
		}
	}
	return n
}

func join(m models, name string, short, long *price.Entry) {
	e := m[name]
	if e == nil {
		e = &price.Entry{Unpriced: true}
		m[name] = e
	}
	if !e.Unpriced && len(e.Tiers) > 0 && positive(e.Tokens) && hasAbove(e) {
		return
	}
	e.Unpriced = false
	merged := price.Rates{Tokens: maps.Clone(short.Tokens)} // the split entries are the newer ones
	fill(&merged, e.Rates)
	fill(&merged, short.Rates)
	merged.Image = short.Image
	e.Rates = merged
	e.Tiers = append(slices.Clone(short.Tiers), e.Tiers...)
	regroup(name, e)
	if e.DefaultUnits == nil {
		e.DefaultUnits = short.DefaultUnits
	}
	if long == nil || maps.Equal(long.Tokens, short.Tokens) {
		return
	}
	above := int64(200_000)
	if strings.HasPrefix(name, "gemini-1.5") {
		above = 128_000
	}
	e.Tiers = append(e.Tiers, price.Case{Above: above, Rates: price.Rates{Tokens: long.Tokens}})
	for _, c := range long.Tiers {
		e.Tiers = append(e.Tiers, price.Case{Mode: c.Mode, Above: above, Rates: price.Rates{Tokens: c.Tokens}})
	}
}

func hasAbove(e *price.Entry) bool {
	return slices.ContainsFunc(e.Tiers, func(c price.Case) bool { return c.Above > 0 })
}

// regionalFirst: where a row is for the region global, the row without a
// region is for all others, and costs more than the flat price, which is the
// global one.
func regionalFirst(_ string, e *price.Entry) (changed bool) {
	if !slices.ContainsFunc(e.Tiers, func(c price.Case) bool { return c.Regions == "global" }) {
		return false
	}
	for _, c := range e.Tiers {
		if c.Mode == "" && c.Above == 0 && c.Regions == "" {
			maps.Copy(e.Tokens, c.Tokens)
			changed = true
		}
	}
	slices.Reverse(e.Tiers) // the flat batch price, which is the first, gives way
	return changed
}
