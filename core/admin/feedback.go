package admin

import (
	"context"
	"errors"
	"time"

	"sluice/core"
	"sluice/core/logs"
	"sluice/core/rollup"
)

// replyFeedback answers with the ids of what was stored.
func (c *call) replyFeedback(message string, ids ...string) error {
	return c.reply(struct {
		Status  string   `json:"status"`
		Message string   `json:"message"`
		IDs     []string `json:"feedback_ids"`
	}{"success", message, ids})
}

// addFeedback answers POST /feedback.
func (c *call) addFeedback() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	list, err := logs.ParseFeedback(body, false)
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, f := range list {
		f.Log = c.newest(f.Trace)
		f, err := c.Logs.AddFeedback(c.ctx(), c.who.Workspace, f)
		if err != nil {
			return err
		}
		ids[i] = f.ID
	}
	c.afterwards(c.settle)
	return c.replyFeedback("Feedback successfully saved", ids...)
}

// changeFeedback answers PUT /feedback/{id}.
func (c *call) changeFeedback() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	list, err := logs.ParseFeedback(body, true)
	if err != nil {
		return err
	}
	_, after, err := c.Logs.ChangeFeedback(c.ctx(), c.who.Workspace, c.vars[0], list[0])
	if err != nil {
		return err
	}
	c.afterwards(c.settle)
	return c.replyFeedback("Feedback successfully updated", after.ID)
}

// afterwards sums up what is stored already: the client does not wait for it.
func (c *call) afterwards(sum func(context.Context) error) {
	do := func(ctx context.Context) {
		if err := sum(ctx); err != nil {
			c.Log.ErrorContext(ctx, "feedback was stored, and is summed up with the next", "error", err)
		}
	}
	if !core.RunAfter(c.ctx(), do) {
		do(c.ctx())
	}
}

// settle sums up what is due in the workspace: what was stored now, and what
// others have stored and died with. Each is counted once, however often that
// is tried.
func (c *call) settle(ctx context.Context) error {
	for {
		dues, err := c.Logs.Dues(ctx, c.who.Workspace)
		if err != nil || len(dues) == 0 {
			return err
		}
		for _, d := range dues {
			if err := c.sum(ctx, d); err != nil {
				return err
			}
			if err := c.Logs.Settled(ctx, c.who.Workspace, d); err != nil {
				return err
			}
		}
	}
}

func (c *call) sum(ctx context.Context, d logs.Due) error {
	if d.Before == nil {
		rating, err := c.rating(ctx, &d.After)
		if err != nil {
			return err
		}
		return c.Sums.Rate(ctx, rating)
	}
	was, err := c.rating(ctx, d.Before)
	if err != nil {
		return err
	}
	is := was
	is.Value, is.Weight = d.After.Value, d.After.Weight
	return c.Sums.Rerate(ctx, was, is, d.Change)
}

// rating is feedback as it is summed up, with the request that was found for it
// when it was given: changes go where the first value went.
func (c *call) rating(ctx context.Context, f *logs.Feedback) (rollup.Rating, error) {
	r := rollup.Rating{ID: f.ID, Workspace: c.who.Workspace, Trace: f.Trace, Time: f.Created, Value: f.Value, Weight: f.Weight}
	if f.Log == "" {
		return r, nil
	}
	log, err := c.Logs.Get(ctx, c.who.Workspace, f.Log)
	if errors.Is(err, logs.ErrNotFound) {
		return r, nil
	}
	if err == nil {
		r.Of = log.Record
	}
	return r, err
}

// lookBack is how old a request is at most that feedback is summed up with.
const lookBack = 72 * time.Hour

// newest is the latest log of a trace, empty if there is none yet.
func (c *call) newest(trace string) string {
	q := logs.Query{Workspace: c.who.Workspace, From: time.Now().Add(-lookBack), Filter: logs.Filter{Trace: []string{trace}}, Limit: 1}
	page, err := c.Logs.List(c.ctx(), q)
	if err != nil {
		c.Log.ErrorContext(c.ctx(), "the request that feedback is about was not found", "error", err)
	}
	if len(page.Entries) == 0 {
		return ""
	}
	return page.Entries[0].ID
}
