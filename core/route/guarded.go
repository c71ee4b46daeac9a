package route

import (
	"context"
	"errors"
	"fmt"

	"sluice/core"
	"sluice/core/guard"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/upstream"
)

// failed is what clients are told of a denial, in the reference's words. It
// quotes nothing: which hook it was stands in the results.
const failed = "The guardrail checks defined in the config failed. You can find more information in the `hook_results` object."

// guardsBefore asks the input hooks, once for all attempts. What they see has
// the target's parameters in it.
func (l *leaf) guardsBefore(next core.Handler) core.Handler {
	return core.HandlerFunc(func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		input, output, err := l.hooksFor(c.Header)
		if err != nil {
			return nil, err
		}
		if len(input.hooks)+len(output.hooks) == 0 || !guard.Guarded(c.Operation) {
			return next.Handle(ctx, c)
		}
		if c.Once() {
			return nil, llm.Errorf(llm.TooLarge, "the form is too large for guardrails")
		}
		if c, err = upstream.Merge(c, l.target(c)); err != nil {
			return nil, err
		}
		r := guard.NewRequest(c, l.spec.ID)
		if m := r.Unread(); m != "" && len(guard.Waited(input.hooks, guard.Before)) > 0 {
			return nil, &llm.Error{Kind: llm.BadRequest, Message: "guardrails cannot read " + m, Param: m}
		}
		in := r.Input()
		l.later(ctx, c, asynchronous(input.hooks), func() (*guard.Input, bool) { return in, true })
		o := guard.Run(ctx, input.hooks, in)
		l.find(c, guard.Before, o.Results)
		results := resultsOf(o.Results)
		if o.Denied() {
			return nil, &core.Failure{Err: &llm.Error{Kind: llm.Denied, Message: failed, Hooks: &llm.Hooks{Before: results}}}
		}
		reply, err := next.Handle(ctx, r.Call(o))
		if err != nil {
			return nil, told(err, results)
		}
		return judged(reply, o, func(h *llm.Hooks) { h.Before = results }), nil
	})
}

// guardsAfter asks the output hooks about each answer. One that they deny is
// an error, which may be tried again.
func (l *leaf) guardsAfter(next core.HandlerFunc) core.HandlerFunc {
	return func(ctx context.Context, c *core.Call) (*core.Reply, error) {
		if err := l.knowsBeginning(c); err != nil {
			return nil, err
		}
		reply, err := next(ctx, c)
		if err != nil || !guard.Guarded(c.Operation) || reply.Status < 200 || reply.Status > 299 {
			return reply, err
		}
		_, output, err := l.hooksFor(c.Header)
		if err != nil || len(output.hooks) == 0 {
			return reply, err
		}
		reply.Option = l.at
		switch late := asynchronous(output.hooks); {
		case len(guard.Waited(output.hooks, guard.After)) == 0:
			l.overhear(ctx, c, reply, late)
		case !l.flows(c, reply, output.gate):
			err = l.judge(ctx, c, reply, output.hooks)
		case len(output.gate.Holding()) == 0:
			l.overhear(ctx, c, reply, append(late, output.gate.Rest()...))
		default:
			err = l.gate(ctx, c, reply, output)
		}
		if err != nil {
			discard(c, reply)
			return nil, err
		}
		return reply, nil
	}
}

// judge asks the hooks that are waited for, and has the reply say what they
// leave of it.
func (l *leaf) judge(ctx context.Context, c *core.Call, reply *core.Reply, hooks []*guard.Hook) error {
	a, err := guard.NewAnswer(guard.NewRequest(c, l.spec.ID), reply)
	switch {
	case errors.Is(err, guard.ErrTooLong):
		return &llm.Error{Kind: llm.Denied, Message: fmt.Sprintf("the answer is longer than the %d bytes that guardrails hold back", guard.MaxHeld)}
	case err != nil:
		if _, ok := errors.AsType[*llm.Error](err); ok {
			return err
		}
		return &llm.Error{Kind: llm.Denied, Message: "guardrails cannot read the answer", Err: err}
	case a == nil:
		return nil
	}
	in := a.Input()
	l.later(ctx, c, asynchronous(hooks), func() (*guard.Input, bool) { return in, true })
	o := guard.Run(ctx, hooks, in)
	l.find(c, guard.After, o.Results)
	if o.Denied() {
		return denial(o)
	}
	a.Apply(o)
	judged(reply, o, func(h *llm.Hooks) { h.After = resultsOf(o.Results) })
	return nil
}

