package route

import (
	"cmp"
	"context"
	"slices"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// goesOn are the strategies whose targets stand in for each other. Of the
// others one target is meant, and no other.
var goesOn = []string{"fallback", "loadbalance", "hedge", "latency", "cost"}

// onBreak reads what is to become of a stream that breaks off after content.
func (p *parser) onBreak(v json.Value, path []string) bool {
	switch text := p.text(v, path); text {
	case "continue":
		return true
	case "fail", "":
	default:
		p.fault(path, "Invalid 'on_break' value. Must be one of: fail, continue")
	}
	return false
}

// breakable checks that a strategy has others to go on with.
func (p *parser) breakable(s *Strategy, path []string) {
	if s.Continue && !slices.Contains(goesOn, s.Mode) {
		p.fault(append(slices.Clip(path), "on_break"), "An answer cannot be continued with strategy '"+s.Mode+"': it has one target for a request")
	}
}

// rescue has a stream that breaks off continued by those children that the
// walk has not been to, if the strategy says so and the client's request can
// be answered in parts.
func (s *strategy) rescue(ctx context.Context, w *walk, reply *core.Reply) {
	if !s.continues || reply == nil || !reply.Stream() || w.call.Only {
		return
	}
	if why := w.call.WholeOnly(); why != "" {
		w.call.Trace.Note(s.at, "the answer is not continued if it breaks off: "+why)
		return
	}
	reply.Rescue(ctx, w.call, func(begun *core.Call) (*core.Reply, error) { return w.goOn(ctx, begun) })
}

// goOn is the answer of the next child to a call that continues one.
func (w *walk) goOn(ctx context.Context, begun *core.Call) (reply *core.Reply, err error) {
	for ctx.Err() == nil {
		i := w.choose.next(begun, &w.out)
		if i < 0 {
			break
		}
		w.out.add(i)
		t := w.children[i]
		if why := cannotGoOn(t, begun); why != "" {
			begun.Trace.Note(t.path(), "passed over: "+why)
			continue
		}
		if reply, err = t.Handle(ctx, begun); err == nil {
			return reply, nil
		}
	}
	return nil, cmp.Or(err, error(llm.Errorf(llm.Unsupported, "there is no other target that does")))
}

// cannotGoOn says why a child is not to continue an answer. Nobody is asked on
// the chance that it might: it would begin anew, and nothing would tell.
func cannotGoOn(t child, begun *core.Call) string {
	switch {
	case t.benched(begun):
		return "benched by its circuit breaker"
	case !t.prefills(begun):
		return "is not known to go on from a begun answer"
	}
	return t.unable(begun)
}
