package price

import (
	"strconv"
	"strings"
)

// price reads the rest of a line such as p A2.5 B10;batch// A1.25.
func (x *index) price(s string) (priced, bool) {
	p := priced{version: x.version, tiers: make([]Tier, 0, strings.Count(s, ";")+1)}
	for tier := range strings.SplitSeq(s, ";") {
		t, ok := x.tier(tier)
		if !ok {
			return p, false
		}
		p.tiers = append(p.tiers, t)
	}
	return p, true
}

func (x *index) tier(s string) (Tier, bool) {
	when, s, _ := strings.Cut(s, " ")
	t, ok := x.tierCase(when)
	if !ok {
		return t, false
	}
	t.Rates = make([]Rate, 0, strings.Count(s, " ")+1)
	for s != "" {
		var word string
		word, s, _ = strings.Cut(s, " ")
		r, ok := x.rate(word)
		if !ok {
			return t, false
		}
		t.Rates = append(t.Rates, r)
	}
	return t, true
}

func (x *index) tierCase(s string) (t Tier, ok bool) {
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
		if err != nil || n < 0 || n >= len(x.regions) {
			return t, false
		}
		t.Regions = x.regions[n]
	}
	return t, true
}

func (x *index) rate(s string) (r Rate, ok bool) {
	if len(s) < 2 {
		return r, false
	}
	if r.Unit, ok = x.unit(s[0]); !ok {
		return r, false
	}
	s = s[1:]
	if s[0] == '(' {
		variant, rest, found := strings.Cut(s[1:], ")")
		if r.Quality, r.Size, ok = strings.Cut(variant, ","); !ok || !found {
			return r, false
		}
		s = rest
	}
	s, r.Once = strings.CutPrefix(s, "!")
	n, err := ParseUSD(s)
	r.Price = n
	return r, err == nil
}

func (x *index) unit(letter byte) (Unit, bool) {
	n := int(letter) - 'A'
	if letter >= 'a' {
		n = int(letter) - 'a' + 26
	}
	if n < 0 || n >= len(x.units) {
		return 0, false
	}
	return x.units[n], true
}

// fact reads the rest of a line such as f chat tools,image 128000 16384 0 0 0.
func (x *index) fact(s string) (Facts, bool) {
	kind, s, _ := strings.Cut(s, " ")
	features, s, _ := strings.Cut(s, " ")
	f := Facts{Kind: kind, Source: x.source}
	if features != "" {
		f.Features = strings.Split(features, ",")
	}
	for _, n := range [...]*int64{&f.ContextLength, &f.MaxOutput, &f.DefaultSeconds, &f.DefaultSamples, &f.DefaultSteps} {
		var word string
		var err error
		word, s, _ = strings.Cut(s, " ")
		if *n, err = strconv.ParseInt(word, 10, 64); err != nil {
			return f, false
		}
	}
	return f, s == ""
}
