package guard

import (
	"context"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// A Replacer is a check that may replace texts, or a whole body. Each check that
// ever does says so, since a stream waits for it even if its hook denies nothing.
type Replacer interface {
	Check
	Replaces() bool
}

// A Changer replaces places of a text, and can do so while the text streams:
// a place is at most [Windowed.Window] characters long, and whether it is one
// depends on nothing behind those.
type Changer interface {
	Windowed
	Replacer
	// Changes returns what the check replaces in a text from an offset on, in
	// order and not overlapping. What stands before the offset has been dealt
	// with, and is there to look back at.
	Changes(text string, from int) []Change
}

// A Change is a place in a text, as byte offsets, and what stands there
// instead.
type Change struct {
	Start, End int
	Text       string
}

// A Gate lets the events of a streamed answer through as far as no hook can
// object to them any more.
//
// Before a check that makes a hook deny, the last Window−1 characters of each
// text are held back: every part in which it can find something is judged
// while its first character is still here, so that nothing of a forbidden text
// goes out. Before each check that replaces, another Window−1 characters of
// its own are held; a place goes out, replaced, once the text behind it can
// make it neither longer nor another. Neither depends on how the text was cut
// into events.
//
// Texts are what a choice says, thinks and refuses, each on from one part to
// the next, and the arguments of each tool call, where a character in an
// escape is that character. Arguments are held to their end if a check may
// replace something in them, since they have to stay JSON. Names of tools,
// citations, and the strings of parts that only their dialect knows are judged
// at once. Everything else waits behind the text that came before it, and the
// reasons why choices finished wait for the end.
//
// A Gate is of one list of hooks and serves any number of streams.
type Gate struct {
	denying  []judge
	changing []changing
	holding  []*Hook
	rest     []*Hook
	whole    bool
}

// A judge is a check of a hook that denies.
type judge struct {
	hook   *Hook
	use    use
	window int
}

// changing is a check that replaces.
type changing struct {
	hook  *Hook
	check Changer
}

// NewGate reads the output hooks of a list, but for those nobody waits for.
func NewGate(hooks []*Hook) *Gate {
	g := &Gate{}
	for _, h := range hooks {
		switch {
		case h.Event != After || h.Async:
		case h.Deny, h.replaces():
			g.holding = append(g.holding, h)
			g.add(h)
		default:
			g.rest = append(g.rest, h)
		}
	}
	return g
}

// And is the gate of a list of hooks and, behind it, another.
func (g *Gate) And(next *Gate) *Gate {
	return &Gate{
		denying: slices.Concat(g.denying, next.denying), changing: slices.Concat(g.changing, next.changing),
		holding: slices.Concat(g.holding, next.holding), rest: slices.Concat(g.rest, next.rest),
		whole: g.whole || next.whole,
	}
}

// Holding are the hooks that a stream waits for: those that deny, and those
// that may replace something.
func (g *Gate) Holding() []*Hook { return g.holding }

// Rest are the hooks that only tell what they think of an answer. They are
// asked when it has ended, so that they delay nothing.
func (g *Gate) Rest() []*Hook { return g.rest }

// Denies reports whether a hook may end an answer.
func (g *Gate) Denies() bool { return len(g.denying) > 0 }

// Whole reports whether a hook that the stream waits for has to see all of an
// answer before any of it goes out: such as one that asks somebody over the
// network. [Gate.Filter] is not for such answers.
func (g *Gate) Whole() bool { return g.whole }

// Window is the number of characters within which everything stands that can
// make a hook deny.
func (g *Gate) Window() int {
	widest := 0
	for _, j := range g.denying {
		widest = max(widest, j.window)
	}
	return widest
}

// Delay is the number of characters of each text that are held back, but for
// arguments that may be replaced.
func (g *Gate) Delay() int {
	n := max(0, g.Window()-1)
	for _, c := range g.changing {
		n += c.check.Window() - 1
	}
	return n
}

func (h *Hook) replaces() bool {
	return slices.ContainsFunc(h.uses, use.replaces)
}

func (u use) replaces() bool {
	r, ok := u.check.(Replacer)
	return ok && r.Replaces()
}

func (u use) window() int {
	if w, ok := u.check.(Windowed); ok {
		return w.Window()
	}
	return 0
}

// add has the checks of a hook judge and replace. One that denies because of
// what an earlier check of it has left has to see it all.
func (g *Gate) add(h *Hook) {
	g.whole = g.whole || h.Deny && h.inOrder() && len(h.uses) > 1 && h.replaces()
	for _, u := range h.uses {
		w := u.window()
		if h.Deny {
			g.whole = g.whole || w == 0
			g.denying = append(g.denying, judge{h, u, w})
		}
		if u.replaces() {
			c, ok := u.check.(Changer)
			if g.whole = g.whole || !ok || w == 0; ok {
				g.changing = append(g.changing, changing{h, c})
			}
		}
	}
}

// A Watch hears of an answer on its way through a gate, as the model gave it;
// of one longer than 1 MB, the beginning. Both may be nil, and neither hears of
// an answer that breaks off or that nobody reads to its end.
type Watch struct {
	// Verdicts is asked once what the hooks that the stream waits for find,
	// when the answer is complete and before its end goes out; then it may deny
	// as well. It is also asked when a hook denies, about what was said so far;
	// by is that hook, else nil.
	Verdicts func(said *llm.Response, by *Hook) *Outcome
	// Heard is told when the end has gone out, of a denied answer as well.
	Heard func(said *llm.Response)
}

// Filter returns what to put between the events of a stream and its reader, by
// [core.Reply.Rewrite]. in is what checks are told beside the texts; w may be
// nil.
//
// A denied answer ends there: open parts are closed, the choices that had not
// finished are finished by a content filter, and no more is read.
func (g *Gate) Filter(ctx context.Context, in *Input, w *Watch) func(core.EventSeq) core.EventSeq {
	return func(seq core.EventSeq) core.EventSeq {
		return func(yield func(llm.Event, error) bool) {
			p := newPassage(ctx, g, in, w)
			p.run(seq, yield)
		}
	}
}
