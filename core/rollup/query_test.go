package rollup

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/price"
	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

// twoHours are requests whose sums are easily seen.
func twoHours(t *testing.T) (s *Sums, q Query, stamp [2]string) {
	t.Helper()
	from := begin()
	record := func(after time.Duration, r usage.Record) *usage.Record {
		at := from.Add(after)
		r.ID, r.Time, r.Metadata = usage.NewID(at), at, map[string]string{"team": "x"}
		return &r
	}
	records := []*usage.Record{
		record(0, usage.Record{User: "u1", Model: "m1", Status: 200, Cache: core.CacheMiss, Total: 2000, Usage: &usage.Tokens{Input: 10, Output: 5}, Cost: &usage.Cost{Nano: 10_000_001}}),
		record(time.Minute, usage.Record{User: "u1", Model: "m1", Status: 429, Total: 4000, Retries: -1}),
		record(2*time.Minute, usage.Record{User: "u2", Model: "m2", Status: 200, Cache: core.CacheHit, Total: 1000, Saved: &usage.Cost{Nano: 5}, Cost: &usage.Cost{}}),
		record(time.Hour, usage.Record{User: "u2", Model: "m1", Status: 200, Cache: core.CacheSemanticHit, Total: 500, Saved: &usage.Cost{Nano: 30_000_000}}),
		record(time.Hour, usage.Record{Model: "m1", Status: 200, Total: 8000, Retries: 2, Option: "b", Attempts: []usage.Attempt{{Option: "a", Kind: "timeout"}}, Cost: &usage.Cost{Nano: 1}}),
		record(time.Hour, usage.Record{User: "u3", Model: "m1", Status: 500, Total: 8000}),
	}
	s = &Sums{Table: memstore.New()}
	if err := s.Count(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	return s, Query{From: from, To: from.Add(time.Hour + 30*time.Minute)}, [2]string{from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339)}
}

func TestGraphsShowWhatHappened(t *testing.T) {
	t.Parallel()
	s, q, stamp := twoHours(t)
	for name, want := range map[string][3]string{
		"requests":         {`"total":6`, `"total":3`, `"total":3`},
		"cost":             {`"total":1.0000002,"avg":0.1666667`, `"total":1.0000001,"avg":0.3333334`, `"total":0.0000001,"avg":0`},
		"tokens":           {`"total":15,"avg":2.5`, `"total":15,"avg":5`, `"total":0,"avg":0`},
		"users":            {`"total":3`, `"total":2`, `"total":2`},
		"users/requests":   {`"total":5,"unique":3,"avg":1.6667`, `"avg":1.5`, `"avg":1`},
		"errors":           {`"total":2`, `"total":1`, `"total":1`},
		"errors/rate":      {`"rate":33.3333`, `"rate":33.3333`, `"rate":33.3333`},
		"errors/stacks":    {`"total":2`, `"stats":[{"response_status_code":429,"count":1}]`, `"stats":[{"response_status_code":500,"count":1}]`},
		"requests/rescued": {`"retry":1,"fallback":1`, `"retry":[],"fallback":0`, `"retry":[{"retry_success_count":2,"count":1}],"fallback":1`},
		"cache/hit-rate": {`"total":2,"rate":66.6667`,
			`"simple_hits":1,"semantic_hits":0,"rate":50,"cumulative_simple_cache_savings":0.0000005,"cumulative_semantic_cache_savings":0`,
			`"simple_hits":0,"semantic_hits":1,"rate":100,"cumulative_simple_cache_savings":0.0000005,"cumulative_semantic_cache_savings":3`},
		"cache/latency":      {``, `"avg":1`, `"avg":0.5`},
		"feedbacks":          {`"total":0`, `"total":0`, `"total":0`},
		"feedbacks/weighted": {`"avg":0`, `"avg":0`, `"avg":0`},
	} {
		checkGraph(t, s, name, q, fmt.Sprintf(`{"summary":{%s},"data_points":[{"timestamp":"%s",%s},{"timestamp":"%s",%s}],"object":"analytics-graph"}`,
			want[0], stamp[0], want[1], stamp[1], want[2]))
	}
	checkGraph(t, s, "errors/status-codes", q,
		`{"summary":{"total_errors":2,"unique_error_codes":2},"data_points":[{"status_code":429,"count":1},{"status_code":500,"count":1}],"object":"analytics-graph"}`)
	summary, err := s.CacheSummary(t.Context(), q)
	if want := `{"summary":{"hits":2,"avg_latency":0.75,"total_requests":6,"cache_speedup":86.3636},"object":"analytics-summary"}`; err != nil || string(summary) != want {
		t.Errorf("%s, %v", summary, err)
	}
}

