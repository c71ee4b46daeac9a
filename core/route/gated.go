package route

import (
	"context"

	"sluice/core"
	"sluice/core/guard"
	"sluice/core/llm"
	"sluice/core/retry"
)

// A recall says what is done about an answer that hooks have judged. As long
// as it may be taken back, none of it can go out.
type recall struct {
	denied bool // one that they deny is tried again, or sent elsewhere
	failed bool // so is one about which a hook has something to say
	joined bool // other targets go on with one that breaks off, and nobody would judge where they meet
}

// below is what is done under a strategy.
func (r recall) below(c *Config) recall {
	if c.Strategy == nil || len(c.Targets) < 2 {
		return r
	}
	moves := c.Strategy.rule()
	return recall{
		denied: r.denied || moves.takes(llm.StatusDenied, true),
		failed: r.failed || moves.takes(llm.StatusHooksFailed, false),
		joined: r.joined || c.Strategy.Continue,
	}
}

// with is what is done when attempts are repeated as well.
func (r recall) with(p retry.Policy) recall {
	r.denied = r.denied || p.Repeats(llm.StatusDenied)
	r.failed = r.failed || p.Repeats(llm.StatusHooksFailed)
	return r
}

// flows reports whether a stream may go out while hooks judge it.
func (l *leaf) flows(c *core.Call, reply *core.Reply, g *guard.Gate) bool {
	switch {
	case !reply.Stream(), c.Operation != llm.Generate, g.Whole(), l.recall.failed:
		return false
	case g.Denies() && l.recall.denied:
		return false
	}
	return !l.recall.joined || len(g.Holding()) == 0
}

// A gated is a stream on its way through a gate.
type gated struct {
	*leaf
	ctx     context.Context
	call    *core.Call
	reply   *core.Reply
	hooks   hookList
	request *guard.Request
}

// gate has a stream go out as far as no hook can object to it. One that is
// denied before anything of it has, is an error like any other.
func (l *leaf) gate(ctx context.Context, c *core.Call, reply *core.Reply, hooks hookList) error {
	s := &gated{l, ctx, c, reply, hooks, guard.NewRequest(c, l.spec.ID)}
	in := *s.request.Input()
	in.Event, in.Status = guard.After, reply.Status
	reply.Rewrite(hooks.gate.Filter(ctx, &in, &guard.Watch{Verdicts: s.verdicts, Heard: s.heard}))
	err := reply.Commit()
	if err != nil || reply.Denied == nil {
		return err
	}
	_, _ = reply.Response() // there is only the end of it left
	return reply.Denied
}

// verdicts asks the hooks that the stream waits for.
func (s *gated) verdicts(said *llm.Response, by *guard.Hook) *guard.Outcome {
	o := guard.Run(s.ctx, s.hooks.gate.Holding(), guard.Heard(s.request, s.reply, said).Input())
	if by != nil && !o.Denied() {
		o.Blame(by)
	}
	s.find(s.call, guard.After, o.Results)
	if o.Denied() {
		s.reply.Denied = denial(o)
	}
	return o
}

// heard has the hooks judge the answer that delay nothing.
func (s *gated) heard(said *llm.Response) {
	in := guard.Heard(s.request, s.reply, said).Input()
	s.later(s.ctx, s.call, append(asynchronous(s.hooks.hooks), s.hooks.gate.Rest()...), func() (*guard.Input, bool) { return in, true })
}