// denial is the error of an answer that hooks deny.
func denial(o *guard.Outcome) error {
	guard.Withhold(o.Results)
	return &llm.Error{Kind: llm.Denied, Message: failed, Hooks: &llm.Hooks{After: resultsOf(o.Results)}}
}

// knowsBeginning refuses to go on with an answer whose beginning the output
// hooks have not seen: what they deny may lie across the place where it broke
// off.
func (l *leaf) knowsBeginning(c *core.Call) error {
	if !c.Continues() {
		return nil
	}
	_, output, err := l.hooksFor(c.Header)
	if err == nil && output.gate != nil && len(output.gate.Holding()) > 0 {
		err = llm.Errorf(llm.Unsupported, "its guardrails have not seen how the answer began")
	}
	return err
}

// judged notes on a reply what hooks have found.
func judged(reply *core.Reply, o *guard.Outcome, set func(*llm.Hooks)) *core.Reply {
	if len(o.Results) == 0 {
		return reply
	}
	own := llm.Hooks{}
	if reply.Hooks != nil {
		own = *reply.Hooks
	}
	set(&own)
	reply.Hooks = &own
	if o.Failed() && reply.Status == 200 {
		reply.Status = llm.StatusHooksFailed
	}
	return reply
}

// told is a failure that tells what the input hooks have found.
func told(err error, results json.Value) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok || results == nil {
		return err
	}
	own, hooks := *e, llm.Hooks{}
	if e.Hooks != nil {
		hooks = *e.Hooks
	}
	hooks.Before = results
	own.Hooks = &hooks
	f := &core.Failure{}
	if inner, ok := errors.AsType[*core.Failure](err); ok {
		*f = *inner
	}
	f.Err = &own
	return f
}

func resultsOf(results []guard.Result) json.Value {
	if len(results) == 0 {
		return nil
	}
	return json.ValueOf(results)
}

// asynchronous picks the hooks that nobody waits for.
func asynchronous(hooks []*guard.Hook) (list []*guard.Hook) {
	for _, h := range hooks {
		if h.Async {
			list = append(list, h)
		}
	}
	return list
}

// later has hooks run when the answer has gone out. input says what they judge,
// if there is anything.
func (l *leaf) later(ctx context.Context, c *core.Call, hooks []*guard.Hook, input func() (*guard.Input, bool)) {
	if len(hooks) == 0 {
		return
	}
	run := func(ctx context.Context) {
		if in, ok := input(); ok {
			l.find(c, in.Event, guard.RunLater(ctx, hooks, in))
		}
	}
	if !core.RunAfter(ctx, run) {
		run(context.WithoutCancel(ctx))
	}
}

// overhear has hooks judge an answer that goes to the client as it comes.
func (l *leaf) overhear(ctx context.Context, c *core.Call, reply *core.Reply, hooks []*guard.Hook) {
	copied := func() (*core.Reply, bool) { return reply, true }
	if reply.Stream() {
		rec, err := core.Record(reply)
		if err != nil {
			return
		}
		copied = func() (*core.Reply, bool) { return rec.Reply(), rec.Complete }
	}
	l.later(ctx, c, hooks, func() (*guard.Input, bool) {
		r, whole := copied()
		if !whole {
			return nil, false
		}
		a, err := guard.NewAnswer(guard.NewRequest(c, l.spec.ID), r)
		if err != nil || a == nil {
			return nil, false
		}
		return a.Input(), true
	})
}

// find notes what hooks have found.
func (l *leaf) find(c *core.Call, e guard.Event, results []guard.Result) {
	for i := range results {
		r := &results[i]
		f := core.Finding{Option: l.at, Hook: r.ID, Event: string(e), Pass: r.Verdict, Deny: r.Deny, Async: r.Async}
		for _, k := range r.Checks {
			if k.Error != nil {
				f.Errors++
			}
		}
		c.Trace.Find(f)
		switch {
		case r.Deny:
			c.Trace.Note(l.at, "guardrail "+r.ID+" denies")
		case !r.Verdict:
			c.Trace.Note(l.at, "guardrail "+r.ID+" has failed")
		}
	}
}
