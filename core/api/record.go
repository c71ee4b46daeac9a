package api

import (
	"context"
	"errors"
	"time"

	"sluice/core"
	"sluice/core/llm"
	"sluice/core/usage"
)

// A billed reply is one whose cost is known, as long as it reports this usage.
type billed struct {
	reply *core.Reply
	usage *llm.Usage
	cost  *usage.Cost
}

// bill computes what a reply costs; nil when it is not one that costs. It is
// asked for the headers and for the record.
func (q *request) bill(reply *core.Reply) *usage.Cost {
	if u := reply.Usage(); u == nil || q.billed.reply != reply || q.billed.usage != u {
		q.billed = billed{reply, u, q.billNow(reply)}
	}
	return q.billed.cost
}

func (q *request) billNow(reply *core.Reply) *usage.Cost {
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
	charge := func() *usage.Cost {
		prices, model := q.prices(), reply.Model
		if _, ok := prices.Lookup(reply.Provider, reply.Served()); ok {
			model = reply.Served() // what was called may be a deployment or an alias, whatever its name says
		}
		return usage.Bill(prices, reply.Provider, model, reply.Region, q.tier, u, reply.Others...)
	}
	if reply.Cache.Hit() && u == reply.Usage() && !u.Estimated && len(q.tier) <= maxTier {
		return q.charges.Of(again{u, q.tier}, charge)
	}
	return charge()
}

// An answer given again is one from the cache: all that its cost depends on
// was kept with its usage, but for the tier that is asked for.
type again struct {
	usage *llm.Usage
	tier  string
}

// mostCharges is how many costs of answers from the cache are remembered in a
// generation, and maxTier how long a tier may be, in bytes: clients may make
// up what they like.
const (
	mostCharges = 1 << 10
	maxTier     = 64
)

// billOf computes what an attempt costs beside the answer; nil if nothing.
func (q *request) billOf(a core.Attempt) *usage.Cost {
	if a.Bill == nil {
		return nil
	}
	u := a.Bill.Usage
	if u == nil {
		u = &llm.Usage{}
	}
	return usage.Bill(q.prices(), a.Provider, a.Model, a.Bill.Region, q.tier, u, a.Bill.Others...)
}

// generates reports whether an operation has a model write.
func generates(op llm.Operation) bool { return op == llm.Generate || op == llm.Compact }

// record hands what happened to the sinks, once, when the response has gone
// out. reply is nil if nobody answered.
func (q *request) record(reply *core.Reply, status int, failure error) {
	if len(q.Sinks) == 0 || q.noted {
		return
	}
	q.noted = true
	ended, left := time.Now(), q.left(failure)
	q.after(func(ctx context.Context) {
		r := q.begun(status, ended)
		r.Left = left
		q.safely(func() { q.describe(r, failure) })
		if reply != nil {
			q.safely(func() { q.describeReply(r, reply) })
		}
		q.safely(func() { r.Spent = usage.Sum(r.Cost, r.Attempts) })
		q.safely(func() { r.Exchange = q.exchange() })
		q.hand(ctx, r)
	})
}

// after runs f when the response has gone out, or now if nobody does that.
func (q *request) after(f func(context.Context)) {
	if !core.RunAfter(q.context(), f) {
		f(context.WithoutCancel(q.context()))
	}
}

// left reports whether the client has gone. Where nobody is told that it has,
// it is known from writing to it. The server ends the context when the handler
// returns.
func (q *request) left(failure error) bool {
	return errors.Is(q.context().Err(), context.Canceled) || failure != nil && asError(failure).Kind == llm.Canceled
}

// safely keeps a bug from losing the record: what is known without f is
// written.
func (q *request) safely(f func()) {
	defer func() {
		if p := recover(); p != nil {
			q.fault(core.Panicked(p))
		}
	}()
	f()
}

// sinkTime is how long a sink may take: on Lambda, it is paid for.
const sinkTime = 5 * time.Second

// hand gives a record to all sinks, whatever becomes of one of them.
func (q *request) hand(ctx context.Context, r *usage.Record) {
	for _, s := range q.Sinks {
		q.safely(func() {
			ctx, cancel := core.Within(ctx, sinkTime)
			defer cancel()
			if err := s.Write(ctx, r); err != nil {
				q.Log.ErrorContext(ctx, "a record was not written", "request", q.id, "error", err)
			}
		})
	}
}

// recordUnrouted notes a request for a path or a method that there is not, which
// nobody was asked about. Strangers try many: theirs leave no record.
func (q *request) recordUnrouted(status int) {
	if len(q.Sinks) == 0 {
		return
	}
	ended := time.Now()
	q.after(func(ctx context.Context) {
		who, _, err := q.Auth.Authenticate(ctx, q.r.Header)
		if err != nil {
			return
		}
		q.who = &who
		q.hand(ctx, q.begun(status, ended))
	})
}

// begun is a record of what is known of every request.
func (q *request) begun(status int, ended time.Time) *usage.Record {
	r := &usage.Record{
		ID: q.log, Request: q.id, Time: q.began.UTC(), Operation: q.route.operation, Dialect: q.route.dialect.Dialect(),
		Status: status, Total: usage.Since(q.began, ended), Stranger: q.who == nil,
	}
	if q.opened() {
		r.First = usage.Since(q.began, q.first)
	}
	q.tracing.describe(r)
	if q.who != nil {
		r.Workspace, r.Key, r.User = q.who.Workspace, q.who.Key, q.who.User
	}
	return r
}

func (q *request) describe(r *usage.Record, failure error) {
	if failure != nil {
		q.describeFailure(r, failure)
	}
	c := q.call
	if c == nil {
		r.Metadata, _ = metadata(q.header) // of a request that was refused early
		return
	}
	r.Metadata, r.Stream, r.Asked = q.labels(), c.Stream, c.Model
	r.Attempts, r.Notes, r.Guards = usage.AttemptsOf(c.Trace, q.billOf), usage.NotesOf(c.Trace), usage.GuardsOf(c.Trace)
}

func (q *request) describeFailure(r *usage.Record, failure error) {
	e := asError(failure)
	if r.Error, r.Reason = e.Kind.String(), e.Error(); e.Kind == llm.Internal {
		r.Reason = e.Message // what it was is for the log: records travel further
	}
	if f, ok := errors.AsType[*core.Failure](failure); ok {
		r.Provider, r.Option, r.Retries, r.Cache = f.Provider, f.Option, f.Retries, f.Cache
	}
}

// counted is what a reply used. Nobody reports the end of an answer that broke
// off: what was said at its start counts the prompt, and little else.
func (q *request) counted(reply *core.Reply, cut bool) *llm.Usage {
	u := reply.Usage()
	if u != nil && !cut {
		return u
	}
	guess := llm.Estimate(int64(len(q.call.Body)), reply.Passed())
	if u == nil {
		return guess
	}
	if u.Output >= guess.Output {
		return u
	}
	own := *u
	own.Output, own.Estimated = guess.Output, true
	return &own
}

func (q *request) describeReply(r *usage.Record, reply *core.Reply) {
	r.Provider, r.Model, r.Option, r.Dropped = reply.Provider, reply.Model, reply.Option, reply.Dropped
	r.Retries, r.Cache = reply.Retries, reply.Cache
	r.Warm = !r.Cache.Hit() && goesOn(q.call)
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
