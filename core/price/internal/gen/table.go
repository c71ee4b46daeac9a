package main

import (
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"

	"sluice/core/price"
)

type models map[string]*price.Entry

type table struct {
	log       io.Writer
	providers map[string]models
}

// A rule mends one fault of the data. It reports whether it changed the
// entry.
type rule struct {
	why       string
	providers []string // nil: all
	all       func(m models) int
	each      func(name string, e *price.Entry) bool
}

func (t *table) apply(r rule) {
	n := 0
	for _, id := range slices.Sorted(maps.Keys(t.providers)) {
		if r.providers != nil && !slices.Contains(r.providers, id) {
			continue
		}
		m := t.providers[id]
		if r.all != nil {
			n += r.all(m)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if r.each(name, m[name]) {
				n++
			}
		}
	}
	fmt.Fprintf(t.log, "%5d  %s\n", n, r.why)
}

func (t *table) overrides() *price.Overrides {
	o := &price.Overrides{Providers: map[string]map[string]price.Entry{}}
	for id, m := range t.providers {
		entries := map[string]price.Entry{}
		for name, e := range m {
			entries[name] = *e
		}
		o.Providers[id] = entries
	}
	return o
}

// rates yields the rates of an entry, the standard ones first.
func rates(e *price.Entry) []*price.Rates {
	all := []*price.Rates{&e.Rates}
	for i := range e.Tiers {
		all = append(all, &e.Tiers[i].Rates)
	}
	return all
}

// fill adds to a what b has and a has not. It reports whether b had any.
func fill(a *price.Rates, b price.Rates) bool {
	return addMissing(&a.Tokens, b.Tokens)+addMissing(&a.PerUnit, b.PerUnit)+addMissing(&a.PerRequest, b.PerRequest) > 0
}

func addMissing(a *map[string]price.USD, b map[string]price.USD) (n int) {
	for k, v := range b {
		if _, ok := (*a)[k]; ok {
			continue
		}
		set(a, k, v)
		n++
	}
	return n
}

func set(m *map[string]price.USD, k string, v price.USD) {
	if *m == nil {
		*m = map[string]price.USD{}
	}
	(*m)[k] = v
}

func positive(m map[string]price.USD) bool {
	for _, v := range m {
		if v > 0 {
			return true
		}
	}
	return false
}

// scale is v × num ÷ den, rounded half up.
func scale(v, num, den price.USD) price.USD {
	n := new(big.Int).Mul(big.NewInt(int64(v)), big.NewInt(int64(num)))
	n.Add(n, big.NewInt(int64(den)/2))
	return price.USD(n.Div(n, big.NewInt(int64(den))).Int64())
}

// scaled returns the rates for tokens times num ÷ den.
func scaled(r price.Rates, num, den price.USD) price.Rates {
	c := price.Rates{InputUnit: r.InputUnit}
	for k, v := range r.Tokens {
		set(&c.Tokens, k, scale(v, num, den))
	}
	return c
}
