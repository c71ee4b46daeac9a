package price

import (
	"fmt"
	"strconv"
	"strings"
)

// The compact form of a table: lines of text, made small by naming each thing
// once. It is read by hand-written code, and only where it is needed, because
// it is read at every cold start: as JSON that takes several times as long.
//
//	sluice-prices 2
//	version 2026-08-21
//	source …
//	sizes 1 1 1                regions, prices, facts
//	units input output …       letters for units: A, B, …, Z, a, …
//	r eu-west-1,eu-west-2      a list of regions
//	p  A2.5 B10;batch// A1.25  a price: tiers, each mode/above/regions and rates
//	f chat tools,image 128000 16384 0 0 0
//		openai                 a tab and a provider, followed by its models:
//	gpt-4o	0	0              name, number of price (or nothing) and of facts
const textHeader = "sluice-prices 2"

// AppendText writes the compact form. Equal tables give equal bytes.
func (t *Table) AppendText(dst []byte) ([]byte, error) {
	w := writer{seen: map[string]int{}}
	var models []byte
	for _, p := range t.providers {
		models = fmt.Appendf(models, "\t%s\n", p.id)
		for _, m := range p.models() {
			models = append(append(models, m.name...), '\t')
			if m.priced != nil {
				models = strconv.AppendInt(models, int64(w.price(m.priced.tiers)), 10)
			}
			models = fmt.Appendf(models, "\t%d\n", w.line("f", w.facts(m.facts)))
		}
	}
	dst = fmt.Appendf(dst, "%s\nversion %s\nsource %s\n", textHeader, t.version, t.source)
	dst = fmt.Appendf(dst, "sizes %d %d %d\nunits", w.count["r"], w.count["p"], w.count["f"])
	for u := range Several {
		dst = append(append(dst, ' '), u.String()...)
	}
	dst = append(dst, '\n')
	for _, kind := range []string{"r", "p", "f"} {
		dst = append(dst, w.out[kind]...)
	}
	return append(dst, models...), nil
}

// writer collects the lines of what is named once.
type writer struct {
	seen  map[string]int
	count map[string]int
	out   map[string][]byte
}

// line returns the number of a line of its kind.
func (w *writer) line(kind, text string) int {
	if w.count == nil {
		w.count, w.out = map[string]int{}, map[string][]byte{}
	}
	key := kind + " " + text + "\n"
	n, ok := w.seen[key]
	if !ok {
		n = w.count[kind]
		w.seen[key] = n
		w.count[kind]++
		w.out[kind] = append(w.out[kind], key...)
	}
	return n
}

func (w *writer) price(tiers []Tier) int {
	var b []byte
	for i, t := range tiers {
		if i > 0 {
			b = append(b, ';')
		}
		b = w.tierCase(b, t)
		for _, r := range t.Rates {
			b = appendRate(append(b, ' '), r)
		}
	}
	return w.line("p", string(b))
}

func (w *writer) tierCase(b []byte, t Tier) []byte {
	if !t.conditional() {
		return b
	}
	b = append(append(b, t.Mode...), '/')
	if t.Above > 0 {
		b = strconv.AppendInt(b, t.Above, 10)
	}
	b = append(b, '/')
	if len(t.Regions) > 0 {
		b = strconv.AppendInt(b, int64(w.line("r", strings.Join(t.Regions, ","))), 10)
	}
	return b
}

func appendRate(b []byte, r Rate) []byte {
	b = append(b, unitLetter(r.Unit))
	if r.Quality != "" || r.Size != "" {
		b = fmt.Appendf(b, "(%s,%s)", r.Quality, r.Size)
	}
	if r.Once {
		b = append(b, '!')
	}
	return r.Price.appendTo(b)
}

func unitLetter(u Unit) byte {
	if u < 26 {
		return 'A' + byte(u)
	}
	return 'a' + byte(u) - 26
}

func (w *writer) facts(f *Facts) string {
	return fmt.Sprintf("%s %s %d %d %d %d %d", f.Kind, strings.Join(f.Features, ","),
		f.ContextLength, f.MaxOutput, f.DefaultSeconds, f.DefaultSamples, f.DefaultSteps)
}
