package admin

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/usage"
)

// aliases are the names that the hosted service's client for JavaScript has for
// some graphs, where its documentation has others.
var aliases = map[string]string{
	"users-requests": "users/requests", "errors-rate": "errors/rate", "errors-stack": "errors/stacks", "errors-status-code": "errors/status-codes",
	"requests-rescued": "requests/rescued", "cache-hit-rate": "cache/hit-rate", "cache-latency": "cache/latency", "feedbacks/score": "feedbacks/scores",
}

// graph answers GET /analytics/graphs/….
func (c *call) graph() error {
	name := strings.Join(c.vars, "/")
	if other, ok := aliases[name]; ok {
		name = other
	}
	q, _, err := c.question()
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "feedbacks") {
		c.settled()
	}
	return c.told(c.Sums.Graph(c.ctx(), name, q))
}

// told sends an answer that is written already.
func (c *call) told(body []byte, err error) error {
	if err == nil {
		c.write(http.StatusOK, body)
	}
	return err
}

// cacheSummary answers GET /analytics/summary/cache.
func (c *call) cacheSummary() error {
	q, _, err := c.question()
	if err != nil {
		return err
	}
	return c.told(c.Sums.CacheSummary(c.ctx(), q))
}

// group answers GET /analytics/groups/{}.
func (c *call) group() error { return c.groupBy(c.vars[0]) }

// groupByMetadata answers GET /analytics/groups/metadata/{}.
func (c *call) groupByMetadata() error {
	c.settled() // the rows tell of feedback
	return c.groupBy("metadata/" + c.vars[0])
}

func (c *call) groupBy(name string) error {
	q, members, err := c.question()
	if err != nil {
		return err
	}
	var page rollup.Page
	for parameter, to := range map[string]*int{"current_page": &page.Number, "page_size": &page.Size} {
		if v := members[parameter]; v != "" {
			if *to, err = strconv.Atoi(v); err != nil || *to < 0 {
				return wrong(parameter, "must be a whole number that is not negative")
			}
		}
	}
	return c.told(c.Sums.Group(c.ctx(), name, q, page))
}

// unlessSaid is the time that a question is about.
const unlessSaid = 24 * time.Hour

// question reads what all paths of analytics take.
func (c *call) question() (q rollup.Query, members map[string]string, err error) {
	if members, err = c.query(); err != nil {
		return q, nil, err
	}
	f, err := readFilter(members, false)
	if err != nil {
		return q, nil, err
	}
	if f.to.IsZero() {
		f.to = time.Now().UTC()
	}
	if f.from.IsZero() {
		f.from = f.to.Add(-unlessSaid)
	}
	q = rollup.Query{Workspace: c.who.Workspace, From: f.from, To: f.to}
	q.Dimension, q.Values, q.Narrow = f.dimension()
	if q.Narrow || q.Dimension != "" {
		q.Records, q.Ratings = c.records(&f), c.rated(&f)
	}
	return q, members, nil
}

// dimension is the one by which sums are kept that a filter asks for, if it
// asks for nothing else. Else it is narrow: sums do not answer it.
func (f *filter) dimension() (name string, values []string, narrow bool) {
	codes := make([]string, len(f.Status))
	for i, n := range f.Status {
		codes[i] = strconv.Itoa(n)
	}
	var any logs.Span
	narrow = len(f.Class)+len(f.Trace)+len(f.Request)+len(f.Cache) > 0 ||
		f.Tokens != any || f.Prompt != any || f.Completion != any || f.Cost != any || f.Total != any
	add := func(dimension string, wanted []string) {
		if len(wanted) > 0 {
			narrow = narrow || name != ""
			name, values = dimension, wanted
		}
	}
	add(rollup.Provider, f.Provider)
	add(rollup.Model, f.Model)
	add(rollup.Key, f.Key)
	add(rollup.User, f.User)
	add(rollup.Status, codes)
	for k, v := range f.Metadata {
		add(rollup.Metadata+k, []string{v})
	}
	if narrow {
		return "", nil, true
	}
	return name, values, false
}

// records yields what a filter finds, the newest first.
func (c *call) records(f *filter) iter.Seq2[*usage.Record, error] {
	return func(yield func(*usage.Record, error) bool) {
		q := logs.Query{Workspace: c.who.Workspace, From: f.from, To: f.to, Filter: f.Filter, Limit: logs.MaxLimit}
		for {
			page, err := c.Logs.List(c.ctx(), q)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Entries {
				if !yield(page.Entries[i].Record, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// rated yields the feedback on what a filter finds, the newest first, and other
// feedback without a request.
func (c *call) rated(f *filter) iter.Seq2[rollup.Rating, error] {
	return func(yield func(rollup.Rating, error) bool) {
		for r, err := range c.Logs.Rated(c.ctx(), logs.Query{Workspace: c.who.Workspace, From: f.from, To: f.to, Filter: f.Filter}) {
			if !yield(c.ratingOf(&r.Feedback, r.Record), err) {
				return
			}
		}
	}
}
