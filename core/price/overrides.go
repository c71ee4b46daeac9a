package price

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// Overrides are prices that an operator states, by provider and model:
//
//	{"version": "2026-10-01",
//	 "providers": {
//	   "openai": {"gpt-4o": {"input": 2, "output": 8}},
//	   "bedrock": {
//	     "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc":
//	       {"like": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"}},
//	   "my-provider": {"my-model": {"unpriced": true}}}}
//
// An entry replaces the price that was there, unless it begins with like,
// which may name the model itself. Facts that it does not state stay.
type Overrides struct {
	Version   string                      `json:"version,omitzero"` // added to the table's
	Providers map[string]map[string]Entry `json:"providers"`

	Rest json.Value `json:",embed"` // members that nobody knows are refused
}

// ParseOverrides reads the JSON form. Its errors are for whoever wrote it;
// [Table.With] finds more of them.
func ParseOverrides(b []byte) (*Overrides, error) {
	var o Overrides
	if err := json.Unmarshal(b, &o); err != nil {
		path, what := json.Problem(err)
		return nil, fmt.Errorf("price overrides: %s", strings.TrimPrefix(path+": "+what, ": "))
	}
	if names := json.Names(o.Rest); len(names) > 0 {
		return nil, fmt.Errorf("price overrides: %s: unknown member", names[0])
	}
	return &o, nil
}

// With returns a table with the overrides over it. The receiver stays as it
// is. Nil overrides change nothing.
func (t *Table) With(o *Overrides) (*Table, error) {
	if o == nil || len(o.Providers) == 0 {
		return t, nil
	}
	if strings.ContainsAny(o.Version, " \t\r\n") {
		return nil, fmt.Errorf("price overrides: version: must be one word")
	}
	n := *t
	n.version = joinVersions(t.version, o.Version)
	n.providers = slices.Clone(t.providers)
	for _, id := range slices.Sorted(maps.Keys(o.Providers)) {
		models, err := n.override(t, id, o.Providers[id])
		if err != nil {
			return nil, fmt.Errorf("price overrides: %w", err)
		}
		n.put(newProvider(id, models))
	}
	return &n, nil
}

// joinVersions tells apart what was priced by the data and by the operator.
func joinVersions(data, own string) string {
	if data == "" {
		return own
	}
	if own == "" {
		own = "overridden"
	}
	return data + "+" + own
}

func (t *Table) override(old *Table, id string, entries map[string]Entry) ([]model, error) {
	if id == "" || strings.ContainsFunc(id, notPlain) {
		return nil, fmt.Errorf("%q: not a provider's id", id)
	}
	var models []model
	if p := old.provider(id); p != nil {
		models = slices.Clone(p.models())
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if name == "" || len(name) > 2048 || strings.ContainsAny(name, "\t\r\n") {
			return nil, fmt.Errorf("%s: %q: not a model's name", id, name)
		}
		e := entries[name]
		m, err := t.compile(old, id, name, &e)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", id, name, err)
		}
		at, found := slices.BinarySearchFunc(models, name, compareModel)
		if !found {
			models = slices.Insert(models, at, m)
		}
		models[at] = m
	}
	return models, nil
}

func (t *Table) compile(old *Table, id, name string, e *Entry) (model, error) {
	m := model{name: name, closed: e.Unpriced}
	tiers, err := e.tiers()
	if err != nil {
		return m, err
	}
	if e.Unpriced && len(tiers) > 0 {
		return m, fmt.Errorf("unpriced: there are prices beside it")
	}
	facts, _ := old.exactFacts(id, name)
	if e.Like != "" {
		like, ok := old.like(id, e.Like)
		if !ok {
			return m, fmt.Errorf("like: no such model: %s", e.Like)
		}
		if facts.Source == "" {
			facts = *like.facts
		}
		if like.priced != nil && !e.Unpriced {
			for _, t := range like.priced.tiers {
				tiers = addTier(tiers, t)
			}
		}
	}
	if len(tiers) == 0 && !e.Unpriced {
		return m, fmt.Errorf("states no price; unpriced must say so")
	}
	if len(tiers) > 0 {
		m.priced = &priced{tiers: tiers, version: t.version}
	}
	f, err := e.facts(facts, "overrides")
	m.facts = &f
	return m, err
}

func (t *Table) like(id, name string) (*model, bool) {
	if ref, ok := strings.CutPrefix(name, "@"); ok {
		id, name, _ = strings.Cut(ref, "/")
	}
	m := t.find(id, name, func(m *model) bool { return m.priced != nil })
	if m == nil {
		m = t.find(id, name, func(*model) bool { return true })
	}
	return m, m != nil
}

// Build returns the compact form of a table that has the given entries and
// nothing else. It is for the generator of the built-in table.
func Build(version, source string, o *Overrides) ([]byte, error) {
	if strings.ContainsAny(version+source, "\r\n") {
		return nil, fmt.Errorf("version and source must be one line each")
	}
	t, err := new(Table).With(o)
	if err != nil {
		return nil, err
	}
	t.version, t.source = version, source
	return t.AppendText(nil)
}
