package query

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sluice/core/internal/json"
)

const badOperator = "Unsupported operator used in the query router: "

// Limits of regular expressions. RE2 needs time in proportion to the length of
// the text and the steps of the expression, which are many more than its
// characters where it repeats.
const (
	maxRegexp      = 1000     // characters of an expression
	maxRegexpSteps = 10_000   // of all expressions of a config
	maxRegexpText  = 16 << 10 // bytes of a text; none matches a longer one
)

// A test says whether a value that is there passes.
type test func(Scalar) bool

// An operator makes a test of what stands behind it, or says what is wrong
// with that.
type operator func(operand json.Value) (t test, fault string)

var operators = map[string]operator{
	"$eq":    equalTo,
	"$ne":    negated(equalTo),
	"$gt":    ordered(func(a, b float64) bool { return a > b }),
	"$gte":   ordered(func(a, b float64) bool { return a >= b }),
	"$lt":    ordered(func(a, b float64) bool { return a < b }),
	"$lte":   ordered(func(a, b float64) bool { return a <= b }),
	"$in":    among,
	"$nin":   negated(among),
	"$regex": matching,
}

func equalTo(operand json.Value) (test, string) {
	want := Of(operand)
	if want.Kind == '{' || want.Kind == '[' {
		return nil, "Expected text, number, boolean or null, received " + json.KindName(operand)
	}
	return want.equal, ""
}

func negated(o operator) operator {
	return func(operand json.Value) (test, string) {
		t, fault := o(operand)
		return func(s Scalar) bool { return !t(s) }, fault
	}
}

// equal compares type and value: "1" is not 1, but 1.0 is.
func (s Scalar) equal(t Scalar) bool {
	switch {
	case s.Kind != t.Kind || s.Kind == '{' || s.Kind == '[':
		return false
	case s.Kind != '0' || s.Text == t.Text:
		return s.Text == t.Text
	case isInteger(s.Text) && isInteger(t.Text):
		return false // also where both are the same float
	}
	return floatOf(s) == floatOf(t)
}

func isInteger(literal string) bool {
	return literal != "-0" && !strings.ContainsAny(literal, ".eE")
}

// ordered compares numbers, and texts that begin with one.
func ordered(compare func(a, b float64) bool) operator {
	return func(operand json.Value) (test, string) {
		limit := floatOf(Of(operand))
		if math.IsNaN(limit) {
			return nil, "Expected number, received " + json.KindName(operand)
		}
		return func(s Scalar) bool { return compare(floatOf(s), limit) }, ""
	}
}

var leadingNumber = regexp.MustCompile(`^\s*([+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))`)

// floatOf reads the number that a text begins with, as the reference's
// parseFloat does. It is NaN, which no comparison holds for, if there is none.
func floatOf(s Scalar) float64 {
	if s.Kind != '0' && s.Kind != '"' {
		return math.NaN()
	}
	m := leadingNumber.FindStringSubmatch(s.Text[:min(len(s.Text), maxNumber)])
	if m == nil {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(m[1], 64) // out of range it is infinite, as there
	return n
}

func among(operand json.Value) (test, string) {
	elements, err := json.Elements(operand)
	if err != nil {
		return nil, "Expected array, received " + json.KindName(operand)
	}
	list := make([]test, len(elements))
	for i, e := range elements {
		var fault string
		if list[i], fault = equalTo(e); fault != "" {
			return nil, fault
		}
	}
	return func(s Scalar) bool {
		return slices.ContainsFunc(list, func(equal test) bool { return equal(s) })
	}, ""
}

// regexpSteps is about how many steps an expression is compiled to; 0 if it is
// none, or longer than is taken.
func regexpSteps(text string) int {
	if utf8.RuneCountInString(text) > maxRegexp {
		return 0
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	return stepsOf(re)
}

func stepsOf(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral || re.Op == syntax.OpCharClass {
		n += len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += stepsOf(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1) // the parser allows a thousand in all
	}
	return n
}

// matching compiles an unanchored regular expression of RE2. Numbers,
// booleans and null are matched as they are written.
func matching(operand json.Value) (test, string) {
	if operand.Kind() != '"' {
		return nil, "Expected string, received " + json.KindName(operand)
	}
	text := json.Unquote(operand)
	if utf8.RuneCountInString(text) > maxRegexp {
		return nil, fmt.Sprintf("must not be longer than %d characters", maxRegexp)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, "Unsupported regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return func(s Scalar) bool {
		return s.Kind != '{' && s.Kind != '[' && len(s.Text) <= maxRegexpText && re.MatchString(s.Text)
	}, ""
}
