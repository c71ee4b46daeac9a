package rollup

import (
	"strconv"

	"sluice/core"
	"sluice/core/price"
	"sluice/core/usage"
)

// A Cell is the sum of some requests.
type Cell struct {
	Requests int64            `json:"requests,omitzero"`
	Errors   int64            `json:"errors,omitzero"`   // whose status is 400 or above, or that broke off
	Statuses map[string]int64 `json:"statuses,omitzero"` // of errors, by status

	Input    int64      `json:"input,omitzero"` // tokens read, cached or not
	Output   int64      `json:"output,omitzero"`
	Cached   int64      `json:"cached,omitzero"` // of Input: read from a provider's cache
	Cost     price.Nano `json:"cost,omitzero"`
	Unpriced int64      `json:"unpriced,omitzero"` // requests whose cost is not, or not wholly, known

	Hits          int64      `json:"hits,omitzero"` // answers from the cache, to equal requests
	SemanticHits  int64      `json:"semantic_hits,omitzero"`
	Looked        int64      `json:"looked,omitzero"` // requests for which the cache was asked
	Saved         price.Nano `json:"saved,omitzero"`  // by Hits
	SemanticSaved price.Nano `json:"semantic_saved,omitzero"`

	Retried  map[string]int64 `json:"retried,omitzero"`   // requests that retries have rescued, by how many it took
	FellBack int64            `json:"fell_back,omitzero"` // requests that another target has rescued

	Total    Histogram    `json:"total,omitzero"` // until the end of the answer
	First    Histogram    `json:"first,omitzero"` // until its first byte
	TotalSum usage.Micros `json:"total_sum,omitzero"`
	FirstSum usage.Micros `json:"first_sum,omitzero"`
	HitSum   usage.Micros `json:"hit_sum,omitzero"` // of TotalSum: answers from the cache

	Feedback *Feedback `json:"feedback,omitzero"`
	Last     int64     `json:"last,omitzero"` // when the latest of them came, in seconds since 1970
}

// Feedback is the sum of what users think of answers.
type Feedback struct {
	Count    int64            `json:"count"`
	Scores   map[string]int64 `json:"scores"`          // by value
	Weighted int64            `json:"weighted_values"` // value × weight, in millionths
	Requests int64            `json:"requests"`        // for which there is any
}

// cellOf is the sum of one request.
func cellOf(r *usage.Record) (c Cell) {
	c = Cell{Requests: 1, TotalSum: r.Total, FirstSum: r.First, Last: r.Time.Unix()}
	c.Total.Add(r.Total)
	if r.First > 0 {
		c.First.Add(r.First)
	}
	if r.Status >= 400 || r.Broken || r.Error != "" {
		c.Errors, c.Statuses = 1, map[string]int64{strconv.Itoa(r.Status): 1}
	}
	if u := r.Usage; u != nil {
		c.Cached = u.CacheRead
		c.Input, c.Output = u.Input+u.CacheRead+u.CacheWrite+u.CacheWrite1h, u.Output
	}
	c.money(r)
	c.cache(r)
	if c.Errors == 0 && !r.Cache.Hit() {
		c.rescued(r)
	}
	return c
}

// money sums up what a request cost, attempts that came to nothing included.
func (c *Cell) money(r *usage.Record) {
	cost := r.Cost
	if r.Spent != nil {
		cost = r.Spent
	}
	if cost != nil {
		c.Cost = cost.Nano
		if cost.Gap != "" {
			c.Unpriced = 1
		}
	}
}

func (c *Cell) cache(r *usage.Record) {
	var saved price.Nano
	if r.Saved != nil {
		saved = r.Saved.Nano
	}
	switch r.Cache {
	case core.CacheHit:
		c.Hits, c.Saved = 1, saved
	case core.CacheSemanticHit:
		c.SemanticHits, c.SemanticSaved = 1, saved
	}
	if r.Cache != "" {
		c.Looked = 1
	}
	if r.Cache.Hit() {
		c.HitSum = r.Total
	}
}

// rescued counts what would have failed without retries, or without other
// targets.
func (c *Cell) rescued(r *usage.Record) {
	if r.Retries > 0 {
		c.Retried = map[string]int64{strconv.Itoa(r.Retries): 1}
	}
	for _, a := range r.Attempts {
		if a.Option != r.Option && a.Kind != "" && !a.Lost {
			c.FellBack = 1
		}
	}
}

// Merge adds another cell, and shares nothing with it.
func (c *Cell) Merge(o *Cell) {
	c.Requests += o.Requests
	c.Errors += o.Errors
	c.Statuses = plus(c.Statuses, o.Statuses)
	c.Input += o.Input
	c.Output += o.Output
	c.Cached += o.Cached
	c.Cost = c.Cost.Add(o.Cost)
	c.Unpriced += o.Unpriced
	c.Hits += o.Hits
	c.SemanticHits += o.SemanticHits
	c.Looked += o.Looked
	c.Saved = c.Saved.Add(o.Saved)
	c.SemanticSaved = c.SemanticSaved.Add(o.SemanticSaved)
	c.Retried = plus(c.Retried, o.Retried)
	c.FellBack += o.FellBack
	c.Total.Merge(&o.Total)
	c.First.Merge(&o.First)
	c.TotalSum += o.TotalSum
	c.FirstSum += o.FirstSum
	c.HitSum += o.HitSum
	c.Last = max(c.Last, o.Last)
	if o.Feedback != nil {
		if c.Feedback == nil {
			c.Feedback = &Feedback{}
		}
		c.Feedback.merge(o.Feedback)
	}
}

func (f *Feedback) merge(o *Feedback) {
	f.Count += o.Count
	f.Scores = plus(f.Scores, o.Scores)
	f.Weighted += o.Weighted
	f.Requests += o.Requests
}

// plus adds counts by name to those in sum, which may be nil.
func plus(sum, more map[string]int64) map[string]int64 {
	if sum == nil && len(more) > 0 {
		sum = make(map[string]int64, len(more))
	}
	for name, n := range more {
		sum[name] += n
	}
	return sum
}
