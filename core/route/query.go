package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// Limits of queries: they are run for every request.
const (
	maxQueryDepth = 16   // $and and $or within each other
	maxConditions = 1000 // of one strategy
)

// A query is a question about a request, compiled when its config is first
// seen.
type query interface{ holds(v *view) bool }

// all holds if each of its parts does, also if it has none.
type all []query

func (a all) holds(v *view) bool {
	return !slices.ContainsFunc(a, func(q query) bool { return !q.holds(v) })
}

// oneOf holds if one of its parts does.
type oneOf []query

func (o oneOf) holds(v *view) bool {
	return slices.ContainsFunc(o, func(q query) bool { return q.holds(v) })
}

// A comparison holds if the field is there and passes each test.
type comparison struct {
	field field
	tests []test
}

func (c comparison) holds(v *view) bool {
	found := v.value(c.field)
	return found.kind != 0 && !slices.ContainsFunc(c.tests, func(t test) bool { return !t(found) })
}

// A condition of a conditional strategy.
type condition struct {
	query query
	then  string // name of a target
}

// conditions reads the list of a strategy, and notes in fs what it asks for.
func (p *parser) conditions(v json.Value, path []string, fs *fields) []condition {
	elements, err := json.Elements(v)
	switch {
	case err != nil:
		p.fault(path, "Expected array, received "+kindName(v))
	case len(elements) > maxConditions:
		p.fault(path, fmt.Sprintf("more than %d conditions", maxConditions))
		return nil
	}
	out := make([]condition, len(elements))
	for i, e := range elements {
		out[i] = p.condition(e, below(path, strconv.Itoa(i)), fs)
	}
	return out
}

func (p *parser) condition(v json.Value, path []string, fs *fields) condition {
	o := json.Object(p.object(v, path))
	var c condition
	if text := o.Get("query"); text != nil {
		c.query = p.query(text, below(path, "query"), fs, 0)
	} else {
		p.fault(below(path, "query"), "Required")
	}
	if name := o.Get("then"); name != nil {
		c.then = p.text(name, below(path, "then"))
	} else {
		p.fault(below(path, "then"), "Required")
	}
	return c
}

// query reads an object of fields and their tests, of $and and of $or. Other
// than in the reference, each of its members counts.
func (p *parser) query(v json.Value, path []string, fs *fields, depth int) query {
	if depth > maxQueryDepth {
		p.fault(path, fmt.Sprintf("queries nest deeper than %d levels", maxQueryDepth))
		return all{}
	}
	var parts all
	for _, m := range p.object(v, path) {
		at := below(path, m.Name)
		switch {
		case m.Name == "$and":
			parts = append(parts, all(p.queries(m.Value, at, fs, depth+1)))
		case m.Name == "$or":
			parts = append(parts, oneOf(p.queries(m.Value, at, fs, depth+1)))
		case strings.HasPrefix(m.Name, "$"):
			p.fault(at, badOperator+m.Name)
		default:
			parts = append(parts, p.comparison(m, at, fs))
		}
	}
	return parts
}

func (p *parser) queries(v json.Value, path []string, fs *fields, depth int) []query {
	elements, err := json.Elements(v)
	if err != nil {
		p.fault(path, "Expected array, received "+kindName(v))
	}
	out := make([]query, len(elements))
	for i, e := range elements {
		out[i] = p.query(e, below(path, strconv.Itoa(i)), fs, depth)
	}
	return out
}

// comparison reads one field and what it is compared to: an object of
// operators, or the value itself.
func (p *parser) comparison(m json.Member, path []string, fs *fields) comparison {
	f, ok := fieldOf(m.Name)
	if !ok {
		p.fault(path, badField)
	}
	fs.add(f)
	c := comparison{field: f}
	if m.Value.Kind() != '{' {
		c.tests = []test{p.test("$eq", m.Value, path)}
		return c
	}
	for _, op := range p.object(m.Value, path) {
		c.tests = append(c.tests, p.test(op.Name, op.Value, below(path, op.Name)))
	}
	return c
}

// below is the path of a member, for messages.
func below(path []string, name string) []string { return append(slices.Clip(path), name) }
