package main

import (
	"fmt"
	"maps"
	"slices"

	"sluice/core/internal/json"
	"sluice/core/price"
)

// corrections are numbers in the data that differ from the provider's own
// page, with that page.
type corrections struct {
	Revision int `json:"revision"` // counts up with every change, and is part of the table's version
	Entries  []struct {
		Why       string                            `json:"why"`
		Page      string                            `json:"page"`
		Providers map[string]map[string]price.Entry `json:"providers"`
	} `json:"corrections"`
}

func parseCorrections(b []byte) (*corrections, error) {
	var c corrections
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("reading corrections: %w", err)
	}
	for i, e := range c.Entries {
		if e.Why == "" || e.Page == "" {
			return nil, fmt.Errorf("corrections[%d]: why and page are needed", i)
		}
	}
	return &c, nil
}

// correct lays the corrections over the data: members that they state replace
// the data's, all others stay. One that changes nothing is out of date, and
// an error.
func (t *table) correct(c *corrections) error {
	for _, cor := range c.Entries {
		for _, id := range slices.Sorted(maps.Keys(cor.Providers)) {
			for _, name := range slices.Sorted(maps.Keys(cor.Providers[id])) {
				e := t.providers[id][name]
				if e == nil {
					return fmt.Errorf("correction of %s %s: the data does not have it", id, name)
				}
				fix := cor.Providers[id][name]
				if !replace(e, &fix) {
					return fmt.Errorf("correction of %s %s: the data has it now", id, name)
				}
			}
		}
		fmt.Fprintf(t.log, "%5s  %s (%s)\n", "fix", cor.Why, cor.Page)
	}
	return nil
}

func replace(e, fix *price.Entry) (changed bool) {
	put := func(to *map[string]price.USD, from map[string]price.USD) {
		for k, v := range from {
			if old, ok := (*to)[k]; !ok || old != v {
				set(to, k, v)
				changed = true
			}
		}
	}
	put(&e.Tokens, fix.Tokens)
	put(&e.PerUnit, fix.PerUnit)
	if len(fix.Image) > 0 {
		e.Image, changed = fix.Image, true
	}
	if fix.InputUnit != "" && fix.InputUnit != e.InputUnit {
		e.InputUnit, changed = fix.InputUnit, true
	}
	for _, c := range fix.Tiers {
		at := slices.IndexFunc(e.Tiers, func(o price.Case) bool { return sameCase(o, c) })
		if at < 0 {
			e.Tiers, changed = append(e.Tiers, c), true
			continue
		}
		put(&e.Tiers[at].Tokens, c.Tokens)
	}
	if changed {
		e.Unpriced = false
	}
	return replaceFacts(e, fix) || changed
}

// replaceFacts lays what a correction says about the model itself over the
// data.
func replaceFacts(e, fix *price.Entry) (changed bool) {
	if fix.Features != nil && !slices.Equal(fix.Features, e.Features) {
		e.Features, changed = fix.Features, true
	}
	if fix.ContextLength != 0 && fix.ContextLength != e.ContextLength {
		e.ContextLength, changed = fix.ContextLength, true
	}
	return changed
}
