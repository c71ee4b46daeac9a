package price

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A Table has the prices of models by provider. It never changes, so it can
// be used from everywhere at once. The zero Table is empty.
type Table struct {
	version   string
	source    string     // of the data
	providers []provider // in the order of ids
}

type provider struct {
	id     string
	models func() []model // in the order of compareModel; always the same slice
}

func newProvider(id string, models []model) provider {
	return provider{id, func() []model { return models }}
}

type model struct {
	name   string
	priced *priced // nil: no price
	closed bool    // an override says that there is none, under no other name either
	facts  *Facts
}

type priced struct {
	tiers   []Tier
	version string
}

// Version is the date of the data, with a mark for corrections and overrides.
func (t *Table) Version() string { return t.version }

// Providers lists the ids of all providers in the table, in order.
func (t *Table) Providers() []string {
	ids := make([]string, len(t.providers))
	for i := range t.providers {
		ids[i] = t.providers[i].id
	}
	return ids
}

// A Model is an entry of a table.
type Model struct {
	Name  string
	Price Price // not known, perhaps
	Facts Facts
}

// Models yields all models of a provider, in a stable order.
func (t *Table) Models(providerID string) iter.Seq[Model] {
	return func(yield func(Model) bool) {
		p := t.provider(providerID)
		if p == nil {
			return
		}
		models := p.models()
		for i := range models {
			m := &models[i]
			if !yield(Model{m.name, m.price(p.id), *m.facts}) {
				return
			}
		}
	}
}

func (m *model) price(providerID string) Price {
	p := Price{Provider: providerID, Model: m.name}
	if m.priced != nil {
		p.tiers, p.Version = m.priced.tiers, m.priced.version
	}
	return p
}

func (t *Table) provider(id string) *provider {
	at, found := slices.BinarySearchFunc(t.providers, id, func(p provider, id string) int { return strings.Compare(p.id, id) })
	if !found {
		return nil
	}
	return &t.providers[at]
}

// put sets a provider. The slice is the table's own.
func (t *Table) put(p provider) {
	if old := t.provider(p.id); old != nil {
		*old = p
		return
	}
	t.providers = append(t.providers, p)
	slices.SortFunc(t.providers, func(a, b provider) int { return strings.Compare(a.id, b.id) })
}

func (t *Table) exactFacts(providerID, name string) (Facts, bool) {
	if p := t.provider(providerID); p != nil {
		if m := p.exact(name); m != nil {
			return *m.facts, true
		}
	}
	return Facts{}, false
}

// compareModel orders names without regard to case, then by their bytes, so
// that one search finds a name in either sense.
func compareModel(m model, name string) int {
	return cmp.Or(compareFold(m.name, name), strings.Compare(m.name, name))
}

func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (p *provider) exact(name string) *model {
	models := p.models()
	if at, found := slices.BinarySearchFunc(models, name, compareModel); found {
		return &models[at]
	}
	return nil
}

// folded returns the model whose name differs by case only, if there is one,
// or if all that there are cost the same.
func (p *provider) folded(name string) *model {
	models := p.models()
	at, _ := slices.BinarySearchFunc(models, name, func(m model, name string) int { return compareFold(m.name, name) })
	var only *model
	for ; at < len(models) && compareFold(models[at].name, name) == 0; at++ {
		m := &models[at]
		switch {
		case m.priced == nil && only != nil:
		case only == nil || only.priced == nil:
			only = m
		case !sameTiers(only.priced.tiers, m.priced.tiers):
			return nil
		}
	}
	return only
}

func sameTiers(a, b []Tier) bool {
	return slices.EqualFunc(a, b, func(a, b Tier) bool { return a.sameCase(&b) && slices.Equal(a.Rates, b.Rates) })
}
