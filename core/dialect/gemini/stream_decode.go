package gemini

import (
	"bytes"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// DecodeStream reads the chunks of streamGenerateContent, each of which is a
// small answer.
func (x *exchange) DecodeStream() core.StreamDecoder { return &streamDecoder{x: x} }

type streamDecoder struct {
	x       *exchange
	started bool
	choices []*choiceState
	blocked *llm.Event // the finish of a prompt that got no answer
	chunk   response   // kept for its memory
}

// choiceState is how far a candidate has got.
type choiceState struct {
	index  int
	next   int // number of the next part
	kind   llm.PartKind
	open   bool // part next-1 is open
	called bool
	finish string      // the reason, once it was told
	native json.Object // what else was told of the candidate; the last word counts
}

// Decode reads one chunk. An error arrives as a chunk, or as Google's servers
// have it: outside of any event, as a line of its own.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 {
		if data = bytes.TrimSpace(f.Raw); len(data) == 0 || data[0] != '{' && data[0] != '[' {
			return dst, nil
		}
	}
	if data[0] == '[' {
		es, err := json.Elements(data)
		if err != nil {
			return dst, d.x.unreadable("a chunk of its stream cannot be read", err)
		}
		for _, e := range es {
			if dst, err = d.decode(dst, e); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}
	return d.decode(dst, data)
}

func (d *streamDecoder) decode(dst []llm.Event, data []byte) ([]llm.Event, error) {
	w := &d.chunk
	*w = response{}
	if err := json.UnmarshalLoose(data, w); err != nil {
		return dst, d.x.unreadable("a chunk of its stream cannot be read", err)
	}
	if !absent(w.Error) {
		return dst, d.x.inside(data)
	}
	dst = d.begin(dst, w)
	for i := range w.Candidates {
		dst = d.candidate(dst, &w.Candidates[i])
	}
	if !absent(w.Feedback) && len(w.Candidates) == 0 {
		if f := blocked(w.Feedback); f.Raw != "" {
			d.blocked = &llm.Event{Kind: llm.EventFinish, Finish: f, Native: residue(json.Object{json.Named(blockedMark, markString)})}
		}
	}
	if u := decodeUsage(w.Usage); u != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	return dst, nil
}

// begin announces the answer with the first chunk that says anything.
// Members that later chunks have for the first time follow by themselves.
func (d *streamDecoder) begin(dst []llm.Event, w *response) []llm.Event {
	if !d.started {
		if len(w.Candidates) == 0 && absent(w.Feedback) && w.Usage == nil && w.ID == "" && w.Model == "" {
			return dst
		}
		d.started = true
		return append(dst, llm.Event{
			Kind: llm.EventStart, ID: w.ID, Model: w.Model, Created: seconds(w.Time), Native: w.residue(),
		})
	}
	native := json.ObjectOf(w.Rest)
	native.Add("promptFeedback", w.Feedback)
	if len(native) > 0 {
		dst = append(dst, llm.Event{Kind: llm.EventNative, Native: residue(native)})
	}
	return dst
}

func (d *streamDecoder) choice(index int) *choiceState {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	c := &choiceState{index: index}
	d.choices = append(d.choices, c)
	return c
}

func (d *streamDecoder) candidate(dst []llm.Event, w *candidate) []llm.Event {
	c := d.choice(w.Index)
	if w.Content != nil {
		for i := range w.Content.Parts {
			dst = d.part(dst, c, &w.Content.Parts[i])
		}
	}
	if len(w.Rest) > 0 {
		for _, m := range json.ObjectOf(w.Rest) {
			c.note(m)
		}
	}
	if w.Finish != "" {
		c.finish = w.Finish
	}
	return dst
}

// note keeps a member of a candidate. Probabilities come with the tokens that
// they are about, so that they are put together; of others the last counts.
func (c *choiceState) note(m json.Member) {
	m.Value = m.Value.Clone()
	if old := c.native.Get(m.Name); m.Name == "logprobsResult" && old != nil {
		all := json.ObjectOf(old)
		for _, in := range json.ObjectOf(m.Value) {
			if before := all.Get(in.Name); before.Kind() == '[' && in.Value.Kind() == '[' {
				in.Value = join(before, in.Value)
			}
			all.Set(in.Name, in.Value)
		}
		m.Value = all.Value()
	}
	c.native.Set(m.Name, m.Value)
}

// cite tells of each source that the open text rests on, one by one.
func (c *choiceState) cite(dst []llm.Event) []llm.Event {
	if !c.open || c.kind != llm.TextPart {
		return dst
	}
	for _, cited := range citations(c.native) {
		dst = append(dst, llm.Event{Kind: llm.EventCitation, Choice: c.index, Part: c.next - 1, Citation: &cited})
	}
	return dst
}

// Flush ends the stream. It is whole if every candidate has said why it
// stopped.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	whole := len(d.choices) > 0 || d.blocked != nil
	for _, c := range d.choices {
		whole = whole && c.finish != ""
	}
	if !whole {
		return dst, dialect.Truncated(d.x.provider)
	}
	if d.blocked != nil && len(d.choices) == 0 {
		dst = append(dst, *d.blocked)
	}
	for _, c := range d.choices {
		dst = c.close(c.cite(dst))
		native := residue(c.native)
		native.Dialect = llm.Gemini
		dst = append(dst, llm.Event{Kind: llm.EventFinish, Choice: c.index, Finish: finishOf(c.finish, c.called), Logprobs: logprobs(c.native), Native: native})
	}
	d.choices, d.blocked = nil, nil
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}