func TestLatencyIsShownInMilliseconds(t *testing.T) {
	t.Parallel()
	s, q, stamp := twoHours(t)
	q.To = q.From
	got, err := s.Graph(t.Context(), "latency", q)
	near := func(name string, want float64) {
		var v float64
		if err := json.Unmarshal(json.Lookup(got, "summary", name), &v); err != nil || v < want*(1-Precision) || v > want*(1+Precision) {
			t.Errorf("%s is %g, %v", name, v, err)
		}
	}
	near("p50", 2)
	near("p90", 4)
	near("p99", 4)
	if err != nil || !strings.Contains(string(got), `"data_points":[{"timestamp":"`+stamp[0]+`","avg":2.333,`) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestGroupsHaveTheMostRequestsFirst(t *testing.T) {
	t.Parallel()
	s, q, stamp := twoHours(t)
	row := `{"user":"%s","requests":%d,"cost":%s,"object":"analytics-group"}`
	u1, u2, u3 := fmt.Sprintf(row, "u1", 2, "1.0000001"), fmt.Sprintf(row, "u2", 2, "0"), fmt.Sprintf(row, "u3", 1, "0")
	for _, test := range []struct {
		name string
		page Page
		want string
	}{
		{"users", Page{}, `{"total":3,"data":[` + u1 + "," + u2 + "," + u3 + `],"object":"list"}`},
		{"users", Page{Size: 2, Number: 1}, `{"total":3,"data":[` + u3 + `],"object":"list"}`},
		{"users", Page{Size: 2, Number: 2}, `{"total":3,"data":[],"object":"list"}`},
		{"users", Page{Number: -1}, `{"total":3,"data":[],"object":"list"}`},
		{"ai-models", Page{}, `{"total":2,"data":[{"ai_model":"m1","requests":5,"object":"analytics-group"},{"ai_model":"m2","requests":1,"object":"analytics-group"}],"object":"list"}`},
		{"metadata/team", Page{}, `{"total":1,"data":[{"metadata_value":"x","requests":6,"cost":1.0000002,"avg_tokens":2.5,"avg_weighted_feedback":0,` +
			`"requests_with_feedback":0,"last_seen":"` + stamp[1] + `","object":"analytics-group"}],"object":"list"}`},
		{"metadata/nothing", Page{}, `{"total":0,"data":[],"object":"list"}`},
	} {
		if got, err := s.Group(t.Context(), test.name, q, test.page); err != nil || string(got) != test.want {
			t.Errorf("%s %v: %v\ngot  %s\nwant %s", test.name, test.page, err, got, test.want)
		}
	}
}

func TestWorkspacesSeeTheirOwnSums(t *testing.T) {
	t.Parallel()
	s, q, _ := twoHours(t)
	q.Workspace = "another"
	for _, name := range Graphs() {
		got, err := s.Graph(t.Context(), name, q)
		for _, ours := range []string{"429", "m1", "u1", ":6", ":3", ":1"} {
			if err != nil || strings.Contains(strings.NewReplacer(q.From.Format(time.RFC3339), "", q.To.Truncate(time.Hour).Format(time.RFC3339), "").Replace(string(got)), ours) {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
	}
}

// someRatings are of some of the records, one or two of a trace.
func someRatings(r *rand.Rand, records []*usage.Record) (list []Rating) {
	for i, of := range records {
		for range r.IntN(4) - 1 {
			list = append(list, Rating{
				ID: usage.NewID(of.Time), Workspace: of.Workspace, Trace: fmt.Sprint("t", i), Time: of.Time, Value: r.Int64N(21) - 10, Weight: float64(r.IntN(5)) / 4, Of: of,
			})
		}
	}
	return list
}

// newest yields records that a condition holds for, as logs do.
func newest[R any](records []R, holds func(R) bool) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for _, r := range slices.Backward(records) {
			if holds(r) && !yield(r, nil) {
				return
			}
		}
	}
}

// TestSumsAndRecordsGiveTheSameAnswer: what is summed up beforehand is what the
// records say.
func TestSumsAndRecordsGiveTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	records := someRecords(rand.New(rand.NewPCG(11, 1)), 3000)
	if err := s.Count(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	from := time.Now()
	for _, r := range records {
		from = slices.MinFunc([]time.Time{from, r.Time}, time.Time.Compare)
	}
	from = from.Truncate(time.Hour)
	ratings := someRatings(rand.New(rand.NewPCG(12, 1)), records)
	for _, r := range ratings {
		if err := s.Rate(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	for _, f := range []struct {
		dimension string
		values    []string
		of        func(*usage.Record) string
	}{
		{"", nil, func(*usage.Record) string { return "" }},
		{Provider, []string{"openai"}, func(r *usage.Record) string { return r.Provider }},
		{Model, []string{"m2", "m1", "m2"}, func(r *usage.Record) string { return r.Model }},
		{Key, []string{"k2"}, func(r *usage.Record) string { return r.Key }},
		{Status, []string{"429", "500"}, func(r *usage.Record) string { return fmt.Sprint(r.Status) }},
		{Metadata + "team", []string{"Ü#"}, func(r *usage.Record) string { return r.Metadata["team"] }},
	} {
		q := Query{Workspace: "b#c", From: from, To: from.Add(3*time.Hour - 1), Dimension: f.dimension, Values: f.values}
		wanted := func(r *usage.Record) bool {
			return r.Workspace == "b#c" && (f.dimension == "" || slices.Contains(f.values, f.of(r)))
		}
		q.Records = newest(records, wanted)
		q.Ratings = newest(ratings, func(r Rating) bool { return wanted(r.Of) })
		narrow := q
		narrow.Narrow = true
		ask := func(what string, of func(Query) (json.Value, error)) {
			fast, err := of(q)
			slow, err2 := of(narrow)
			if err := errors.Join(err, err2); err != nil || string(fast) != string(slow) || len(fast) < 60 {
				t.Errorf("%s by %s: %v\n%s\n%s", what, f.dimension, err, fast, slow)
			}
			compared++
		}
		for _, name := range Graphs() {
			ask(name, func(q Query) (json.Value, error) { return s.Graph(t.Context(), name, q) })
		}
		for _, name := range []string{"users", "ai-models", "metadata/team", "metadata/_user"} {
			ask(name, func(q Query) (json.Value, error) { return s.Group(t.Context(), name, q, Page{}) })
		}
		ask("cache", func(q Query) (json.Value, error) { return s.CacheSummary(t.Context(), q) })
	}
	if compared != 6*22 {
		t.Errorf("%d answers were compared", compared)
	}
}

func TestLongTimesAreShownByTheDay(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for i := range 5 {
		at := today.Add(time.Duration(-i)*24*time.Hour - time.Hour)
		if err := s.Count(t.Context(), []*usage.Record{{ID: usage.NewID(at), Time: at}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Graph(t.Context(), "requests", Query{From: today.Add(-5 * 24 * time.Hour), To: today.Add(-time.Second)})
	if n := strings.Count(string(got), `T00:00:00Z","total":1}`); err != nil || n != 5 || strings.Count(string(got), "timestamp") != 5 {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTimesWithoutSumsAreEmptyNotFaults(t *testing.T) {
	t.Parallel()
	s, _, _ := twoHours(t)
	now := time.Now()
	for name, q := range map[string]Query{
		"long ago":       {From: now.AddDate(-4, 0, 0), To: now.AddDate(-3, 0, 0)},
		"up to long ago": {To: now.AddDate(-3, 0, 0)},
		"to come":        {From: now.AddDate(3, 0, 0), To: now.AddDate(4, 0, 0)},
		"year 9999":      {To: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)},
	} {
		for _, graph := range []string{"requests", "users", "users/requests", "errors/stacks"} {
			got, err := s.Graph(t.Context(), graph, q)
			points, _ := json.Elements(json.Lookup(got, "data_points"))
			if err != nil || len(points) != 1 || string(json.Lookup(got, "summary", "total")) != "0" {
				t.Errorf("%s, %s: %s, %v", name, graph, got, err)
			}
		}
	}
	got, err := s.Graph(t.Context(), "requests", Query{From: now.AddDate(-100, 0, 0), To: now.AddDate(100, 0, 0)})
	if err != nil || string(json.Lookup(got, "summary", "total")) != "6" {
		t.Errorf("all times have %.200s, %v", got, err)
	}
}

func TestWhatIsNotAllIsSaidToBePartial(t *testing.T) {
	t.Parallel()
	at := begin()
	full := &Sums{Table: memstore.New(), MaxValues: 2}
	for i := range 4 {
		r := &usage.Record{ID: usage.NewID(at), Time: at, User: fmt.Sprint("u", i), Cost: &usage.Cost{Nano: price.Dollar}}
		if err := full.Count(t.Context(), []*usage.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	many := newest(make([]*usage.Record, MaxRecords+1), func(*usage.Record) bool { return true })
	padded := func(yield func(*usage.Record, error) bool) {
		for range many {
			if !yield(&usage.Record{ID: usage.NewID(at), Time: at}, nil) {
				return
			}
		}
	}
	others := func(yield func(Rating, error) bool) { // feedback on what is not asked for is read as well
		for range MaxRecords + 1 {
			if !yield(Rating{ID: usage.NewID(at), Time: at}, nil) {
				return
			}
		}
	}
	q := Query{From: at, To: at}
	for _, test := range []struct {
		name    string
		query   Query
		partial bool
	}{
		{"users", q, true},
		{"requests", q, false},
		{"requests", Query{From: at, To: at, Dimension: User, Values: []string{"u0"}}, false},
		{"requests", Query{From: at, To: at, Dimension: User, Values: []string{"u3"}}, true},
		{"requests", Query{From: at, To: at, Narrow: true, Records: padded}, true},
		{"feedbacks", Query{From: at, To: at, Narrow: true, Ratings: others}, true},
	} {
		got, err := full.Graph(t.Context(), test.name, test.query)
		if err != nil || strings.Contains(string(got), `"partial":true`) != test.partial {
			t.Errorf("%s %v: %s, %v", test.name, test.query.Values, got, err)
		}
	}
	group, err := full.Group(t.Context(), "users", q, Page{})
	if err != nil || !strings.Contains(string(group), `{"user":"(other)","requests":2,"cost":200,`) || !strings.Contains(string(group), `"partial":true`) {
		t.Errorf("%s, %v", group, err)
	}
}

func TestQuestionsThatHaveNoAnswerAreRefused(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New()}
	now := time.Now()
	kind := func(err error) llm.ErrorKind {
		if e, ok := errors.AsType[*llm.Error](err); ok {
			return e.Kind
		}
		return llm.Internal
	}
	for name, q := range map[string]Query{
		"requests":  {From: now, To: now.Add(-time.Hour)},
		"users":     {Dimension: Model, Values: []string{"m"}},
		"cost":      {Narrow: true},
		"feedbacks": {Narrow: true, Records: newest[*usage.Record](nil, nil)},
	} {
		if _, err := s.Graph(t.Context(), name, q); kind(err) != llm.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, graph := s.Graph(t.Context(), "moods", Query{})
	_, group := s.Group(t.Context(), "metadata/", Query{}, Page{})
	if kind(graph) != llm.NotFound || kind(group) != llm.NotFound {
		t.Errorf("%v, %v", graph, group)
	}
	broken := &Sums{Table: memstore.New()}
	at := now.UTC()
	if _, err := broken.Table.Put(t.Context(), driver.Record{Key: cellKey("", dim{All, ""}, at), Data: []byte("{")}); err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Graph(t.Context(), "requests", Query{}); err == nil {
		t.Error("a sum that cannot be read is passed over")
	}
}
