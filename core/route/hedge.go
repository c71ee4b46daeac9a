package route

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sluice/core"
	"sluice/core/llm"
)

// defaultHedge is how long a target may take before the next one is called as
// well. Most models begin to answer sooner.
const defaultHedge = time.Second

// maxRacing is how many targets of a hedge are called at the same time: every
// one of them costs.
const maxRacing = 3

// hedge calls its targets in order, each when those before it have not
// answered within the delay or have failed as in a fallback. The first answer
// wins; the other calls are given up.
//
// A hedge inside of another one acts as a fallback, however deep: so a request
// has at most maxRacing calls running at once, and not that many for each
// target of each level.
type hedge struct {
	*strategy
	delay time.Duration
}

func (h *hedge) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	if c.Races() {
		return h.strategy.Handle(ctx, c)
	}
	r := &race{
		hedge: h, walk: walk{strategy: h.strategy, call: c}, ctx: ctx, call: c,
		finished: make(chan *runner), over: make(chan struct{}), timer: time.NewTimer(h.delay),
	}
	defer r.end()
	if !r.start() {
		return nil, nobody(h.at)
	}
	reply, err := r.run()
	h.rescue(ctx, &r.walk, reply)
	return reply, err
}

// repeatable reports whether an operation may be carried out twice: it leaves
// nothing behind with the provider.
func repeatable(op llm.Operation) bool {
	return op == llm.Generate || op == llm.Compact || op == llm.CountTokens || op.Task()
}

// A race is one call through a hedge. Only the goroutine of the call changes
// it.
type race struct {
	*hedge
	walk     walk            // through the targets
	ctx      context.Context // the client's
	call     *core.Call
	runners  []*runner // that have started
	running  int
	finished chan *runner
	over     chan struct{} // closed when nobody takes from finished any more
	timer    *time.Timer   // until the next one starts
	final    *runner       // whose failure nobody else is to make good
	heard    telling       // of the failures so far
}

// run returns the first answer, or a failure when all have failed.
func (r *race) run() (*core.Reply, error) {
	for {
		select {
		case <-r.timer.C:
			r.late()
		case f := <-r.finished:
			if last := r.take(f); last != nil {
				return last.keep()
			}
		}
	}
}

// late starts another target beside those that take long.
func (r *race) late() {
	if repeatable(r.call.Operation) && !r.call.Once() && !r.call.Only && r.start() {
		r.call.Trace.Note(r.at, fmt.Sprintf("no answer within %s: %s is called too", r.delay, r.runners[len(r.runners)-1].target.path()))
	}
}

// take decides what a finished runner means: it returns the one that ends the
// race, if it is over.
func (r *race) take(f *runner) *runner {
	f.took = true
	r.running--
	moves := r.moves.on(r.ctx, r.call, f.reply, f.err)
	switch {
	case !moves && f.err == nil:
		return f
	case !moves:
		r.final = f
	}
	if r.start() || r.running > 0 {
		r.heard.add(f.err)
		f.discard()
		return nil
	}
	last := cmp.Or(r.final, f)
	if last != f {
		f.discard()
	}
	last.err = r.heard.of(last.err)
	return last
}

// start calls the next target, if there is one and it may be called.
func (r *race) start() bool {
	if r.final != nil || r.running == maxRacing || r.ctx.Err() != nil && len(r.runners) > 0 {
		return false
	}
	target := r.walk.next()
	if target == nil {
		return false
	}
	f := &runner{race: r, target: target, ended: make(chan struct{})}
	f.ctx, f.giveUp = core.WithLoss(r.ctx)
	r.runners = append(r.runners, f)
	r.running++
	r.timer.Reset(r.delay)
	go f.run()
	return true
}

// end gives up those that still run. The books wait for them, the client does
// not.
func (r *race) end() {
	r.timer.Stop()
	var lost []*runner
	for _, f := range r.runners {
		if !f.took {
			lost = append(lost, f)
			r.call.Trace.Note(r.at, f.target.path()+" is given up")
			f.giveUp()
		}
	}
	close(r.over)
	if len(lost) == 0 {
		return
	}
	core.RunAfter(r.ctx, func(ctx context.Context) {
		for _, f := range lost {
			select {
			case <-f.ended:
			case <-ctx.Done():
			}
		}
	})
}

// A runner is one target in a race.
type runner struct {
	race   *race
	target child
	ctx    context.Context
	giveUp func()
	ended  chan struct{} // closed when the target has ended and is booked
	took   bool          // its race has heard of its end
	reply  *core.Reply
	err    error
}

func (f *runner) run() {
	defer close(f.ended)
	f.reply, f.err = core.Shielded(f.ctx, f.target, f.race.call.Race())
	select {
	case f.race.finished <- f:
	case <-f.race.over:
		f.forfeit()
	}
}

// keep returns the outcome. What the reply is read from lives until it is
// closed.
func (f *runner) keep() (*core.Reply, error) {
	if f.reply == nil {
		f.giveUp()
	} else {
		f.reply.OnClose(f.giveUp)
	}
	return f.reply, f.err
}

// discard books and releases what the runner has, which is not the answer.
func (f *runner) discard() {
	discard(f.race.call, f.reply)
	f.giveUp()
}

// forfeit books and releases an answer that came too late.
func (f *runner) forfeit() {
	defer f.giveUp()
	if f.reply == nil {
		return // its target has booked it
	}
	f.race.call.Trace.Lose(f.reply.Option, billFor(f.race.call, f.reply, f.heard()))
	f.reply.Close()
}

// heard is the usage that the answer has reported so far, nil if none. The
// frames that have come are read; no others do, since the call is given up. A
// bug of a decoder must not end the process from here.
func (f *runner) heard() *llm.Usage {
	defer func() { _ = recover() }()
	if f.reply.Stream() {
		for _, err := range f.reply.Events() {
			if err != nil || f.reply.Usage() != nil {
				break
			}
		}
	}
	return f.reply.Usage()
}
