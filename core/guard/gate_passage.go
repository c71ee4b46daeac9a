package guard

import (
	"context"

	"sluice/core"
	"sluice/core/llm"
)

// A passage is one stream on its way through a gate.
type passage struct {
	ctx   context.Context
	gate  *Gate
	in    Input
	text  [1]Text // that is judged
	watch Watch

	answer llm.Collector // as the model gave it
	size   int           // of its texts
	flows  map[place]*flow
	before map[voice]string // the last characters of a voice's earlier parts
	latest map[int]*flow    // of a choice: where its last piece of text went
	ends   []llm.Event      // from the first Finish on
	out    []llm.Event
	sent   sent
	denied bool
	by     *Hook // that denied; nil: the verdicts did
}

// maxNoted is how much of an answer is kept for the verdicts, and of arguments
// in which something may be replaced, in bytes.
const maxNoted = 1 << 20

// A place is a part of a choice, a voice what goes on from part to part.
type (
	place struct{ choice, part int }
	voice struct {
		choice int
		kind   llm.EventKind
	}
)

func newPassage(ctx context.Context, g *Gate, in *Input, w *Watch) *passage {
	p := &passage{
		ctx: ctx, gate: g, in: *in,
		flows: map[place]*flow{}, before: map[voice]string{}, latest: map[int]*flow{},
	}
	if w != nil {
		p.watch = *w
	}
	p.in.Texts = p.text[:]
	return p
}

// run hands on events until the answer ends or is denied.
func (p *passage) run(seq core.EventSeq, yield func(llm.Event, error) bool) {
	send := func() bool {
		for i := range p.out {
			p.sent.see(&p.out[i])
			if !yield(p.out[i], nil) {
				return false
			}
		}
		p.out = p.out[:0]
		return true
	}
	for e, err := range seq {
		if err != nil {
			yield(llm.Event{}, err) // what is held is not judged, and never will be
			return
		}
		p.note(&e)
		p.take(e)
		if !send() {
			return
		}
		if p.denied {
			break // closes the upstream
		}
	}
	p.end()
	if send() && p.watch.Heard != nil {
		p.watch.Heard(p.answer.Response())
	}
}

func (p *passage) holds() bool { return len(p.gate.holding) > 0 }

// note keeps what the model says, for those who watch.
func (p *passage) note(e *llm.Event) {
	if p.size += len(e.Text); (p.watch.Verdicts != nil || p.watch.Heard != nil) && p.size <= maxNoted {
		p.answer.Add(*e)
	}
}

func (p *passage) ask() *Outcome {
	if p.watch.Verdicts == nil {
		return &Outcome{}
	}
	return p.watch.Verdicts(p.answer.Response(), p.by)
}

// take lets through what an event has made harmless.
func (p *passage) take(e llm.Event) {
	if !p.holds() {
		p.out = append(p.out, e)
		return
	}
	switch e.Kind {
	case llm.EventPartStart:
		p.start(e)
	case llm.EventFinish:
		p.finish(e)
	case llm.EventDone:
		p.ends = append(p.ends, e)
	case llm.EventStart, llm.EventUsage:
		p.pass(e)
	case llm.EventNative:
		p.native(e)
	case llm.EventPartStop:
		if f := p.flows[place{e.Choice, e.Part}]; f != nil {
			p.close(f)
		}
		if !p.denied {
			p.out = append(p.out, e)
		}
	default:
		p.within(e)
	}
}

// pass lets an event through that has no place in a text.
func (p *passage) pass(e llm.Event) {
	if len(p.ends) > 0 {
		p.ends = append(p.ends, e)
		return
	}
	p.out = append(p.out, e)
}

// within takes an event of an open part.
func (p *passage) within(e llm.Event) {
	f := p.flows[place{e.Choice, e.Part}]
	switch {
	case f == nil:
		p.out = append(p.out, e)
	case e.Kind == f.kind:
		p.latest[e.Choice] = f
		f.say(e.Text)
	case e.Kind == llm.EventSignature && f.changed:
		// it is of another text
	case e.Kind == llm.EventCitation && e.Citation != nil:
		f.cite(e)
	default:
		f.mark(e)
	}
}

// native has what only its dialect knows wait behind the text that it is about:
// it may quote it, as likelihoods of tokens do. Where texts are replaced it goes.
func (p *passage) native(e llm.Event) {
	f := p.latest[e.Choice]
	switch {
	case len(p.gate.changing) > 0:
	case f != nil && !f.closed:
		f.mark(e)
	default:
		p.pass(e)
	}
}

// finish keeps the reason for the end, since the end may be another one.
func (p *passage) finish(e llm.Event) {
	for _, f := range p.sent.inOrder(p.flows, e.Choice) {
		p.close(f)
	}
	if len(p.gate.changing) > 0 {
		e.Logprobs = nil
	}
	p.ends = append(p.ends, e)
}

func (p *passage) close(f *flow) {
	if f.closed || p.denied {
		return
	}
	f.end()
	f.closed = true
	delete(p.flows, place{f.choice, f.part})
}

// end lets the end of the answer through, or makes that of a denied one.
func (p *passage) end() {
	switch {
	case p.denied:
		p.ask()
		p.out = p.sent.refusal(p.ends)
	case !p.holds():
	case p.ask().Denied():
		p.out = p.sent.refusal(nil)
	default:
		p.out = append(p.out, p.ends...)
	}
}
