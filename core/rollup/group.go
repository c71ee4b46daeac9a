package rollup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

// lists are the graphs that are not made of sums over time alone.
var lists = map[string]func(context.Context, *reading, *json.Writer) error{
	"users":               users,
	"users/requests":      usersRequests,
	"errors/status-codes": statusCodes,
	"feedbacks/scores":    scores,
	"feedbacks/ai-models": feedbackByModel,
}

// isFeedback are graphs that records say nothing about.
var isFeedback = map[string]bool{"feedbacks": true, "feedbacks/scores": true, "feedbacks/weighted": true, "feedbacks/ai-models": true}

// Graphs are the names of all graphs, sorted.
func Graphs() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for name := range graphs {
			if !yield(name) {
				return
			}
		}
		maps.Keys(lists)(yield)
	})
}

// total is the sum of all that the query wants.
func (r *reading) total(ctx context.Context) (*Cell, error) {
	sum := &Cell{}
	for s, err := range r.slots(ctx, All) {
		if err != nil {
			return nil, err
		}
		sum.Merge(s.cell)
	}
	return sum, nil
}

func statusCodes(ctx context.Context, r *reading, w *json.Writer) error {
	c, err := r.total(ctx)
	if err != nil {
		return err
	}
	w.Open("summary", '{')
	w.Int("total_errors", c.Errors)
	w.Int("unique_error_codes", int64(len(c.Statuses)))
	w.Close('}')
	w.Array("data_points", counts(c.Statuses, "status_code", "count"))
	return nil
}

func scores(ctx context.Context, r *reading, w *json.Writer) error {
	c, err := r.total(ctx)
	if err != nil {
		return err
	}
	w.Open("summary", '{')
	w.Int("total", c.rated().Count)
	w.Close('}')
	w.Array("data_points", counts(c.rated().Scores, "score", "total"))
	return nil
}

func feedbackByModel(ctx context.Context, r *reading, w *json.Writer) error {
	rows, err := r.rows(ctx, Model)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b slot) int { return cmp.Compare(b.cell.rated().Count, a.cell.rated().Count) }) // it tells of nothing else
	var list []json.Value
	for _, row := range rows {
		if f := row.cell.rated(); f.Count > 0 {
			p := json.NewWriter("{")
			p.Str("ai_model", row.value)
			p.Int("total", f.Count)
			p.Raw("avg_weighted_feedback", f.average())
			p.Close('}')
			list = append(list, p.B)
		}
	}
	w.Raw("summary", json.Value("{}"))
	w.Array("data_points", list)
	return nil
}

// rows are the sums by the values of a dimension, that with the most requests
// first.
func (r *reading) rows(ctx context.Context, dimension string) ([]slot, error) {
	by := map[string]*Cell{}
	for s, err := range r.slots(ctx, dimension) {
		if err != nil {
			return nil, err
		}
		if by[s.value] == nil {
			by[s.value] = &Cell{}
		}
		by[s.value].Merge(s.cell)
	}
	var rows []slot
	for value, c := range by {
		rows = append(rows, slot{value: value, cell: c})
	}
	slices.SortFunc(rows, func(a, b slot) int {
		return cmp.Or(cmp.Compare(b.cell.Requests, a.cell.Requests), strings.Compare(a.value, b.value))
	})
	return rows, nil
}

// A Page is which rows of a group are wanted.
type Page struct {
	Size   int // rows; 0 means 50
	Number int // from 0 on
}

// of are the rows of the page.
func (p Page) of(rows []slot) []slot {
	size := cmp.Or(max(p.Size, 0), 50)
	if p.Number < 0 || p.Number > len(rows)/size {
		return nil
	}
	return rows[p.Number*size : min(len(rows), (p.Number+1)*size)]
}

// Group answers a query by the values of a dimension: users, ai-models, or
// metadata/ and a key:
// {"total":…,"data":[…],"object":"list"}, and "partial":true if it is not about
// all that the query wants.
func (s *Sums) Group(ctx context.Context, name string, q Query, page Page) (json.Value, error) {
	g, dimension := groupOf(name)
	if g == nil {
		return nil, llm.Errorf(llm.NotFound, "there is no group of this name")
	}
	if err := q.valid(); err != nil {
		return nil, err
	}
	r := &reading{Sums: s, Query: q, requests: true, feedback: strings.HasPrefix(name, "metadata/")}
	rows, err := r.rows(ctx, dimension)
	if err != nil {
		return nil, err
	}
	w := json.NewWriter("{")
	w.Int("total", int64(len(rows)))
	var list []json.Value
	for _, row := range page.of(rows) {
		p := json.NewWriter("{")
		g(&p, row.value, row.cell)
		p.Str("object", "analytics-group")
		p.Close('}')
		list = append(list, p.B)
	}
	w.Array("data", list)
	return r.finish(&w, "list"), nil
}

// groupOf is how rows of a group are written, and its dimension.
func groupOf(name string) (write func(*json.Writer, string, *Cell), dimension string) {
	key, metadata := strings.CutPrefix(name, "metadata/")
	switch {
	case name == "users":
		return groupUser, User
	case name == "ai-models":
		return groupModel, Model
	case metadata && key == "_user":
		return groupMetadata, User
	case metadata && key != "":
		return groupMetadata, Metadata + key
	}
	return nil, ""
}

func groupUser(w *json.Writer, value string, c *Cell) {
	w.Str("user", value)
	w.Int("requests", c.Requests)
	w.Raw("cost", cents(c.Cost))
}

func groupModel(w *json.Writer, value string, c *Cell) {
	w.Str("ai_model", value)
	w.Int("requests", c.Requests)
}

func groupMetadata(w *json.Writer, value string, c *Cell) {
	w.Str("metadata_value", value)
	w.Int("requests", c.Requests)
	w.Raw("cost", cents(c.Cost))
	w.Raw("avg_tokens", ratio(c.tokens(), c.Requests))
	w.Raw("avg_weighted_feedback", c.rated().average())
	w.Int("requests_with_feedback", c.rated().Requests)
	w.Str("last_seen", time.Unix(c.Last, 0).UTC().Format(time.RFC3339))
}

// CacheSummary answers a query about the cache:
// {"summary":{"hits","avg_latency","total_requests","cache_speedup"},"object":"analytics-summary"}.
// The speedup says by how many percent an answer from the cache is faster than
// one that is not.
func (s *Sums) CacheSummary(ctx context.Context, q Query) (json.Value, error) {
	if err := q.valid(); err != nil {
		return nil, err
	}
	r := &reading{Sums: s, Query: q, requests: true}
	c, err := r.total(ctx)
	if err != nil {
		return nil, err
	}
	w := json.NewWriter("{")
	w.Open("summary", '{')
	w.Int("hits", c.hits())
	w.Raw("avg_latency", millis(c.hitAverage()))
	w.Int("total_requests", c.Requests)
	w.Raw("cache_speedup", percent(c.speedup()))
	w.Close('}')
	return r.finish(&w, "analytics-summary"), nil
}

// speedup is by how much a hit is faster, and than what.
func (c *Cell) speedup() (by, of int64) {
	other := usage.Micros(each(int64(c.TotalSum-c.HitSum), c.Requests-c.hits()))
	if c.hits() == 0 || other == 0 {
		return 0, 0
	}
	return int64(other - c.hitAverage()), int64(other)
}
