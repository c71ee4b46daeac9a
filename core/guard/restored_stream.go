package guard

import (
	"maps"
	"slices"

	"sluice/core"
	"sluice/core/llm"
)

// A returning is a stream on its way back to the client whose values it gets.
//
// Of each text at most the beginning of a placeholder is held back. What comes
// while it is, and belongs to that text, waits behind it.
type returning struct {
	*putting
	open   map[place]*openText
	latest map[int]*openText // of a choice: where its last piece of text went
	out    []llm.Event
}

// An openText is a part of the stream that has text.
type openText struct {
	*Restorer
	place
	kind  llm.EventKind
	waits []llm.Event // behind what is held
}

// stream is put between the events of an answer and its reader.
func (p *putting) stream(seq core.EventSeq) core.EventSeq {
	return func(yield func(llm.Event, error) bool) {
		p.begin()
		r := &returning{putting: p, open: map[place]*openText{}, latest: map[int]*openText{}}
		for e, err := range seq {
			if err != nil {
				if r.end(); r.send(yield) {
					yield(llm.Event{}, err)
				}
				return
			}
			if r.take(e); !r.send(yield) {
				return
			}
		}
		r.end()
		r.send(yield)
	}
}

func (r *returning) send(yield func(llm.Event, error) bool) bool {
	for i := range r.out {
		if !yield(r.out[i], nil) {
			return false
		}
	}
	r.out = r.out[:0]
	return true
}

// take hands on what an event lets go.
func (r *returning) take(e llm.Event) {
	switch e.Kind {
	case llm.EventPartStart:
		r.start(e)
	case llm.EventPartStop:
		r.stop(r.open[place{e.Choice, e.Part}])
		r.out = append(r.out, e)
	case llm.EventFinish:
		r.finish(e)
	case llm.EventNative:
		r.behind(r.latest[e.Choice], e)
	case llm.EventStart, llm.EventUsage, llm.EventDone:
		e.Native.Members = r.value(e.Native.Members)
		r.out = append(r.out, e)
	default:
		t := r.open[place{e.Choice, e.Part}]
		if t != nil && e.Kind == t.kind && e.Text != "" {
			r.say(t, e)
			return
		}
		r.behind(t, e)
	}
}

// start opens a part.
func (r *returning) start(e llm.Event) {
	if e.Media != nil {
		e.Media = r.media(e.Choice, e.Media)
	}
	e.Native = r.native(e.Choice, e.Native)
	if kind := kindOf[e.PartKind]; kind != 0 {
		at := place{e.Choice, e.Part}
		r.open[at] = &openText{Restorer: r.text(e.Choice, e.PartKind, e.Custom), place: at, kind: kind}
	}
	r.out = append(r.out, e)
}

// say takes the next piece of a text.
func (r *returning) say(t *openText, e llm.Event) {
	r.latest[e.Choice] = t
	before := len(t.list)
	e.Text = t.Write(e.Text)
	r.changed[e.Choice] = r.changed[e.Choice] || len(t.list) > before
	if e.Text != "" {
		r.out = append(r.out, e)
	}
	if e.Text != "" || t.held == "" {
		r.release(t)
	}
}

// behind has an event wait behind a text that is held.
func (r *returning) behind(t *openText, e llm.Event) {
	if t != nil && t.held != "" {
		t.waits = append(t.waits, e)
		return
	}
	r.tell(t, e)
}

func (r *returning) release(t *openText) {
	for _, e := range t.waits {
		r.tell(t, e)
	}
	t.waits = nil
}

// tell hands on what is said beside a text.
func (r *returning) tell(t *openText, e llm.Event) {
	switch {
	case e.Kind == llm.EventNative && r.changed[e.Choice]:
		if e.Native = r.unlikely(e.Native); e.Native.Empty() {
			return
		}
	case e.Kind == llm.EventCitation && e.Citation != nil:
		of := &moves{}
		if t != nil {
			of = t.moves
		}
		if e.Citation = r.source(e.Choice, e.Citation, of); e.Citation == nil {
			return
		}
	}
	e.Native = r.native(e.Choice, e.Native)
	r.out = append(r.out, e)
}

// stop hands on what is held of a text, which has ended.
func (r *returning) stop(t *openText) {
	if t == nil {
		return
	}
	if held := t.Close(); held != "" {
		r.out = append(r.out, llm.Event{Kind: t.kind, Choice: t.choice, Part: t.part, Text: held})
	}
	r.release(t)
	delete(r.open, t.place)
}

func (r *returning) finish(e llm.Event) {
	r.stopAll(func(at place) bool { return at.choice == e.Choice })
	if r.changed[e.Choice] && e.Logprobs != nil {
		e.Logprobs = nil
		r.drop("response.logprobs")
	}
	e.Native = r.candidate(e.Native, e.Choice)
	r.out = append(r.out, e)
}

// end hands on what is held when the stream has ended, or broken off.
func (r *returning) end() { r.stopAll(func(place) bool { return true }) }

// stopAll stops the texts that are open, in their order.
func (r *returning) stopAll(which func(place) bool) {
	for _, at := range slices.SortedFunc(maps.Keys(r.open), func(a, b place) int { return 1000*(a.choice-b.choice) + a.part - b.part }) {
		if which(at) {
			r.stop(r.open[at])
		}
	}
}
