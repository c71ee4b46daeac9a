package guard

import (
	"sluice/core/llm"
)

// A flow is a part of a streamed answer that has text.
type flow struct {
	*passage
	choice, part int
	kind         llm.EventKind // of its text
	place        Text          // what checks are told of it
	escaped      bool          // it is JSON
	judges       []judge
	window       int // of the judges
	stages       []stage
	before       string // of the same voice, in parts before
	held         queue
	changed      bool
	closed       bool
}

var kindOf = map[llm.PartKind]llm.EventKind{
	llm.TextPart: llm.EventText, llm.ReasoningPart: llm.EventReasoning, llm.RefusalPart: llm.EventRefusal, llm.ToolCallPart: llm.EventArguments,
}

var placeOf = map[llm.PartKind]Place{llm.ReasoningPart: Reasoning, llm.RefusalPart: Refusal, llm.ToolCallPart: ToolCall}

// start opens a part, once what it says of itself has been judged.
func (p *passage) start(e llm.Event) {
	f := &flow{passage: p, choice: e.Choice, part: e.Part, kind: kindOf[e.PartKind], escaped: e.PartKind == llm.ToolCallPart && !e.Custom}
	f.place = Text{Place: placeOf[e.PartKind], Role: "assistant", Turn: e.Choice}
	if f.place.Place == "" {
		f.place.Place = Content
	}
	f.scoped()
	switch {
	case e.PartKind == llm.ToolCallPart:
		f.permit(e.Name)
	case e.PartKind == llm.ForeignPart:
		e.Native.Members = f.wholly(e.Native.Members)
	}
	if p.denied {
		return
	}
	if f.kind != 0 {
		p.flows[place{e.Choice, e.Part}] = f
		f.before = p.before[f.voice()]
	}
	p.out = append(p.out, e)
}

// scoped picks the checks that judge such texts.
func (f *flow) scoped() {
	for _, j := range f.gate.denying {
		if j.hook.Scope.has(&f.place, After) {
			f.judges, f.window = append(f.judges, j), max(f.window, j.window)
		}
	}
	for _, c := range f.gate.changing {
		if c.hook.Scope.has(&f.place, After) {
			f.stages = append(f.stages, stage{check: c.check, window: c.check.Window()})
		}
	}
}

// voice is what the part goes on with. Arguments are each for themselves.
func (f *flow) voice() voice {
	if f.kind == llm.EventArguments {
		return voice{-1, 0}
	}
	return voice{f.choice, f.kind}
}

// say takes the next piece of the text.
func (f *flow) say(text string) {
	if f.held.text += text; f.window == 0 {
		f.release(len(f.held.text))
		return
	}
	said, cut := f.held.text, 0
	if f.escaped {
		said, cut = unescaped(said, f.window-1)
	} else {
		cut = len(said) - lastCharacters(said, f.window-1)
	}
	f.permit(f.before + said)
	if cut > 0 {
		f.before = "" // more than a window is held
	}
	f.release(cut)
}

// mark has an event wait for the text before it.
func (f *flow) mark(e llm.Event) {
	f.held.marks = append(f.held.marks, mark{len(f.held.text), e})
	if len(f.held.text) == 0 {
		f.release(0)
	}
}

// release hands on what has been judged of the text.
func (f *flow) release(n int) {
	if f.denied {
		return
	}
	f.hand(f.held.cut(nil, n, nil), false)
}

// hand has the checks that replace take what has been judged.
func (f *flow) hand(items []item, end bool) {
	for i := range f.stages {
		if f.escaped {
			items = f.stages[i].hold(items, end)
		} else {
			items = f.stages[i].push(items, end)
		}
	}
	for _, i := range items {
		f.changed = f.changed || i.changed
		switch {
		case i.text == "":
			f.out = append(f.out, i.event)
		default:
			f.out = append(f.out, llm.Event{Kind: f.kind, Choice: f.choice, Part: f.part, Text: i.text})
		}
	}
}

// end hands on what is held: nothing comes behind it.
func (f *flow) end() {
	if f.escaped && f.window > 0 {
		f.permit(f.held.text) // a piece of an escape at the end is no escape
	}
	if f.denied {
		return
	}
	said := f.before + f.held.text
	if f.window > 0 && f.kind != llm.EventArguments {
		f.passage.before[f.voice()] = said[len(said)-lastCharacters(said, f.window-1):]
	}
	f.hand(f.held.cut(nil, len(f.held.text), nil), true)
}

// permit judges a text.
func (f *flow) permit(text string) {
	for i := 0; i < len(f.judges) && !f.denied && text != ""; i++ {
		j := &f.judges[i]
		f.text[0] = f.place
		f.text[0].Text = text
		v, err := j.use.shielded(f.ctx, &f.in)
		if f.denied = err == nil && !v.Pass || err != nil && j.use.onError == Close; f.denied {
			f.by = j.hook
		}
	}
}
