package price

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errText = errors.New("price table is damaged")

// parseText reads the compact form that [Table.AppendText] writes. The table
// keeps parts of the text.
func parseText(text string) (*Table, error) {
	r := reader{table: new(Table)}
	header, text, _ := strings.Cut(text, "\n")
	if header != textHeader {
		return nil, fmt.Errorf("%w: begins with %.20q", errText, header)
	}
	for n := 2; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if !r.line(line) {
			return nil, fmt.Errorf("%w in line %d: %.40q", errText, n, line)
		}
	}
	return r.table, nil
}

type reader struct {
	table   *Table
	units   []Unit
	regions [][]string
	prices  []priced
	facts   []Facts
	models  []model
	tiers   []Tier // of all prices, so that they are one allocation
	rates   []Rate
}

func (r *reader) line(line string) bool {
	if strings.IndexByte(line, '\t') >= 0 {
		return r.model(line)
	}
	word, rest, ok := strings.Cut(line, " ")
	switch word {
	case "version":
		r.table.version = rest
	case "source":
		r.table.source = rest
	case "sizes":
		return r.sizes(rest)
	case "units":
		return r.unitNames(rest)
	case "r":
		r.regions = append(r.regions, strings.Split(rest, ","))
	case "p":
		return r.price(rest)
	case "f":
		return r.fact(rest)
	case "=":
		r.table.providers = append(r.table.providers, provider{id: rest})
	default:
		return false
	}
	return ok
}

// sizes makes room for what follows. The bound is for damaged texts.
func (r *reader) sizes(s string) bool {
	var n [6]int
	for i, word := range strings.Fields(s) {
		size, err := strconv.Atoi(word)
		if err != nil || i >= len(n) || size < 0 || size > 1<<17 {
			return false
		}
		n[i] = size
	}
	r.regions, r.prices, r.facts = make([][]string, 0, n[0]), make([]priced, 0, n[1]), make([]Facts, 0, n[2])
	r.models, r.tiers, r.rates = make([]model, 0, n[3]), make([]Tier, 0, n[4]), make([]Rate, 0, n[5])
	return true
}

func (r *reader) unitNames(s string) bool {
	for name := range strings.FieldsSeq(s) {
		u, ok := unitNamed(name)
		if !ok {
			return false
		}
		r.units = append(r.units, u)
	}
	return true
}

func (r *reader) unit(letter byte) (Unit, bool) {
	n := int(letter) - 'A'
	if letter >= 'a' {
		n = int(letter) - 'a' + 26
	}
	if n < 0 || n >= len(r.units) {
		return 0, false
	}
	return r.units[n], true
}

func (r *reader) price(s string) bool {
	first := len(r.tiers)
	for more := true; more; {
		var tier string
		tier, s, more = strings.Cut(s, ";")
		if !r.tier(tier) {
			return false
		}
	}
	r.prices = append(r.prices, priced{tiers: r.tiers[first:len(r.tiers):len(r.tiers)], version: r.table.version})
	return true
}

func (r *reader) tier(s string) bool {
	when, s, _ := strings.Cut(s, " ")
	t, ok := r.tierCase(when)
	if !ok {
		return false
	}
	first := len(r.rates)
	for s != "" {
		var rate string
		rate, s, _ = strings.Cut(s, " ")
		if !r.rate(rate) {
			return false
		}
	}
	t.Rates = r.rates[first:len(r.rates):len(r.rates)]
	r.tiers = append(r.tiers, t)
	return true
}

func (r *reader) tierCase(s string) (t Tier, ok bool) {
	if s == "" {
		return t, true
	}
	mode, s, ok := strings.Cut(s, "/")
	above, list, ok2 := strings.Cut(s, "/")
	if !ok || !ok2 {
		return t, false
	}
	t.Mode = mode
	if above != "" {
		var err error
		if t.Above, err = strconv.ParseInt(above, 10, 64); err != nil {
			return t, false
		}
	}
	if list != "" {
		n, err := strconv.Atoi(list)
		if err != nil || n < 0 || n >= len(r.regions) {
			return t, false
		}
		t.Regions = r.regions[n]
	}
	return t, true
}

func (r *reader) rate(s string) bool {
	if len(s) < 2 {
		return false
	}
	var rate Rate
	var ok bool
	if rate.Unit, ok = r.unit(s[0]); !ok {
		return false
	}
	s = s[1:]
	if s[0] == '(' {
		variant, rest, found := strings.Cut(s[1:], ")")
		if rate.Quality, rate.Size, ok = strings.Cut(variant, ","); !ok || !found {
			return false
		}
		s = rest
	}
	s, rate.Once = strings.CutPrefix(s, "!")
	n, err := ParseUSD(s)
	rate.Price = n
	r.rates = append(r.rates, rate)
	return err == nil
}

func (r *reader) fact(s string) bool {
	kind, s, _ := strings.Cut(s, " ")
	features, s, _ := strings.Cut(s, " ")
	f := Facts{Kind: kind, Source: r.table.source}
	if features != "" {
		f.Features = strings.Split(features, ",")
	}
	for _, n := range [...]*int64{&f.ContextLength, &f.MaxOutput, &f.DefaultSeconds, &f.DefaultSamples, &f.DefaultSteps} {
		var word string
		var err error
		word, s, _ = strings.Cut(s, " ")
		if *n, err = strconv.ParseInt(word, 10, 64); err != nil {
			return false
		}
	}
	r.facts = append(r.facts, f)
	return s == ""
}

func (r *reader) model(line string) bool {
	name, line, _ := strings.Cut(line, "\t")
	price, facts, ok := strings.Cut(line, "\t")
	f, err := strconv.Atoi(facts)
	if !ok || err != nil || f < 0 || f >= len(r.facts) || len(r.table.providers) == 0 {
		return false
	}
	m := model{name: name, facts: &r.facts[f]}
	if price != "" {
		n, err := strconv.Atoi(price)
		if err != nil || n < 0 || n >= len(r.prices) {
			return false
		}
		m.priced = &r.prices[n]
	}
	r.models = append(r.models, m)
	p := &r.table.providers[len(r.table.providers)-1]
	p.models = r.models[len(r.models)-len(p.models)-1 : len(r.models) : len(r.models)]
	return true
}
