// Package query is the language in which a config asks about a request:
// objects of fields and what they are compared to, joined by $and and $or.
//
//	{"metadata.plan": "paid", "$or": [{"params.model": {"$in": ["a", "b"]}}, {"params.max_tokens": {"$gt": 100}}]}
//
// What fields there are, and how they are read, is up to the user of the
// package.
package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
)

// Limits of queries: how deep $and and $or may stand in each other, and how
// many comparisons there may be in a config, all of which a request may need.
const (
	maxDepth       = 16
	maxComparisons = 10_000
)

// maxNumber is the longest literal of a number that is read, in bytes, and as
// far as a text is searched for one at its beginning.
const maxNumber = 400

// A Budget is what the queries of one config have used of what a config may.
type Budget struct {
	comparisons int
	steps       int
}

// Steps is about how many steps the regular expressions are compiled to.
func (b *Budget) Steps() int { return b.steps }

// A Query is a question about a V, compiled when its config is first seen. It
// is safe for concurrent use if the fields are.
type Query[V any] interface{ Holds(v V) bool }

// A Field reads a value.
type Field[V any] func(v V) Scalar

// A Scalar is a JSON value without its spelling: the text of a string, the
// literal of a number. Its kind is that of [json.Value]; 0 stands for a value
// that is not there. Objects and arrays have no text.
type Scalar struct {
	Kind byte
	Text string
}

// Of takes the spelling from a value. Nil is not there.
func Of(v json.Value) Scalar {
	switch kind := byte(v.Kind()); kind {
	case '"':
		return Text(json.Unquote(v))
	case '{', '[':
		return Scalar{Kind: kind}
	case '0', 't', 'f', 'n':
		if len(v) <= maxNumber {
			return Scalar{kind, string(v)}
		}
	}
	return Scalar{}
}

// Text is a string.
func Text(s string) Scalar { return Scalar{'"', s} }

// A Compiler reads queries.
type Compiler[V any] struct {
	Budget *Budget
	// Field finds a field by its name, or says what is wrong with that.
	Field func(name string) (f Field[V], fault string)
	// Fault takes what is wrong, and where.
	Fault func(path []string, message string)
	// Unsupported takes what is wrong with the name of an operator, which has
	// a message of the reference's.
	Unsupported func(path []string, message string)
}

// Compile reads an object of fields and their tests, of $and and of $or. Other
// than in the reference, each of its members counts. There is a query also if
// there are faults; it is not to be asked.
func (c *Compiler[V]) Compile(v json.Value, path []string) Query[V] { return c.query(v, path, 0) }

// all holds if each of its parts does, also if it has none.
type all[V any] []Query[V]

func (a all[V]) Holds(v V) bool {
	return !slices.ContainsFunc(a, func(q Query[V]) bool { return !q.Holds(v) })
}

// oneOf holds if one of its parts does.
type oneOf[V any] []Query[V]

func (o oneOf[V]) Holds(v V) bool {
	return slices.ContainsFunc(o, func(q Query[V]) bool { return q.Holds(v) })
}

// A comparison holds if the field is there and passes each test.
type comparison[V any] struct {
	field Field[V]
	tests []test
}

func (c comparison[V]) Holds(v V) bool {
	found := c.field(v)
	return found.Kind != 0 && !slices.ContainsFunc(c.tests, func(t test) bool { return !t(found) })
}

func (c *Compiler[V]) query(v json.Value, path []string, depth int) Query[V] {
	if depth > maxDepth {
		c.Fault(path, fmt.Sprintf("queries nest deeper than %d levels", maxDepth))
		return all[V]{}
	}
	var parts all[V]
	for _, m := range c.object(v, path) {
		if c.Budget.comparisons++; c.Budget.comparisons > maxComparisons {
			c.Fault(path, fmt.Sprintf("more than %d comparisons in all", maxComparisons))
			return parts
		}
		at := below(path, m.Name)
		switch {
		case m.Name == "$and":
			parts = append(parts, all[V](c.queries(m.Value, at, depth+1)))
		case m.Name == "$or":
			parts = append(parts, oneOf[V](c.queries(m.Value, at, depth+1)))
		case strings.HasPrefix(m.Name, "$"):
			c.Unsupported(at, badOperator+m.Name)
		default:
			parts = append(parts, c.comparison(m, at))
		}
	}
	return parts
}

func (c *Compiler[V]) queries(v json.Value, path []string, depth int) []Query[V] {
	elements, err := json.Elements(v)
	if err != nil {
		c.Fault(path, "Expected array, received "+json.KindName(v))
	}
	out := make([]Query[V], len(elements))
	for i, e := range elements {
		out[i] = c.query(e, below(path, strconv.Itoa(i)), depth)
	}
	return out
}

// comparison reads one field and what it is compared to: an object of
// operators, or the value itself.
func (c *Compiler[V]) comparison(m json.Member, path []string) comparison[V] {
	f, fault := c.Field(m.Name)
	if fault != "" {
		c.Fault(path, fault)
	}
	if m.Value.Kind() != '{' {
		return comparison[V]{f, []test{c.test("$eq", m.Value, path)}}
	}
	out := comparison[V]{field: f}
	for _, op := range c.object(m.Value, path) {
		out.tests = append(out.tests, c.test(op.Name, op.Value, below(path, op.Name)))
	}
	return out
}

func (c *Compiler[V]) test(op string, operand json.Value, path []string) test {
	compile, ok := operators[op]
	if !ok {
		c.Unsupported(path, badOperator+op)
		return nil
	}
	if op == "$regex" {
		if c.Budget.steps += regexpSteps(json.Unquote(operand)); c.Budget.steps > maxRegexpSteps {
			c.Fault(path, fmt.Sprintf("the regular expressions of the config have more than %d steps", maxRegexpSteps))
			return nil
		}
	}
	t, fault := compile(operand)
	if fault != "" {
		c.Fault(path, fault)
	}
	return t
}

func (c *Compiler[V]) object(v json.Value, path []string) []json.Member {
	members, err := json.Members(v)
	if err != nil {
		c.Fault(path, "Expected object, received "+json.KindName(v))
	}
	return members
}

func below(path []string, name string) []string { return append(slices.Clip(path), name) }
