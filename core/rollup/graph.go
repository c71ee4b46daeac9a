package rollup

import (
	"context"
	"time"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// A graph is how an answer is made of sums: those of a point, and those up to
// it, from the first one on.
type graph struct {
	summary, point func(w *json.Writer, c, until *Cell)
}

// graphs by their names, with the members that the hosted service has: see
// https://github.com/Portkey-AI/openapi (analytics/graphs). Money is in cents,
// with all decimals; times are in milliseconds; rates in percent.
var graphs = map[string]graph{
	"requests":           {requests, requests},
	"cost":               {cost, cost},
	"tokens":             {tokens, tokens},
	"latency":            {latency, latency},
	"errors":             {failures, failures},
	"errors/rate":        {errorRate, errorRate},
	"errors/stacks":      {failures, errorStack},
	"requests/rescued":   {rescues, rescuesByRetry},
	"cache/hit-rate":     {hits, hitsAndSavings},
	"cache/latency":      {nothing, hitLatency},
	"feedbacks":          {feedbacks, feedbacks},
	"feedbacks/weighted": {weighted, weighted},
}

// Graph answers a query as the graph of that name:
// {"summary":{…},"data_points":[…],"object":"analytics-graph"}, and
// "partial":true if it is not about all that the query wants.
func (s *Sums) Graph(ctx context.Context, name string, q Query) (json.Value, error) {
	if err := q.valid(); err != nil {
		return nil, err
	}
	r := &reading{Sums: s, Query: q, requests: !isFeedback[name], feedback: isFeedback[name]}
	g, timed := graphs[name]
	list, listed := lists[name]
	w := json.NewWriter("{")
	var err error
	switch {
	case timed:
		err = r.timed(ctx, g, &w)
	case listed:
		err = list(ctx, r, &w)
	default:
		err = llm.Errorf(llm.NotFound, "there is no graph of this name")
	}
	if err != nil {
		return nil, err
	}
	return r.finish(&w, "analytics-graph"), nil
}

// finish ends an answer.
func (r *reading) finish(w *json.Writer, object string) json.Value {
	if r.partial {
		w.Bool("partial", true)
	}
	w.Str("object", object)
	w.Close('}')
	return w.B
}

// timed writes a graph over time.
func (r *reading) timed(ctx context.Context, g graph, w *json.Writer) error {
	points := r.points()
	for s, err := range r.slots(ctx, All) {
		if err != nil {
			return err
		}
		if c := points.at(s.at); c != nil {
			c.Merge(s.cell)
		}
	}
	var until Cell
	list := make([]json.Value, len(points.cells))
	for i := range points.cells {
		until.Merge(&points.cells[i])
		p := points.begin(i)
		g.point(&p, &points.cells[i], &until)
		p.Close('}')
		list[i] = p.B
	}
	w.Open("summary", '{')
	g.summary(w, &until, &until)
	w.Close('}')
	w.Array("data_points", list)
	return nil
}

// points are the sums of a graph, one for each step of time.
type points struct {
	from  time.Time
	step  time.Duration
	cells []Cell
}

func (r *reading) points() *points {
	p := &points{step: r.step()}
	p.from = r.From.Truncate(p.step)
	p.cells = make([]Cell, 1+r.To.Sub(p.from)/p.step)
	return p
}

// index is where an instant belongs, -1 for nowhere.
func (p *points) index(t time.Time) int {
	i := int(t.Sub(p.from) / p.step)
	if t.Before(p.from) || i >= len(p.cells) {
		return -1
	}
	return i
}

func (p *points) at(t time.Time) *Cell {
	if i := p.index(t); i >= 0 {
		return &p.cells[i]
	}
	return nil
}

// begin begins to write a point.
func (p *points) begin(i int) json.Writer {
	w := json.NewWriter("{")
	w.Str("timestamp", p.from.Add(time.Duration(i)*p.step).Format(time.RFC3339))
	return w
}
