package query

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/internal/json"
)

// compileQuery makes a question of a query's text. Its fields are x.<name> and
// lead into an object.
func compileQuery(text string) (ask func(object string) bool, faults []string) {
	fault := func(path []string, message string) {
		faults = append(faults, "path: "+strings.Join(path, ",")+", message: "+message)
	}
	c := Compiler[json.Value]{Budget: &Budget{}, Fault: fault, Unsupported: fault, Field: func(name string) (Field[json.Value], string) {
		steps := strings.Split(name, ".")
		if steps[0] != "x" || len(steps) == 1 {
			return nil, "must be x.<name>"
		}
		return func(v json.Value) Scalar { return Of(json.Lookup(v, steps[1:]...)) }, ""
	}}
	q := c.Compile(json.Value(text), []string{"query"})
	return func(object string) bool { return q.Holds(json.Value(object)) }, faults
}

func asked(t *testing.T, query, object string) bool {
	t.Helper()
	ask, faults := compileQuery(query)
	if len(faults) > 0 {
		t.Fatalf("%s: %q", query, faults)
	}
	return ask(object)
}

func TestOperators(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator       string
		holds, doesNot []string // values of the field
	}{
		{`"paid"`, []string{`"paid"`, `"p\u0061id"`}, []string{`"free"`, `null`, `["paid"]`}},
		{`null`, []string{`null`}, []string{`"null"`, `0`, `""`, `false`}},
		{`{}`, []string{`1`, `null`, `{}`}, nil},
		{`{"$eq":"1"}`, []string{`"1"`}, []string{`1`, `"1 "`, `true`, `{"1":1}`}},
		{`{"$eq":1}`, []string{`1`, `1.0`, `10e-1`}, []string{`"1"`, `2`, `true`}},
		{`{"$eq":0}`, []string{`0`, `-0`, `0.0`}, []string{`null`, `false`, `""`}},
		{`{"$eq":9007199254740993}`, []string{`9007199254740993`}, []string{`9007199254740992`}},
		{`{"$eq":true}`, []string{`true`}, []string{`false`, `"true"`, `1`}},
		{`{"$eq":null}`, []string{`null`}, []string{`0`, `"null"`}},
		{`{"$ne":"free"}`, []string{`"paid"`, `1`, `null`, `[]`}, []string{`"free"`}},
		{`{"$ne":1}`, []string{`"1"`, `2`}, []string{`1`, `1.00`}},
		{`{"$gt":18}`, []string{`19`, `"19"`, `" 18.5 years"`, `1e2`, `"Infinity"`}, []string{`18`, `"18"`, `"old"`, `true`, `null`, `[19]`, `{}`}},
		{`{"$gte":"18"}`, []string{`18`, `"18"`, `"+18.0"`}, []string{`17.5`, `"-19"`, `""`}},
		{`{"$lt":0.5}`, []string{`0.4`, `".4"`, `"-Infinity"`, `-1e999`}, []string{`0.5`, `"5."`, `null`}},
		{`{"$lte":"1e1x"}`, []string{`10`, `"10"`}, []string{`10.01`, `"e1"`}},
		{`{"$gte":18,"$lt":65}`, []string{`18`, `"64.9"`}, []string{`17`, `65`}},
		{`{"$in":["a",1,null]}`, []string{`"a"`, `1`, `null`}, []string{`"1"`, `"b"`, `["a"]`}},
		{`{"$in":[]}`, nil, []string{`"a"`, `null`}},
		{`{"$nin":["a",1]}`, []string{`"b"`, `"1"`, `{}`}, []string{`"a"`, `1.0`}},
		{`{"$nin":[]}`, []string{`"a"`}, nil},
		{`{"$regex":"@example\\.com$"}`, []string{`"x@example.com"`}, []string{`"x@example.org"`, `"x@example.com "`, `["x@example.com"]`}},
		{`{"$regex":"^(0\\.4|true|null)$"}`, []string{`0.4`, `true`, `null`}, []string{`0.40`, `false`}},
		{`{"$regex":"a","$ne":"xa"}`, []string{`"a"`}, []string{`"xa"`, `"b"`}}, // the reference stops behind $regex
	}
	for _, tt := range tests {
		query := `{"x.x":` + tt.operator + `}`
		for _, v := range tt.holds {
			if !asked(t, query, `{"x":`+v+`}`) {
				t.Errorf("%s does not hold for %s", tt.operator, v)
			}
		}
		for _, v := range tt.doesNot {
			if asked(t, query, `{"x":`+v+`}`) {
				t.Errorf("%s holds for %s", tt.operator, v)
			}
		}
		for _, object := range []string{`{"y":1}`, `[]`, ""} {
			if asked(t, query, object) {
				t.Errorf("%s holds for what is not there", tt.operator)
			}
		}
	}
}

func TestEveryOperatorIsInTheTable(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$regex"} {
		if operators[op] == nil {
			t.Errorf("%s is missing", op)
		}
	}
	if len(operators) != 9 {
		t.Errorf("%d operators, and tests for 9", len(operators))
	}
}

