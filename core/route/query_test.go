package route

import (
	"net/http"
	"strings"
	"testing"

	"sluice/core"
	"sluice/core/internal/json"
)

// compileQuery makes a question of a query's text.
func compileQuery(text string) (ask func(*core.Call) bool, faults []string) {
	p, fs := &parser{}, &fields{}
	q := p.query(json.Value(text), []string{"query"}, fs)
	return func(c *core.Call) bool { return q.Holds(fs.of(c.Prepare())) }, p.faults
}

func asked(t *testing.T, query string, c *core.Call) bool {
	t.Helper()
	ask, faults := compileQuery(query)
	if len(faults) > 0 {
		t.Fatalf("%s: %q", query, faults)
	}
	return ask(c)
}

func labelled(metadata string) *core.Call {
	return &core.Call{Incoming: core.Incoming{Header: http.Header{"X-Portkey-Metadata": {metadata}}}}
}

func TestNoConditionHoldsForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, c := range []*core.Call{labelled(`{"y":1}`), labelled(""), labelled("{x"), {}} {
		if asked(t, `{"metadata.x":{"$ne":1}}`, c) {
			t.Errorf("holds for %q", c.Header)
		}
	}
	if !asked(t, `{"metadata.x":{"$ne":1}}`, labelled(`{"x":2}`)) {
		t.Error("does not hold for what is there")
	}
}

func TestFaultsOfFieldsNameThePath(t *testing.T) {
	t.Parallel()
	tests := []struct{ query, want string }{
		{`{"metadata.plan":{"$like":"x"}}`, "path: query,metadata.plan,$like, message: Unsupported operator used in the query router: $like"},
		{`{"plan":"paid"}`, "path: query,plan, message: must be metadata.<name>, params.<name>"},
		{`{"metadata":"paid"}`, "path: query,metadata, message: must be metadata.<name>"},
		{`{"params.":"paid"}`, "path: query,params., message: must be metadata.<name>"},
		{`{"params.a..b":"paid"}`, "path: query,params.a..b, message: must be metadata.<name>"},
		{`{"url.host":"x"}`, "path: query,url.host, message: must be metadata.<name>"},
	}
	for _, tt := range tests {
		_, faults := compileQuery(tt.query)
		if len(faults) != 1 || !strings.Contains(faults[0], tt.want) {
			t.Errorf("%.80s: got %q, want %q", tt.query, faults, tt.want)
		}
	}
}

// FuzzQueries holds that no request breaks a query, whatever its fields are.
func FuzzQueries(f *testing.F) {
	for _, query := range []string{
		`{}`, `{"metadata.a":"1"}`, `{"params.a.b.0":{"$gt":1,"$lte":"2x"}}`, `{"$and":[{"url.pathname":{"$regex":"^/v1"}},{"$or":[]}]}`,
		`{"headers.X-Tier":{"$in":["a",null,1e999]},"params.model":{"$nin":[]}}`, `{"params.stream":{"$ne":false}}`, `{"a":{"$b":[{}]}}`,
	} {
		f.Add(query, `{"a":"1"}`, `{"model":"m","stream":true,"a":{"b":["1.5"]}}`)
		f.Add(query, `{"a":`, `[]`)
	}
	f.Fuzz(func(t *testing.T, query, metadata, body string) {
		ask, faults := compileQuery(query)
		if len(faults) > 0 {
			return
		}
		c := labelled(metadata)
		c.Body, c.Path = []byte(body), "/v1/chat/completions"
		want := ask(c)
		if ask, faults := compileQuery(`{"$and":[` + query + `]}`); len(faults) == 0 && ask(c) != want {
			t.Errorf("%v in itself, and not in $and", want)
		}
	})
}
