package stored

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/openairesponses"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

var codec openairesponses.Codec

// Around makes answers of ours of what next gives, and keeps them.
func (x *Exchange) Around(next core.Handler) core.Handler {
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		reply, err := next.Handle(ctx, c)
		if err != nil || reply.Status >= 300 || reply.Relay() != nil || x.theirs(reply) {
			return reply, err
		}
		reply.Dropped = slices.DeleteFunc(slices.Clone(reply.Dropped), x.done)
		if reply.Stream() {
			reply.Rewrite(func(seq core.EventSeq) core.EventSeq { return x.follow(ctx, reply, seq) })
			return reply, nil
		}
		if err := reply.Edit(func(resp *llm.Response) error { return x.whole(ctx, reply, resp) }); err != nil {
			reply.Close()
			return nil, &core.Failure{Option: reply.Option, Provider: reply.Provider, Retries: reply.Retries, Err: err}
		}
		return reply, nil
	})
}

// done reports whether a member that the provider has no word for is taken
// care of here.
func (x *Exchange) done(member string) bool {
	return member == "metadata" || member == "store" && x.keep
}

// theirs reports whether an answer is kept by the provider, if at all. One that
// other targets may go on with is not.
func (x *Exchange) theirs(reply *core.Reply) bool {
	return reply.Dialect == llm.OpenAIResponses && x.past == nil && !reply.Joined
}

func (x *Exchange) options(reply *core.Reply) dialect.Options {
	o := dialect.Options{Model: x.Call.Model, Request: x.Echo(), Upstream: reply.Dialect, Strict: reply.Strict}
	if !reply.Stream() {
		o.Provider = reply.Provider
	}
	return o
}

// own gives what a provider that speaks the dialect says of itself the words
// of this request: it was not asked to go on from anything.
func (x *Exchange) own(n llm.Native) llm.Native {
	if n.Dialect != llm.OpenAIResponses {
		return n
	}
	members, err := json.Splice(orObject(n.Members),
		json.Edit{Name: "previous_response_id", Value: json.Lookup(x.Echo(), "previous_response_id")},
		json.Edit{Name: "store", Value: json.Lookup(x.Echo(), "store")})
	if err != nil {
		return n
	}
	return llm.Native{Dialect: n.Dialect, Members: members}
}

// notKept says so in the answer, against what was to be.
var notKept = llm.Native{Dialect: llm.OpenAIResponses, Members: json.Value(`{"store":false}`)}

func (x *Exchange) whole(ctx context.Context, reply *core.Reply, resp *llm.Response) error {
	resp.ID, resp.Created, resp.Native = x.id, cmp.Or(resp.Created, time.Now().Unix()), x.own(resp.Native)
	kept, err := x.save(ctx, reply, resp)
	if !kept && x.keep && len(resp.Choices) > 0 {
		resp.Choices[0].Native = notKept
	}
	return err
}

// save keeps a whole answer, if it is to be kept.
func (x *Exchange) save(ctx context.Context, reply *core.Reply, resp *llm.Response) (kept bool, err error) {
	if !x.keep {
		return false, nil
	}
	body, err := codec.EncodeResponse(resp, x.options(reply))
	if err != nil {
		return false, err
	}
	return x.write(ctx, body), nil
}

func (x *Exchange) write(ctx context.Context, body json.Value) bool {
	r := record{Response: body, Input: x.input}
	if x.past != nil {
		r.Chain = x.past.ids
	}
	return x.store.put(ctx, x.Call.Principal.Workspace, x.id, r)
}

// follow collects a stream. The event that ends it is held back until the
// answer is kept. One that broke is kept as failed: it can be read, and never
// continued. Of one that the client left nothing is.
func (x *Exchange) follow(ctx context.Context, reply *core.Reply, seq core.EventSeq) core.EventSeq {
	return func(yield func(llm.Event, error) bool) {
		var said llm.Collector
		var finish *llm.Event
		started := false
		for e, err := range seq {
			if !started && (err != nil || e.Kind != llm.EventStart) && !x.start(&said, yield) {
				return
			}
			started = true
			switch {
			case err != nil:
				x.broken(ctx, reply, &said, err)
				yield(e, err)
				return
			case e.Kind == llm.EventStart:
				e.ID, e.Created, e.Native = x.id, cmp.Or(e.Created, time.Now().Unix()), x.own(e.Native)
			}
			said.Add(e)
			switch {
			case e.Kind == llm.EventFinish && e.Choice == 0:
				finish = &e
				continue
			case e.Kind == llm.EventDone && finish != nil:
				if !yield(x.finished(ctx, reply, &said, *finish)) {
					return
				}
				finish = nil
			}
			if !yield(e, nil) {
				return
			}
		}
		if finish != nil { // a replay ends without a word
			yield(x.finished(ctx, reply, &said, *finish))
		}
	}
}

// start begins an answer that began with something else.
func (x *Exchange) start(said *llm.Collector, yield func(llm.Event, error) bool) bool {
	e := llm.Event{Kind: llm.EventStart, ID: x.id, Created: time.Now().Unix()}
	said.Add(e)
	return yield(e, nil)
}

// finished is the event that ends an answer, when the answer is kept.
func (x *Exchange) finished(ctx context.Context, reply *core.Reply, said *llm.Collector, finish llm.Event) (llm.Event, error) {
	if kept, err := x.save(ctx, reply, said.Response()); !kept && x.keep {
		if err != nil {
			x.store.notKept(ctx, x.id, err)
		}
		finish.Native = notKept
	}
	return finish, nil
}

func (x *Exchange) broken(ctx context.Context, reply *core.Reply, said *llm.Collector, err error) {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		e = &llm.Error{Kind: llm.Internal}
	}
	if !x.keep || e.Kind == llm.Canceled || ctx.Err() != nil {
		return
	}
	if body := failed(x.options(reply), said.Response(), e); body != nil {
		x.write(ctx, body)
	}
}

// failed is the response that the last event of a broken stream tells.
func failed(o dialect.Options, said *llm.Response, e *llm.Error) json.Value {
	enc := codec.EncodeStream(o)
	var dst []byte
	for ev := range said.Events() {
		if ev.Kind == llm.EventFinish || ev.Kind == llm.EventUsage || ev.Kind == llm.EventDone {
			continue
		}
		var err error
		if dst, err = enc.Encode(dst[:0], ev); err != nil {
			return nil
		}
	}
	var last json.Value
	for f, err := range frame.SSE(bytes.NewReader(enc.Error(dst[:0], e)), 0) {
		if err != nil {
			return nil
		}
		last = json.Lookup(f.Data, "response").Clone()
	}
	return last
}