func TestPartsOfAQueryHoldTogether(t *testing.T) {
	t.Parallel()
	const object = `{"a":"1","b":"2"}`
	tests := []struct {
		query string
		want  bool
	}{
		{`{}`, true},
		{`{"x.a":"1","x.b":"2"}`, true},
		{`{"x.a":"1","x.b":"1"}`, false},
		{`{"$and":[{"x.a":"1"},{"x.b":"2"}]}`, true},
		{`{"$and":[{"x.a":"1"},{"x.b":"1"}]}`, false},
		{`{"$and":[]}`, true},
		{`{"$or":[{"x.a":"2"},{"x.b":"2"}]}`, true},
		{`{"$or":[{"x.a":"2"},{"x.b":"1"}]}`, false},
		{`{"$or":[]}`, false},
		{`{"$or":[{"x.a":"1"}],"x.b":"1"}`, false}, // the reference stops behind $or
		{`{"x.b":"1","$or":[{"x.a":"1"}]}`, false},
		{`{"$and":[{"x.a":"1"}],"$or":[{"x.b":"1"}]}`, false},
		{`{"$and":[{"$or":[{"x.a":"9"},{"$and":[{"x.a":"1"}]}]},{"x.b":"2"}]}`, true},
	}
	for _, tt := range tests {
		if got := asked(t, tt.query, object); got != tt.want {
			t.Errorf("%s: %v", tt.query, got)
		}
	}
}

func TestFaultsOfQueriesNameThePath(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"$and":[`, maxDepth+1) + `{}` + strings.Repeat(`]}`, maxDepth+1)
	tests := []struct{ query, want string }{
		{`{"x.plan":{"$like":"x"}}`, "path: query,x.plan,$like, message: Unsupported operator used in the query router: $like"},
		{`{"x.plan":{"paid":1}}`, "path: query,x.plan,paid, message: Unsupported operator"},
		{`{"$nor":[]}`, "path: query,$nor, message: Unsupported operator used in the query router: $nor"},
		{`{"$or":[{"x.a":"1"},{"x.b":{"$gt":"x"}}]}`, "path: query,$or,1,x.b,$gt, message: Expected number, received string"},
		{`{"x.b":{"$lte":null}}`, "path: query,x.b,$lte, message: Expected number, received null"},
		{`{"$and":{"x.a":"1"}}`, "path: query,$and, message: Expected array, received object"},
		{`{"$and":["x"]}`, "path: query,$and,0, message: Expected object, received string"},
		{`"x"`, "path: query, message: Expected object, received string"},
		{`{"x.a":["x"]}`, "path: query,x.a, message: Expected text, number, boolean or null, received array"},
		{`{"x.a":{"$ne":{}}}`, "path: query,x.a,$ne, message: Expected text, number, boolean or null, received object"},
		{`{"x.a":{"$in":"x"}}`, "path: query,x.a,$in, message: Expected array, received string"},
		{`{"x.a":{"$nin":[["x"]]}}`, "path: query,x.a,$nin, message: Expected text, number, boolean or null, received array"},
		{`{"x.a":{"$regex":1}}`, "path: query,x.a,$regex, message: Expected string, received number"},
		{`{"x.a":{"$regex":"(?=x)"}}`, "path: query,x.a,$regex, message: Unsupported regular expression: invalid or unsupported Perl syntax: `(?=`"},
		{`{"x.a":{"$regex":"(x)\\1"}}`, "path: query,x.a,$regex, message: Unsupported regular expression"},
		{`{"x.a":{"$regex":"((x{100}){100}){100}"}}`, "path: query,x.a,$regex, message: Unsupported regular expression"},
		{`{"x.a":{"$regex":"` + strings.Repeat("ä", maxRegexp+1) + `"}}`, "path: query,x.a,$regex, message: must not be longer than 1000 characters"},
		{`{"plan":"paid"}`, "path: query,plan, message: must be x.<name>"},
		{deep, "path: query,$and,0,$and,0"},
		{deep, "message: queries nest deeper than 16 levels"},
	}
	for _, tt := range tests {
		_, faults := compileQuery(tt.query)
		if len(faults) != 1 || !strings.Contains(faults[0], tt.want) {
			t.Errorf("%.80s: got %q, want %q", tt.query, faults, tt.want)
		}
	}
}

func TestAllFaultsOfAQueryAreListed(t *testing.T) {
	t.Parallel()
	_, faults := compileQuery(`{"a":1,"x.b":{"$x":1,"$in":1},"$or":[{"$y":1}]}`)
	if len(faults) != 4 {
		t.Errorf("got %q", faults)
	}
}

func TestALongTextMatchesNoExpression(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{maxRegexpText: true, maxRegexpText + 1: false} {
		object := `{"x":"` + strings.Repeat("x", n) + `"}`
		if got := asked(t, `{"x.x":{"$regex":"x"}}`, object); got != want {
			t.Errorf("%d bytes: %v", n, got)
		}
	}
}

// FuzzQueries holds that no query breaks, and that $and and $or of a single
// query are that query.
func FuzzQueries(f *testing.F) {
	for _, query := range []string{
		`{}`, `{"x.a":"1"}`, `{"x.a.b.0":{"$gt":1,"$lte":"2x"}}`, `{"$and":[{"x.path":{"$regex":"^/v1"}},{"$or":[]}]}`,
		`{"x.Tier":{"$in":["a",null,1e999]},"x.model":{"$nin":[]}}`, `{"x.stream":{"$ne":false}}`, `{"a":{"$b":[{}]}}`,
	} {
		f.Add(query, `{"model":"m","stream":true,"a":{"b":["1.5"]},"path":"/v1/x"}`)
		f.Add(query, `{"a":`)
	}
	f.Fuzz(func(t *testing.T, query, object string) {
		ask, faults := compileQuery(query)
		if len(faults) > 0 {
			if slices.ContainsFunc(faults, func(s string) bool { return !strings.HasPrefix(s, "path: query") }) {
				t.Fatalf("a fault without its path: %q", faults)
			}
			return
		}
		want := ask(object)
		for _, outer := range []string{`{"$and":[` + query + `]}`, `{"$or":[` + query + `]}`, `{"$and":[],"$or":[` + query + `]}`} {
			ask, faults := compileQuery(outer)
			if len(faults) == 0 && ask(object) != want {
				t.Errorf("%v in itself, and not in %.10s", want, outer)
			}
		}
	})
}
