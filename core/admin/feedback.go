package admin

import (
	"cmp"
	"context"
	"errors"
	"time"

	"sluice/core"
	"sluice/core/logs"
	"sluice/core/rollup"
	"sluice/core/usage"
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
		f.Log = c.newest(c.ctx(), f.Trace)
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
	do := func(ctx context.Context) { c.attempt(ctx, sum) }
	if !core.RunAfter(c.ctx(), do) {
		do(c.ctx())
	}
}

// settled sums up what had to wait, before it is asked for.
func (c *call) settled() { c.attempt(c.ctx(), c.settle) }

func (c *call) attempt(ctx context.Context, sum func(context.Context) error) {
	if err := sum(ctx); err != nil {
		c.Log.ErrorContext(ctx, "feedback was stored, and is summed up with the next", "error", err)
	}
}

// settle sums up what is due in the workspace: what was stored now, and what
// others have stored and died with, or what had to wait. Each is counted once,
// however often that is tried.
func (c *call) settle(ctx context.Context) error {
	waiting := "" // feedback whose request may still be found
	var last *logs.Due
	for {
		dues, err := c.Logs.Dues(ctx, c.who.Workspace, last)
		if err != nil || len(dues) == 0 {
			return err
		}
		for _, d := range dues {
			last = &d
			settled, err := c.settleOne(ctx, d, waiting == d.After.ID)
			if err == nil && settled {
				err = c.Logs.Settled(ctx, c.who.Workspace, d)
			} else {
				waiting = d.After.ID
			}
			if err != nil {
				return err
			}
		}
	}
}

// settleOne reports false if the request that feedback is about is not known,
// but may still be: programs judge answers before records can be found. It is
// in the sum of all by then. A change waits with what it changes.
func (c *call) settleOne(ctx context.Context, d logs.Due, waits bool) (settled bool, err error) {
	if err := c.sum(ctx, d); err != nil {
		return false, err
	}
	if first := cmp.Or(d.Before, &d.After); first.Log != "" {
		return true, nil
	}
	if waits {
		return false, nil
	}
	log, err := c.locate(ctx, d)
	if err != nil || log == "" {
		return d.Before != nil || time.Since(d.After.Created) > c.Logs.Settle, err
	}
	return true, c.attach(ctx, d, log)
}

// sum counts feedback, or a change of it, with the request that was known when
// it was stored.
func (c *call) sum(ctx context.Context, d logs.Due) error {
	was, is, err := c.ratings(ctx, d)
	switch {
	case err != nil:
		return err
	case d.Before == nil:
		return c.Sums.Rate(ctx, is)
	}
	return c.Sums.Rerate(ctx, was, is, d.Change)
}

// locate finds the log that feedback is about, if that was not there yet when
// it was stored; empty if there is none. Changes go where the first value went.
func (c *call) locate(ctx context.Context, d logs.Due) (log string, err error) {
	if d.Before != nil {
		f, err := c.Logs.Feedback(ctx, c.who.Workspace, d.After.ID)
		return f.Log, unlessGone(err)
	}
	if log = c.newest(ctx, d.After.Trace); log == "" {
		return "", nil
	}
	log, err = c.Logs.AttachFeedback(ctx, c.who.Workspace, d.After.ID, log)
	return log, unlessGone(err)
}

// unlessGone passes over feedback that has expired.
func unlessGone(err error) error {
	if errors.Is(err, logs.ErrNoFeedback) {
		return nil
	}
	return err
}

// attach counts with its request what was counted without.
func (c *call) attach(ctx context.Context, d logs.Due, log string) error {
	if d.After.Log = log; d.Before != nil {
		before := *d.Before
		before.Log, d.Before = log, &before
	}
	was, is, err := c.ratings(ctx, d)
	switch {
	case err != nil || is.Of == nil:
		return err
	case d.Before == nil:
		return c.Sums.Attach(ctx, is)
	}
	return c.Sums.Reattach(ctx, was, is, d.Change)
}

// ratings are what feedback was, if this is a change, and what it is.
func (c *call) ratings(ctx context.Context, d logs.Due) (was, is rollup.Rating, err error) {
	if d.Before == nil {
		is, err = c.rating(ctx, &d.After)
		return was, is, err
	}
	was, err = c.rating(ctx, d.Before)
	is = was
	is.Value, is.Weight = d.After.Value, d.After.Weight
	return was, is, err
}

// rating is feedback as it is summed up, with the request that was found for it
// when it was given: changes go where the first value went.
func (c *call) rating(ctx context.Context, f *logs.Feedback) (rollup.Rating, error) {
	of, err := c.Logs.Record(ctx, c.who.Workspace, f.Log)
	if errors.Is(err, logs.ErrNotFound) {
		err = nil
	}
	return c.ratingOf(f, of), err
}

func (c *call) ratingOf(f *logs.Feedback, of *usage.Record) rollup.Rating {
	return rollup.Rating{ID: f.ID, Workspace: c.who.Workspace, Trace: f.Trace, Time: f.Created, Value: f.Value, Weight: f.Weight, Of: of}
}

// lookBack is how old a request is at most that feedback is summed up with.
const lookBack = 72 * time.Hour

// newest is the latest log of a trace, empty if there is none yet.
func (c *call) newest(ctx context.Context, trace string) string {
	q := logs.Query{Workspace: c.who.Workspace, From: time.Now().Add(-lookBack), Filter: logs.Filter{Trace: []string{trace}}, Limit: 1}
	page, err := c.Logs.List(ctx, q)
	if err != nil {
		c.Log.ErrorContext(ctx, "the request that feedback is about was not found", "error", err)
	}
	if len(page.Entries) == 0 {
		return ""
	}
	return page.Entries[0].ID
}
