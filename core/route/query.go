package route

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// maxQueryDepth is how deep $and and $or may stand in each other.
const maxQueryDepth = 16

// maxComparisons is how many there may be in a config: a request may be
// compared with all of them.
const maxComparisons = 10_000

var tooManyFields = fmt.Sprintf("more than %d fields of metadata and params", maxFields)

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

// query reads an object of fields and their tests, of $and and of $or. Other
// than in the reference, each of its members counts.
func (p *parser) query(v json.Value, path []string, fs *fields, depth int) query {
	if depth > maxQueryDepth {
		p.fault(path, fmt.Sprintf("queries nest deeper than %d levels", maxQueryDepth))
		return all{}
	}
	var parts all
	for _, m := range p.object(v, path) {
		if p.comparisons++; p.comparisons > maxComparisons {
			p.fault(path, fmt.Sprintf("more than %d comparisons in all", maxComparisons))
			return parts
		}
		at := below(path, m.Name)
		switch {
		case m.Name == "$and":
			parts = append(parts, all(p.queries(m.Value, at, fs, depth+1)))
		case m.Name == "$or":
			parts = append(parts, oneOf(p.queries(m.Value, at, fs, depth+1)))
		case strings.HasPrefix(m.Name, "$"):
			p.routerFault(at, badOperator+m.Name)
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
	if !fs.add(&f) {
		p.fault(path, tooManyFields)
	}
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
