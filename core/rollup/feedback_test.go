package rollup

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"sluice/core/store/driver"
	"sluice/core/store/memstore"
	"sluice/core/usage"
)

func TestRatingsAreCountedOnce(t *testing.T) {
	t.Parallel()
	table := memstore.New()
	s := &Sums{Table: &faulty{Table: table, random: rand.New(rand.NewPCG(4, 4))}}
	at := begin()
	rated := &usage.Record{ID: usage.NewID(at), Time: at, Workspace: "w", Model: "m", Metadata: map[string]string{"team": "x"}}
	rating := func(trace string, value int64, weight float64) Rating {
		return Rating{ID: usage.NewID(at), Workspace: "w", Trace: trace, Time: at, Value: value, Weight: weight, Of: rated}
	}
	again := func(do func() error) { // as when the answer is lost
		for n := 0; n < 5; {
			if do() == nil {
				n++
			}
		}
	}
	one, two, three := rating("t1", 10, 0.5), rating("t1", -3, 1), rating("t2", 1, 0)
	three.Of = nil
	for _, r := range []Rating{one, two, three} {
		again(func() error { return s.Rate(t.Context(), r) })
	}
	changed := two
	changed.Value, changed.Weight = 4, 0.25
	again(func() error { return s.Rerate(t.Context(), two, changed, "first change") })
	again(func() error { return s.Rerate(t.Context(), changed, two, "second change") })
	again(func() error { return s.Rerate(t.Context(), two, changed, "third change") })

	all := Feedback{Count: 3, Scores: map[string]int64{"10": 1, "-3": 0, "4": 1, "1": 1}, Weighted: 6_000_000, Requests: 2}
	known := Feedback{Count: 2, Scores: map[string]int64{"10": 1, "-3": 0, "4": 1}, Weighted: 6_000_000, Requests: 1}
	for d, want := range map[dim]Feedback{{All, ""}: all, {Model, "m"}: known, {Metadata + "team", "x"}: known} {
		c, err := (&Sums{Table: table}).read(t.Context(), cellKey("w", d, at))
		if err != nil || c == nil || c.Requests != 0 || !reflect.DeepEqual(*c.Feedback, want) {
			t.Errorf("%v: %+v, %v, want %+v", d, c, err, want)
		}
	}
	checkGraph(t, &Sums{Table: table}, "feedbacks/weighted", Query{Workspace: "w", From: at, To: at.Add(time.Minute)},
		`{"summary":{"avg":2},"data_points":[{"timestamp":"`+at.Format(time.RFC3339)+`","avg":2}],"object":"analytics-graph"}`)
	checkGraph(t, &Sums{Table: table}, "feedbacks/scores", Query{Workspace: "w", From: at},
		`{"summary":{"total":3},"data_points":[{"score":1,"total":1},{"score":4,"total":1},{"score":10,"total":1}],"object":"analytics-graph"}`)
	checkGraph(t, &Sums{Table: table}, "feedbacks/ai-models", Query{Workspace: "w", From: at},
		`{"summary":{},"data_points":[{"ai_model":"m","total":2,"avg_weighted_feedback":3}],"object":"analytics-graph"}`)
	checkGraph(t, &Sums{Table: table}, "feedbacks", Query{Workspace: "w", From: at, To: at, Dimension: Metadata + "team", Values: []string{"x"}},
		`{"summary":{"total":2},"data_points":[{"timestamp":"`+at.Format(time.RFC3339)+`","total":2}],"object":"analytics-graph"}`)
}

