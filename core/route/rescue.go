package route

import (
	"cmp"
	"context"
	"slices"

	"sluice/core"
	"sluice/core/internal/json"
	"sluice/core/llm"
	"sluice/core/rescue"
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
// be answered in parts. The rest of an answer is left to the strategy that asked
// for it: nobody else knows how the answer began.
func (s *strategy) rescue(ctx context.Context, w *walk, reply *core.Reply) {
	if !s.continues || reply == nil || !reply.Stream() || w.call.Only || w.call.Continues() {
		return
	}
	if why := w.call.WholeOnly(); why != "" {
		w.call.Trace.Note(s.at, "the answer is not continued if it breaks off: "+why)
		return
	}
	heirs := &succession{walk: w}
	rescue.Wrap(ctx, w.call, reply, func(begun *core.Call) (*core.Reply, error) { return heirs.goOn(ctx, begun) })
}

// A succession are the children that may go on with an answer, those first
// that no circuit breaker has benched.
type succession struct {
	*walk
	benched []child
}

// goOn is the answer of the next child to a call that continues one.
func (s *succession) goOn(ctx context.Context, begun *core.Call) (reply *core.Reply, err error) {
	for t := s.next(begun); t != nil && ctx.Err() == nil; t = s.next(begun) {
		if reply, err = t.Handle(ctx, begun); err == nil {
			return reply, nil
		}
	}
	if begun.Spent() {
		err = cmp.Or(err, error(llm.Errorf(llm.Unsupported, "the request has made as many attempts as it may")))
	}
	return nil, cmp.Or(err, error(llm.Errorf(llm.Unsupported, "there is no other target that does")))
}

// next is the next child that is known to go on from a begun answer. Nobody is
// asked on the chance that it might: it would begin anew, and nothing would
// tell.
func (s *succession) next(begun *core.Call) child {
	if begun.Spent() {
		return nil
	}
	for i := s.choose.next(begun, &s.out); i >= 0; i = s.choose.next(begun, &s.out) {
		s.out.add(i)
		t := s.children[i]
		why := t.unable(begun)
		if !t.prefills(begun) {
			why = "is not known to go on from a begun answer"
		}
		switch {
		case why != "":
			begun.Trace.Note(t.path(), "passed over: "+why)
		case t.benched(begun):
			s.benched = append(s.benched, t)
		default:
			return t
		}
	}
	if len(s.benched) == 0 {
		return nil
	}
	t := s.benched[0]
	s.benched = s.benched[1:]
	return t
}
