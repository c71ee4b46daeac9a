package rollup

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/usage"
)

// histogramOf counts spans.
func histogramOf(spans ...usage.Micros) (h Histogram) {
	for _, s := range spans {
		h.Add(s)
	}
	return h
}

func TestARecordIsSummedUpAsWhatItWas(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	for _, test := range []struct {
		name   string
		record usage.Record
		cell   Cell
	}{
		{"an answer", usage.Record{Status: 200, Usage: &usage.Tokens{Input: 5, CacheRead: 20, CacheWrite: 100, CacheWrite1h: 1000, Output: 7, Reasoning: 3}, Cost: &usage.Cost{Nano: 11}},
			Cell{Input: 1125, Output: 7, Cached: 20, Cost: 11}},
		{"attempts that cost something", usage.Record{Status: 200, Cost: &usage.Cost{Nano: 11}, Spent: &usage.Cost{Nano: 15, Gap: "no price"}}, Cell{Cost: 15, Unpriced: 1}},
		{"a hit", usage.Record{Status: 200, Cache: core.CacheHit, Cost: &usage.Cost{}, Saved: &usage.Cost{Nano: 9}, Total: 4},
			Cell{Hits: 1, Looked: 1, Saved: 9, HitSum: 4, TotalSum: 4}},
		{"a semantic hit", usage.Record{Status: 200, Cache: core.CacheSemanticHit, Saved: &usage.Cost{Nano: 9}}, Cell{SemanticHits: 1, Looked: 1, SemanticSaved: 9}},
		{"a miss", usage.Record{Status: 200, Cache: core.CacheMiss}, Cell{Looked: 1}},
		{"a failure", usage.Record{Status: 503, Retries: 2, Attempts: []usage.Attempt{{Option: "x", Kind: "upstream"}}}, Cell{Errors: 1, Statuses: map[string]int64{"503": 1}}},
		{"a stream that broke off", usage.Record{Status: 200, Broken: true, Error: "truncated"}, Cell{Errors: 1, Statuses: map[string]int64{"200": 1}}},
		{"a guardrail's 246", usage.Record{Status: 246}, Cell{}},
		{"rescued by retries", usage.Record{Status: 200, Retries: 2, Option: "a", Attempts: []usage.Attempt{{Option: "a", Kind: "timeout"}, {Option: "a"}}},
			Cell{Retried: map[string]int64{"2": 1}}},
		{"rescued by another target", usage.Record{Status: 200, Option: "b", Attempts: []usage.Attempt{{Option: "a", Kind: "timeout"}, {Option: "b"}}}, Cell{FellBack: 1}},
		{"a hedge that lost", usage.Record{Status: 200, Option: "b", Attempts: []usage.Attempt{{Option: "a", Kind: "canceled", Lost: true}, {Option: "b"}}}, Cell{}},
		{"retries in vain", usage.Record{Status: 500, Retries: -1}, Cell{Errors: 1, Statuses: map[string]int64{"500": 1}}},
	} {
		test.record.Time, test.record.First = at, 3
		test.cell.Requests, test.cell.Last, test.cell.FirstSum = 1, at.Unix(), 3
		test.cell.Total, test.cell.First = histogramOf(test.record.Total), histogramOf(3)
		if got := cellOf(&test.record); !reflect.DeepEqual(got, test.cell) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, got, test.cell)
		}
	}
}

func TestSumsShareNothing(t *testing.T) {
	t.Parallel()
	one, sum := cellOf(&usage.Record{Status: 500}), &Cell{}
	sum.Merge(&one)
	sum.Merge(&one)
	if one.Statuses["500"] != 1 || one.Total.Count() != 1 || sum.Statuses["500"] != 2 || sum.Total.Count() != 2 {
		t.Errorf("%+v became %+v", one, sum)
	}
}

func TestQuantilesAreAsNearAsStated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	var h, half Histogram
	var spans []usage.Micros
	for i := range 10_000 {
		s := usage.Micros(math.Exp(r.Float64() * 20)) // 1 µs to 8 minutes
		spans = append(spans, s)
		if i%2 == 0 {
			half.Add(s)
		} else {
			h.Add(s)
		}
	}
	h.Merge(&half)
	slices.Sort(spans)
	for _, part := range []float64{0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 1} {
		want := float64(spans[int(math.Ceil(part*float64(len(spans))))-1])
		if got := float64(h.Quantile(part)); math.Abs(got-want) > Precision*want+0.5 {
			t.Errorf("%g is %g, not %g", part, got, want)
		}
	}
	if empty := (&Histogram{}); empty.Quantile(0.5) != 0 || h.Count() != 10_000 {
		t.Errorf("%d of nothing, %d spans", empty.Quantile(0.5), h.Count())
	}
}

func TestHistogramsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for _, h := range []Histogram{{}, histogramOf(0), histogramOf(1, 1, 5, 1e9, math.MaxInt64)} {
		b, err := json.Marshal(Cell{Total: h})
		var c Cell
		if err2 := json.Unmarshal(b, &c); cmp.Or(err, err2) != nil || !reflect.DeepEqual(c.Total, h) {
			t.Errorf("%s: %v, %v", b, err, err2)
		}
	}
	for _, s := range []string{"1", "1 2 3", "x 1", "1 x", "5 1 5 1", "5 1 4 1", " ", "1 99999999999999999999"} {
		if err := new(Histogram).UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestKeysOfDifferentTextsDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	texts := []string{"", "a#", "a%23", "a%2523", "a%", long, long + "y", segment(long), strings.Repeat("x", maxSegment), strings.Repeat("#", 150), strings.Repeat("%", 150)}
	seen := map[string]string{}
	for _, s := range texts {
		k := segment(s)
		if other, taken := seen[k]; taken || len(k) > maxSegment || strings.Contains(k, "#") {
			t.Errorf("%q has the key %q, as has %q", s, k, other)
		}
		seen[k] = s
	}
}
