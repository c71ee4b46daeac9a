package api

import (
	"context"
	"errors"
	"time"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/usage"
)

// bill computes what a reply costs; nil when it is not one that costs.
func (q *request) bill(reply *core.Reply) *usage.Cost {
	task := q.route.operation.Task()
	if !generates(q.route.operation) && !task {
		return nil
	}
	u := reply.Usage()
	if u == nil && task {
		u = &llm.Usage{} // whose cost is not known, and that is said
	}
	if u == nil {
		return nil
	}
	prices := q.prices()
	model := reply.Model
	if _, ok := prices.Lookup(reply.Provider, reply.Served()); ok {
		model = reply.Served() // what was called may be a deployment or an alias, whatever its name says
	}
	return usage.Bill(prices, reply.Provider, model, reply.Region, q.tier(), u, reply.Others...)
}

// billOf computes what an attempt costs beside the answer; nil if nothing.
func (q *request) billOf(a core.Attempt) *usage.Cost {
	if a.Bill == nil {
		return nil
	}
	u := a.Bill.Usage
	if u == nil {
		u = &llm.Usage{}
	}
	return usage.Bill(q.prices(), a.Provider, a.Model, a.Bill.Region, q.tier(), u, a.Bill.Others...)
}

// tier is the service tier that the client asks for.
func (q *request) tier() string { return json.Unquote(json.Lookup(q.call.Body, "service_tier")) }

// generates reports whether an operation has a model write.
func generates(op llm.Operation) bool { return op == llm.Generate || op == llm.Compact }

// record hands what happened to the sinks, when the response has gone out.
// reply is nil if nobody answered.
func (q *request) record(reply *core.Reply, status int, failure error) {
	if len(q.Sinks) == 0 {
		return
	}
	ended, left := time.Now(), errors.Is(q.context().Err(), context.Canceled) // the server ends the context when the handler returns
	write := func(ctx context.Context) {
		r := q.describe(status, failure, ended)
		r.Left = left
		if reply != nil {
			q.describeReply(r, reply)
		}
		r.Spent = usage.Sum(r.Cost, r.Attempts)
		for _, s := range q.Sinks {
			if err := s.Write(ctx, r); err != nil {
				q.Log.ErrorContext(ctx, "a record was not written", "request", q.id, "error", err)
			}
		}
	}
	if !core.RunAfter(q.context(), write) {
		write(context.WithoutCancel(q.context()))
	}
}

func (q *request) describe(status int, failure error, ended time.Time) *usage.Record {
	r := &usage.Record{
		ID: usage.NewID(q.began), Request: q.id, Time: q.began.UTC(), Operation: q.route.operation, Dialect: q.route.dialect.Dialect(),
		Status: status, First: usage.Since(q.began, q.first), Total: usage.Since(q.began, ended),
	}
	q.tracing.describe(r)
	if c := q.call; c != nil {
		r.Workspace, r.Key, r.User = c.Principal.Workspace, c.Principal.Key, c.Principal.User
		r.Metadata, r.Stream, r.Asked, r.Warm = q.labels(), c.Stream, c.Model, goesOn(c)
		r.Attempts, r.Notes, r.Guards = usage.AttemptsOf(c.Trace, q.billOf), usage.NotesOf(c.Trace), usage.GuardsOf(c.Trace)
	}
	if failure != nil {
		e := asError(failure)
		if r.Error, r.Reason = e.Kind.String(), e.Error(); e.Kind == llm.Internal {
			r.Reason = e.Message // what it was is for the log: records travel further
		}
		if f, ok := errors.AsType[*core.Failure](failure); ok {
			r.Provider, r.Option, r.Retries, r.Cache = f.Provider, f.Option, f.Retries, f.Cache
		}
	}
	return r
}

// counted is what a reply used. Nobody reports the end of an answer that broke
// off: what was said at its start counts the prompt, and little else.
func (q *request) counted(reply *core.Reply, cut bool) *llm.Usage {
	u, guess := reply.Usage(), llm.Estimate(int64(len(q.call.Body)), reply.Passed())
	switch {
	case u == nil:
		return guess
	case cut && u.Output < guess.Output:
		own := *u
		own.Output, own.Estimated = guess.Output, true
		return &own
	}
	return u
}

func (q *request) describeReply(r *usage.Record, reply *core.Reply) {
	r.Provider, r.Model, r.Option, r.Dropped = reply.Provider, reply.Model, reply.Option, reply.Dropped
	r.Retries, r.Cache = reply.Retries, reply.Cache
	r.Broken = r.Error != ""
	r.Cost = q.price(reply, r.Broken || r.Left)
	if reply.Cache.Hit() {
		r.Cost, r.Saved = usage.Free(r.Cost)
	}
	r.Usage = usage.TokensOf(reply.Usage())
}

// price computes what an answer costs that has come to its end, or was cut;
// what nobody has counted is estimated.
func (q *request) price(reply *core.Reply, cut bool) *usage.Cost {
	if generates(q.route.operation) {
		reply.Report(q.counted(reply, cut), "")
	}
	return q.bill(reply)
}