// TestWhatIsAttachedLateComesToTheSame: some ratings are known with their request
// at once, others later, and the sums are equal.
func TestWhatIsAttachedLateComesToTheSame(t *testing.T) {
	t.Parallel()
	at := begin()
	of := &usage.Record{ID: usage.NewID(at), Time: at, Workspace: "w", Model: "m", Provider: "p", Status: 200}
	was := Rating{ID: usage.NewID(at), Workspace: "w", Trace: "t1", Time: at, Value: -3, Weight: 1, Of: of}
	is := was
	is.Value = 7
	unknown := func(r Rating) Rating { r.Of = nil; return r }

	once, late := memstore.New(), memstore.New()
	s := &Sums{Table: once}
	if err := errors.Join(s.Rate(t.Context(), was), s.Rerate(t.Context(), was, is, "c")); err != nil {
		t.Fatal(err)
	}
	s = &Sums{Table: &faulty{Table: late, random: rand.New(rand.NewPCG(5, 5))}}
	for _, do := range []func() error{
		func() error { return s.Rate(t.Context(), unknown(was)) },
		func() error { return s.Rerate(t.Context(), unknown(was), unknown(is), "c") },
		func() error { return s.Attach(t.Context(), was) },
		func() error { return s.Reattach(t.Context(), was, is, "c") },
	} {
		for n := 0; n < 3; {
			if do() == nil {
				n++
			}
		}
	}
	for _, d := range []dim{{All, ""}, {Model, "m"}, {Provider, "p"}, {Status, "200"}} {
		want, err := (&Sums{Table: once}).read(t.Context(), cellKey("w", d, at))
		got, err2 := (&Sums{Table: late}).read(t.Context(), cellKey("w", d, at))
		if err != nil || err2 != nil || want == nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %+v, want %+v (%v, %v)", d, got, want, err, err2)
		}
	}
}

// TestATraceIsARatedRequestOnce, whichever of its ratings was known with the
// request, and in whatever order they come.
func TestATraceIsARatedRequestOnce(t *testing.T) {
	t.Parallel()
	at := begin()
	of := &usage.Record{ID: usage.NewID(at), Time: at, Workspace: "w", Model: "m"}
	rating := func(of *usage.Record) Rating {
		return Rating{ID: usage.NewID(at), Workspace: "w", Trace: "t", Time: at, Value: 1, Weight: 1, Of: of}
	}
	known, late := rating(of), rating(of)
	unknown := late
	unknown.Of = nil
	for name, order := range map[string][]Rating{"the second is late": {known, unknown}, "the first is late": {unknown, known}} {
		s := &Sums{Table: memstore.New()}
		if err := errors.Join(s.Rate(t.Context(), order[0]), s.Rate(t.Context(), order[1]), s.Attach(t.Context(), late)); err != nil {
			t.Fatal(err)
		}
		for _, d := range []dim{{All, ""}, {Model, "m"}} {
			c, err := s.read(t.Context(), cellKey("w", d, at))
			if err != nil || c.Feedback.Count != 2 || c.Feedback.Requests != 1 {
				t.Errorf("%s: %v: %+v, %v", name, d, c.Feedback, err)
			}
		}
	}
}

// checkGraph compares an answer.
func checkGraph(t *testing.T, s *Sums, name string, q Query, want string) {
	t.Helper()
	if got, err := s.Graph(t.Context(), name, q); err != nil || string(got) != want {
		t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, got, want)
	}
}

func TestManyKeysOfMetadataHaveNoSums(t *testing.T) {
	t.Parallel()
	s := &Sums{Table: memstore.New(), MaxKeys: 3}
	at := begin()
	var records []*usage.Record
	for i := range 40 {
		key := string(rune('a' + i%10))
		records = append(records, &usage.Record{ID: usage.NewID(at), Time: at, Metadata: map[string]string{key: "x", "team": "y"}})
	}
	for i, r := range records {
		if err := s.Count(t.Context(), records[i:i+1]); err != nil {
			t.Fatal(err, r)
		}
	}
	sums := map[string]int64{}
	for i := range 10 {
		key := string(rune('a' + i))
		for rec, err := range s.Table.Range(t.Context(), part("", Metadata+key), driver.Query{}) {
			c, err2 := decode(rec)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			sums[key] += c.Requests
		}
	}
	all, err := s.read(t.Context(), cellKey("", dim{All, ""}, at))
	team, err2 := s.read(t.Context(), cellKey("", dim{Metadata + "team", "y"}, at))
	if err != nil || err2 != nil || all.Requests != 40 || team.Requests != 40 || !reflect.DeepEqual(sums, map[string]int64{"a": 4, "b": 4}) {
		t.Errorf("%v %v %v, %+v %+v", err, err2, sums, all, team)
	}
}
