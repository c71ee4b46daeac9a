package cache

import (
	"context"

	"sluice/core"
	"sluice/core/llm"
)

// ask has next answer, and keeps that. A flight of which it is the answer is
// ended when the answer has been read, but not if there is an error.
func (c *Cache) ask(ctx context.Context, q Question, f *flight, next core.HandlerFunc) (*core.Reply, error) {
	reply, err := next(ctx, q.Call)
	if err != nil {
		return nil, core.WithCache(err, q.missed())
	}
	reply.Cache = q.missed()
	rec, err := core.Record(reply)
	if err != nil {
		reply.Close()
		return nil, err
	}
	rec.Most = MaxEntry
	found := len(q.Call.Trace.Findings())
	keep := func(ctx context.Context) {
		defer f.end(nil, false)
		if reply.Denied == nil && (q.Passed == nil || q.Passed(q.Call.Trace.Findings()[found:])) {
			c.keep(ctx, q, rec, reply, f)
		}
	}
	later := core.RunAfter(ctx, keep)
	reply.OnClose(func() {
		switch {
		case !rec.Complete:
			f.end(nil, ctx.Err() != nil)
		case !later:
			keep(context.WithoutCancel(ctx))
		}
	})
	return reply, nil
}

// keep keeps an answer that has been read. Those who wait for it do not wait
// for the table.
func (c *Cache) keep(ctx context.Context, q Question, rec *core.Recording, reply *core.Reply, f *flight) {
	e := newEntry(q.Call, rec)
	if e == nil {
		return
	}
	e.Region, e.Others, e.Dropped = reply.Region, reply.Others, reply.Dropped
	expires := e.Created.Add(q.maxAge())
	c.Store.Remember(q.Key, e, expires)
	f.end(e, false)
	if err := c.Store.Save(ctx, q.Key, e, expires); err != nil {
		c.Log.WarnContext(ctx, "an answer was not kept", "error", err)
		return
	}
	if q.Mode != Semantic || c.Similar == nil || q.Call.Operation != llm.Generate {
		return
	}
	if err := c.Similar.Add(ctx, q.Scope, q.Call, q.Key, expires); err != nil {
		c.Log.WarnContext(ctx, "an answer was not made known to similar requests", "error", err)
	}
}
