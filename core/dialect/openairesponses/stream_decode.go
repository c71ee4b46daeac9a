package openairesponses

import (
	"bytes"
	"cmp"
	"slices"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaiwire"
	"sluice/core/internal/frame"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// event is one of a stream. Which members count depends on Type. Values of
// odd types are read as none: events that nobody knows must not fail.
//
// https://platform.openai.com/docs/api-reference/responses-streaming
type event struct {
	Type         text   `json:"type"`
	Response     maybe  `json:"response"`
	OutputIndex  *count `json:"output_index"`
	ItemID       text   `json:"item_id"`
	Item         maybe  `json:"item"`
	ContentIndex count  `json:"content_index"`
	Part         maybe  `json:"part"`
	Delta        text   `json:"delta"`
	Text         text   `json:"text"`
	Refusal      text   `json:"refusal"`
	Arguments    text   `json:"arguments"`
	Input        text   `json:"input"`
	SummaryIndex count  `json:"summary_index"`
	Annotation   maybe  `json:"annotation"`
	Error        maybe  `json:"error"`
}

// streamDecoder reads the events of a stream. Each thing is said up to four
// times: in deltas, when a part is done, when its item is, and in the last
// event. What was not said before is told when it is said first.
type streamDecoder struct {
	provider string // id, if known
	names    dialect.Names
	started  bool
	done     bool
	first    json.Object // the response as it began
	parts    int         // begun so far
	called   bool
	items    []*itemState
}

// Decode appends the events of one frame. Events that this package does not
// know give none.
func (d *streamDecoder) Decode(dst []llm.Event, f frame.Frame) ([]llm.Event, error) {
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 || d.done || string(data) == "[DONE]" {
		return dst, nil
	}
	var e event
	if err := json.UnmarshalLoose(data, &e); err != nil {
		if f.Event == "error" {
			return dst, errorsOf(d.provider).Event(data)
		}
		return dst, errorsOf(d.provider).Malformed(data, err)
	}
	switch typ := cmp.Or(string(e.Type), f.Event); typ {
	case "error":
		return dst, errorsOf(d.provider).Event(data)
	case "response.failed", "response.cancelled":
		return dst, d.failure(&e, data)
	case "response.completed", "response.incomplete":
		return d.end(dst, &e, data)
	case "":
		if e.Error != nil {
			return dst, errorsOf(d.provider).Event(data)
		}
		return dst, nil
	case "response.created", "response.queued", "response.in_progress":
		return d.start(dst, &e), nil
	default:
		return d.content(dst, typ, &e), nil
	}
}

// failure is the error of a response that has failed. There is always one.
func (d *streamDecoder) failure(e *event, data []byte) *llm.Error {
	err := errorsOf(d.provider).Event(data)
	err.Message = cmp.Or(err.Message, "the response failed, and nobody says why")
	return err
}

// start begins the answer.
func (d *streamDecoder) start(dst []llm.Event, e *event) []llm.Event {
	if d.started {
		return dst
	}
	d.started = true
	var r response
	if len(e.Response) > 0 && json.UnmarshalLoose(e.Response, &r) != nil {
		r = response{}
	}
	n := r.native()
	d.first = own(n)
	return append(dst, llm.Event{Kind: llm.EventStart, ID: string(r.ID), Model: string(r.Model), Created: openaiwire.WholeNumber(r.CreatedAt), Native: n})
}

// content tells what the event says of an item.
func (d *streamDecoder) content(dst []llm.Event, typ string, e *event) []llm.Event {
	change, ok := changes[typ]
	if !ok {
		return dst
	}
	if !d.started {
		dst = d.start(dst, &event{})
	}
	it := d.item(e, change.kind)
	return change.apply(d, dst, it, e)
}

// item finds the item that an event is about: by its index, else by its id,
// else it is the last one. One that was not announced is made up.
func (d *streamDecoder) item(e *event, kind string) *itemState {
	id := string(e.ItemID)
	if len(e.Item) > 0 && e.OutputIndex == nil {
		id = json.Unquote(json.Lookup(e.Item.Value(), "id"))
	}
	for _, it := range slices.Backward(d.items) {
		if e.OutputIndex != nil && it.index == int(*e.OutputIndex) || e.OutputIndex == nil && id != "" && it.id == id {
			return it
		}
	}
	if n := len(d.items); n > 0 && e.OutputIndex == nil && e.Type != "response.output_item.added" {
		if last := d.items[n-1]; !last.complete && (last.kind == kind || kind == "") {
			return last
		}
	}
	it := &itemState{index: len(d.items), id: id, kind: kind}
	if e.OutputIndex != nil {
		it.index = int(*e.OutputIndex)
	}
	d.items = append(d.items, it)
	return it
}

// end reads the last event, which has the whole response.
func (d *streamDecoder) end(dst []llm.Event, e *event, data []byte) ([]llm.Event, error) {
	var r response
	if len(e.Response) > 0 && json.UnmarshalLoose(e.Response, &r) != nil {
		r = response{}
	}
	if err := r.failure(data, d.provider); err != nil {
		return dst, err
	}
	dst = d.start(dst, e)
	dst = d.output(dst, r.Output)
	for _, it := range d.items {
		dst = d.close(dst, it)
	}
	status := string(r.Status)
	if e.Type == "response.incomplete" {
		status = statusIncomplete
	}
	d.done = true
	dst = append(dst, llm.Event{
		Kind: llm.EventFinish, Finish: finish(cmp.Or(status, statusCompleted), r.IncompleteDetails, d.called), Native: d.changed(r.native()),
	})
	if u := decodeUsage(r.Usage, r.tier()); u != nil {
		dst = append(dst, llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	return append(dst, llm.Event{Kind: llm.EventDone}), nil
}

// output tells the items that no event has told.
func (d *streamDecoder) output(dst []llm.Event, output json.Value) []llm.Event {
	all, err := json.Elements(output)
	if err != nil {
		return dst
	}
	for i, v := range all {
		n := count(i)
		e := &event{OutputIndex: &n, Item: maybe(v)}
		dst = d.whole(dst, d.item(e, ""), e)
	}
	return dst
}

// changed are the members that the end says otherwise than the beginning,
// such as the tier that has served the request.
func (d *streamDecoder) changed(last llm.Native) llm.Native {
	var news []json.Member
	for _, m := range own(last) {
		if !bytes.Equal(d.first.Get(m.Name), m.Value) {
			news = append(news, json.Named(m.Name, m.Value))
		}
	}
	return residue(nil, news...)
}

// Flush reports a stream that never said that it was finished.
func (d *streamDecoder) Flush(dst []llm.Event) ([]llm.Event, error) {
	if d.done {
		return dst, nil
	}
	return dst, dialect.Truncated(d.provider)
}
