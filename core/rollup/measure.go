package rollup

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sluice/core/internal/json"
	"sluice/core/price"
	"sluice/core/usage"
)

func nothing(*json.Writer, *Cell, *Cell) {}

func requests(w *json.Writer, c, _ *Cell) { w.Int("total", c.Requests) }

func cost(w *json.Writer, c, _ *Cell) {
	w.Raw("total", cents(c.Cost))
	w.Raw("avg", cents(price.Nano(each(int64(c.Cost), c.Requests))))
}

func (c *Cell) tokens() int64 { return c.Input + c.Output }

func tokens(w *json.Writer, c, _ *Cell) {
	w.Int("total", c.tokens())
	w.Raw("avg", ratio(c.tokens(), c.Requests))
}

func latency(w *json.Writer, c, _ *Cell) {
	w.Raw("avg", millis(usage.Micros(each(int64(c.TotalSum), c.Requests))))
	w.Raw("p50", millis(c.Total.Quantile(0.5)))
	w.Raw("p90", millis(c.Total.Quantile(0.9)))
	w.Raw("p99", millis(c.Total.Quantile(0.99)))
}

func failures(w *json.Writer, c, _ *Cell) { w.Int("total", c.Errors) }

func errorRate(w *json.Writer, c, _ *Cell) { w.Raw("rate", percent(c.Errors, c.Requests)) }

func errorStack(w *json.Writer, c, _ *Cell) {
	w.Array("stats", counts(c.Statuses, "response_status_code", "count"))
}

func rescues(w *json.Writer, c, _ *Cell) {
	retried := int64(0)
	for _, n := range c.Retried {
		retried += n
	}
	w.Int("retry", retried)
	w.Int("fallback", c.FellBack)
}

func rescuesByRetry(w *json.Writer, c, _ *Cell) {
	w.Array("retry", counts(c.Retried, "retry_success_count", "count"))
	w.Int("fallback", c.FellBack)
}

func hits(w *json.Writer, c, _ *Cell) {
	w.Int("total", c.hits())
	w.Raw("rate", percent(c.hits(), c.Looked))
}

// hits are answers from the cache.
func (c *Cell) hits() int64 { return c.Hits + c.SemanticHits }

func hitsAndSavings(w *json.Writer, c, until *Cell) {
	w.Int("simple_hits", c.Hits)
	w.Int("semantic_hits", c.SemanticHits)
	w.Raw("rate", percent(c.hits(), c.Looked))
	w.Raw("cumulative_simple_cache_savings", cents(until.Saved))
	w.Raw("cumulative_semantic_cache_savings", cents(until.SemanticSaved))
}

func hitLatency(w *json.Writer, c, _ *Cell) { w.Raw("avg", millis(c.hitAverage())) }

func (c *Cell) hitAverage() usage.Micros { return usage.Micros(each(int64(c.HitSum), c.hits())) }

// rated is what users think of the answers, never nil.
func (c *Cell) rated() *Feedback { return cmp.Or(c.Feedback, &Feedback{}) }

func feedbacks(w *json.Writer, c, _ *Cell) { w.Int("total", c.rated().Count) }

func weighted(w *json.Writer, c, _ *Cell) { w.Raw("avg", c.rated().average()) }

// average is that of values, each times its weight.
func (f *Feedback) average() json.Value { return ratio(f.Weighted, f.Count*million) }

// counts writes counts by number, in the order of the numbers.
func counts(by map[string]int64, number, count string) []json.Value {
	list := make([]json.Value, 0, len(by))
	for _, k := range slices.SortedFunc(maps.Keys(by), byNumber) {
		if by[k] != 0 { // what was changed leaves nothing behind
			w := json.NewWriter("{")
			w.Raw(number, json.Value(k))
			w.Int(count, by[k])
			w.Close('}')
			list = append(list, w.B)
		}
	}
	return list
}

func byNumber(a, b string) int {
	m, _ := strconv.Atoi(a)
	n, _ := strconv.Atoi(b)
	return cmp.Compare(m, n)
}

// each is the n-th part of a sum, rounded half up; 0 of nothing.
func each(sum, n int64) int64 {
	if n == 0 {
		return 0
	}
	return int64(math.Floor(float64(sum)/float64(n) + 0.5))
}

// ratio is a number with at most four decimals, 0 if it is of nothing.
func ratio(sum, n int64) json.Value {
	if n == 0 {
		return json.Value("0")
	}
	return json.ValueOf(math.Round(float64(sum)/float64(n)*1e4) / 1e4)
}

func percent(n, of int64) json.Value { return ratio(100*n, of) }

// cents writes nano-dollars as cents, without rounding.
func cents(n price.Nano) json.Value { return decimal(int64(n), 7) }

func millis(t usage.Micros) json.Value { return decimal(int64(t), 3) }

// decimal writes n with its last digits behind the point.
func decimal(n int64, digits int) json.Value {
	sign := ""
	u := uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	s := strconv.FormatUint(u, 10)
	if pad := digits + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	whole, rest := s[:len(s)-digits], strings.TrimRight(s[len(s)-digits:], "0")
	if rest != "" {
		rest = "." + rest
	}
	return json.Value(sign + whole + rest)
}
