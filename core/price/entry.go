package price

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Entry is a model's price and facts in JSON:
//
//	{"input": 2.5, "output": 10, "cached_input": 1.25,
//	 "per_unit": {"web_search": 0.01},
//	 "image": {"high": {"1024x1024": 0.167}, "default": {"default": 0.04}},
//	 "batch": {"input": 1.25, "output": 5},
//	 "tiers": [{"mode": "priority", "input": 4.25, "output": 17},
//	           {"above_input_tokens": 272000, "input": 5, "output": 15},
//	           {"regions": "eu,us", "input": 2.75, "output": 11}],
//	 "type": "chat", "features": ["tools", "image"],
//	 "context_length": 128000, "max_output_tokens": 16384}
//
// Members that are names of token units, such as cached_input, are US dollars
// for a million tokens; [Unit] lists the names. Other units are members of
// per_unit, as dollars for one unit.
type Entry struct {
	// Like names a model whose price and facts are the starting point: one of
	// the same provider, or @provider/model. It is what an ARN or a
	// deployment that does not tell its model needs.
	Like string `json:"like,omitzero"`

	// Unpriced says that the price is not known, whatever the table has under
	// other spellings of the name. The entry has no rates then.
	Unpriced bool `json:"unpriced,omitzero"`

	Rates
	Batch *Rates `json:"batch,omitzero"` // short for a tier with the mode batch
	Tiers []Case `json:"tiers,omitzero"`

	Type          string           `json:"type,omitzero"`
	Features      []string         `json:"features,omitzero"`
	ContextLength int64            `json:"context_length,omitzero"`
	MaxOutput     int64            `json:"max_output_tokens,omitzero"`
	DefaultUnits  map[string]int64 `json:"default_units,omitzero"` // duration_seconds, sample_count, steps
}

// Rates are the prices of an [Entry] or of one of its tiers.
type Rates struct {
	InputUnit  string                    `json:"input_unit,omitzero"`  // "character": input is dollars for a million characters
	PerUnit    map[string]USD            `json:"per_unit,omitzero"`    // for each one
	PerRequest map[string]USD            `json:"per_request,omitzero"` // for a request that used it, however often; "request" for any
	Image      map[string]map[string]USD `json:"image,omitzero"`       // by quality, then size; "default" is for all others
	Tokens     map[string]USD            `json:",embed"`               // for a million tokens, by the name of the unit
}

// A Case is a tier in JSON. One without conditions adds to the standard
// rates.
type Case struct {
	Mode    string `json:"mode,omitzero"` // batch, flex, priority, fast, or the provider's word
	Above   int64  `json:"above_input_tokens,omitzero"`
	Regions string `json:"regions,omitzero"` // with commas between; "*" for all named ones but global
	Rates
}

// tiers compiles the entry's rates. Where two places state the same, the
// first one counts: the entry itself, batch, then tiers in their order.
func (e *Entry) tiers() ([]Tier, error) {
	cases := []Case{{Rates: e.Rates}}
	names := []string{""}
	if e.Batch != nil {
		cases, names = append(cases, Case{Mode: Batch, Rates: *e.Batch}), append(names, "batch.")
	}
	for i, c := range e.Tiers {
		cases, names = append(cases, c), append(names, fmt.Sprintf("tiers[%d].", i))
	}
	var tiers []Tier
	for i := range cases {
		t, err := cases[i].tier()
		if err != nil {
			return nil, fmt.Errorf("%s%w", names[i], err)
		}
		tiers = addTier(tiers, t)
	}
	return tiers, nil
}

func (c *Case) tier() (Tier, error) {
	t := Tier{Mode: strings.ToLower(c.Mode), Above: c.Above}
	if mode, _ := modeOf("", t.Mode); t.Mode != "" && mode == Standard {
		t.Mode = Standard
	}
	if strings.ContainsFunc(t.Mode, notPlain) {
		return t, fmt.Errorf("mode: must be a word in ASCII letters")
	}
	if c.Above < 0 {
		return t, fmt.Errorf("above_input_tokens: must not be negative")
	}
	for r := range strings.SplitSeq(c.Regions, ",") {
		if r = strings.ToLower(strings.TrimSpace(r)); r == "" {
			continue
		}
		if strings.ContainsFunc(r, notPlain) && r != "*" {
			return t, fmt.Errorf("regions: must be words in ASCII letters with commas between")
		}
		t.Regions = append(t.Regions, r)
	}
	return t, c.Rates.addTo(&t)
}

// notPlain reports characters that the table's compact form keeps for itself.
func notPlain(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:/@", r)
}

func (r *Rates) addTo(t *Tier) error {
	for _, name := range slices.Sorted(maps.Keys(r.Tokens)) {
		u, ok := unitNamed(name)
		if !ok || !u.Token() {
			return fmt.Errorf("%s: unknown member", name)
		}
		switch {
		case u != Input || r.InputUnit == "":
		case r.InputUnit == Character.String():
			u = Character
		default:
			return fmt.Errorf("input_unit: must be %q", Character)
		}
		t.set(Rate{Unit: u, Price: Nano(r.Tokens[name])})
	}
	if err := addUnits(t, r.PerUnit, "per_unit", false); err != nil {
		return err
	}
	if err := addUnits(t, r.PerRequest, "per_request", true); err != nil {
		return err
	}
	return r.addImages(t)
}

func addUnits(t *Tier, prices map[string]USD, member string, once bool) error {
	for _, name := range slices.Sorted(maps.Keys(prices)) {
		u, quality, size, ok := parseUnit(name)
		if !ok || u.Token() && u != FinetuneTraining || strings.ContainsFunc(quality+size, notPlain) {
			return fmt.Errorf("%s.%s: unknown unit", member, name)
		}
		t.set(Rate{Unit: u, Once: once, Quality: quality, Size: size, Price: Nano(prices[name])})
	}
	return nil
}

func (r *Rates) addImages(t *Tier) error {
	for _, quality := range slices.Sorted(maps.Keys(r.Image)) {
		for _, size := range slices.Sorted(maps.Keys(r.Image[quality])) {
			if strings.ContainsFunc(quality+size, notPlain) {
				return fmt.Errorf("image.%s.%s: must be words in ASCII letters", quality, size)
			}
			t.set(Rate{Unit: Image, Quality: orAny(quality), Size: orAny(size), Price: Nano(r.Image[quality][size])})
		}
	}
	return nil
}

func orAny(name string) string {
	if name == "default" {
		return ""
	}
	return name
}
