package route

import (
	"cmp"
	"context"
	"strings"

	"sluice/core"
	"sluice/core/llm"
)

// A chooser says which child a call goes to next. out has those that were
// tried already, or are out of the question. −1: there is none left.
type chooser interface {
	next(c *core.Call, out *marks) int
}

// A strategy sends a call to one child after another, in the order of its
// chooser, for as long as its rule says that a failure moves on.
type strategy struct {
	group
	choose chooser
	moves  rule
	// continues says that an answer which breaks off is gone on with.
	continues bool
}

// Handle tries children until one has answered, or none is left. Then the
// most telling failure is final.
func (s *strategy) Handle(ctx context.Context, c *core.Call) (*core.Reply, error) {
	w, heard := walk{strategy: s, call: c}, telling{}
	t := w.next()
	for t != nil {
		reply, err := t.Handle(ctx, c)
		if !s.moves.on(ctx, c, reply, err) {
			if w.tried == len(s.children) {
				err = heard.of(err)
			}
			s.rescue(ctx, &w, reply)
			return reply, err
		}
		following := w.next()
		if following == nil {
			return reply, heard.of(err)
		}
		heard.add(err)
		discard(c, reply)
		t = following
	}
	return nil, nobody(s.at)
}

// discard closes a reply, which may be nil, whose status moves on. The provider
// has answered all the same and will be paid.
func discard(c *core.Call, reply *core.Reply) {
	if reply == nil {
		return
	}
	if c.Operation == llm.Generate || c.Operation == llm.Compact || c.Operation.Task() {
		c.Trace.Bill(reply.Option, billFor(c, reply, reply.Usage()))
	}
	reply.Close()
}

// billFor is what a provider will ask for an answer that nobody reads on. u is
// what it has reported, nil if nothing.
func billFor(c *core.Call, reply *core.Reply, u *llm.Usage) *core.Bill {
	return &core.Bill{Usage: cmp.Or(u, used(c, reply.Passed())), Others: reply.Others, Region: reply.Region}
}

func nobody(path string) error {
	return llm.Errorf(llm.Invalid, "%s: no target was chosen", path)
}

// A walk is one call on its way through the children of a strategy.
type walk struct {
	*strategy
	call   *core.Call
	out    marks
	tried  int
	pick   pickiness
	vector string // model of the first child, of a call for embeddings
}

// pickiness is how much it takes to be tried. It goes down while nobody was:
// trying a target that will probably fail beats refusing without having tried.
type pickiness uint8

const (
	picky   pickiness = iota // who is benched or unable is passed over
	lenient                  // only who is unable is
	anybody                  // nobody is
)

// next is the child to try now, nil if there is none left, or no attempt.
func (w *walk) next() child {
	if w.tried > 0 && w.call.Spent() {
		return nil
	}
	for {
		i := w.choose.next(w.call, &w.out)
		switch {
		case i >= 0:
			w.out.add(i)
			if t := w.children[i]; w.takes(t) {
				w.tried++
				return t
			}
		case w.tried > 0 || w.pick == anybody:
			return nil
		default:
			w.pick++
			w.out = marks{}
		}
	}
}

// takes reports whether a child may be tried, and notes why if not.
func (w *walk) takes(t child) bool {
	if len(w.children) == 1 {
		return true
	}
	why := ""
	switch {
	case w.call.Continues() && !t.prefills(w.call):
		why = "is not known to go on from a begun answer"
	case w.otherVectors(t):
		why = "embeds by another model"
	case w.pick < lenient && t.benched(w.call):
		why = "benched by its circuit breaker"
	case w.pick < anybody:
		why = t.unable(w.call)
	}
	if why != "" && w.pick == picky {
		w.call.Trace.Note(t.path(), "passed over: "+why)
	}
	return why == ""
}

// otherVectors reports whether a child would embed by another model than the
// first one, where a failure moves on: its vectors are no neighbours of those
// that the client has, and nothing in the answer would tell.
func (w *walk) otherVectors(t child) bool {
	if w.call.Operation != llm.Embed || !w.moves.moves {
		return false
	}
	if w.vector == "" {
		w.vector = plainModel(w.children[0].model(w.call))
	}
	model := plainModel(t.model(w.call))
	return w.vector != "" && model != "" && model != w.vector
}

// plainModel is a model without the name of its maker.
func plainModel(model string) string {
	return strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
}
