package price

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

var errText = errors.New("price table is damaged")

// parseText reads the compact form that [Table.AppendText] writes, and all of
// it, so that damage shows here. The table keeps parts of the text.
func parseText(text string) (*Table, error) {
	x, err := indexText(text)
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return nil, err
	}
	return x.table(), nil
}

// An index knows where things are in the text. A process asks for the models
// of a provider or two out of some forty, so the rest stays text.
type index struct {
	version  string
	source   string
	units    []Unit
	regions  [][]string
	prices   []string // lines
	facts    []string // lines
	sections []section
}

// A section has the models of a provider.
type section struct {
	id    string
	lines string
}

func indexText(text string) (*index, error) {
	head, rest, more := strings.Cut(text, "\n\t")
	format, head, _ := strings.Cut(head, "\n")
	if format != textHeader {
		return nil, fmt.Errorf("%w: begins with %.20q", errText, format)
	}
	var x index
	for line := range strings.Lines(head) {
		if !x.line(strings.TrimSuffix(line, "\n")) {
			return nil, damaged(line)
		}
	}
	for more {
		var s string
		s, rest, more = strings.Cut(rest, "\n\t")
		id, lines, _ := strings.Cut(s, "\n")
		x.sections = append(x.sections, section{id, lines})
	}
	return &x, nil
}

func damaged(line string) error { return fmt.Errorf("%w at %.40q", errText, line) }

func (x *index) line(line string) bool {
	word, rest, ok := strings.Cut(line, " ")
	switch word {
	case "version":
		x.version = rest
	case "source":
		x.source = rest
	case "sizes":
		return x.sizes(rest)
	case "units":
		return x.unitNames(rest)
	case "r":
		x.regions = append(x.regions, strings.Split(rest, ","))
	case "p":
		x.prices = append(x.prices, rest)
	case "f":
		x.facts = append(x.facts, rest)
	default:
		return false
	}
	return ok
}

// sizes makes room for what follows. The bound is for damaged texts.
func (x *index) sizes(s string) bool {
	var n [3]int
	for i, word := range strings.Fields(s) {
		size, err := strconv.Atoi(word)
		if err != nil || i >= len(n) || size < 0 || size > 1<<17 {
			return false
		}
		n[i] = size
	}
	x.regions, x.prices, x.facts = make([][]string, 0, n[0]), make([]string, 0, n[1]), make([]string, 0, n[2])
	return true
}

func (x *index) unitNames(s string) bool {
	for name := range strings.FieldsSeq(s) {
		u, ok := unitNamed(name)
		if !ok {
			return false
		}
		x.units = append(x.units, u)
	}
	return true
}

// check parses everything once.
func (x *index) check() error {
	for _, line := range x.prices {
		if _, ok := x.price(line); !ok {
			return damaged(line)
		}
	}
	for _, line := range x.facts {
		if _, ok := x.fact(line); !ok {
			return damaged(line)
		}
	}
	for _, s := range x.sections {
		if _, err := x.models(s); err != nil {
			return err
		}
	}
	return nil
}

// table parses the models of a provider when it is first asked for.
func (x *index) table() *Table {
	t := &Table{version: x.version, source: x.source, providers: make([]provider, len(x.sections))}
	for i, s := range x.sections {
		t.providers[i] = provider{s.id, sync.OnceValue(func() []model {
			m, err := x.models(s)
			if err != nil {
				panic("price: built-in data: " + err.Error()) // the build is broken: a text that was read has been checked
			}
			return m
		})}
	}
	return t
}

func (x *index) models(s section) ([]model, error) {
	r := reader{index: x, seenPrices: map[string]*priced{}, seenFacts: map[string]*Facts{}}
	models := make([]model, 0, strings.Count(s.lines, "\n")+1)
	for line := range strings.Lines(s.lines) {
		m, ok := r.model(strings.TrimSuffix(line, "\n"))
		if !ok {
			return nil, damaged(line)
		}
		models = append(models, m)
	}
	return models, nil
}

// A reader reads the models of one provider, many of which have the same
// price. Prices and facts are kept by their numbers as they are written.
type reader struct {
	*index
	seenPrices map[string]*priced
	seenFacts  map[string]*Facts
}

func (r *reader) model(line string) (m model, ok bool) {
	name, line, _ := strings.Cut(line, "\t")
	price, facts, ok := strings.Cut(line, "\t")
	if !ok {
		return m, false
	}
	m.name = name
	if price != "" {
		m.priced, ok = resolve(r.seenPrices, price, r.prices, r.price)
	}
	if ok {
		m.facts, ok = resolve(r.seenFacts, facts, r.facts, r.fact)
	}
	return m, ok
}

// resolve parses the line that has a number, unless it was parsed before.
func resolve[T any](seen map[string]*T, number string, lines []string, parse func(string) (T, bool)) (*T, bool) {
	if v, ok := seen[number]; ok {
		return v, true
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(lines) {
		return nil, false
	}
	v, ok := parse(lines[n])
	seen[number] = &v
	return &v, ok
}
