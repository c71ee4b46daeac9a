package anthropic

import (
	"slices"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// openBlock is a block that has begun and not ended.
type openBlock struct {
	index int
	kind  llm.PartKind
	// held is the input of a block that can only be given whole: of a foreign
	// block, or of a call of a freeform tool.
	held   []byte
	custom bool
	// whole is a foreign block as it began.
	whole json.Value
	name  string // its type
	// given is the input that a tool_use block had from the start; deltas
	// replace it.
	given string
}

func (s *streamDecoder) find(index int) *openBlock {
	for i := range s.open {
		if s.open[i].index == index {
			return &s.open[i]
		}
	}
	return nil
}

func (s *streamDecoder) blockStart(dst []llm.Event, e *streamEvent) []llm.Event {
	var b block
	if s.find(e.Index) != nil {
		dst = s.blockStop(dst, e.Index)
	}
	if e.Block.Kind() != '{' || json.UnmarshalLoose(e.Block, &b) != nil {
		return dst
	}
	o := openBlock{index: e.Index, name: json.Unquote(b.Type)}
	switch o.name {
	case "text":
		return s.begin(dst, o, llm.TextPart, s.textStart(&b))
	case "thinking":
		return s.begin(dst, o, llm.ReasoningPart, reasoningStart(&b))
	case "redacted_thinking":
		r := (&reader{loose: true}).reasoning(&path{}, &b)
		return s.begin(dst, o, llm.RedactedPart, []llm.Event{{Kind: llm.EventPartStart, Text: r.Redacted, Native: r.Native}})
	case "tool_use":
		start := s.toolStart(&b, &o)
		return s.begin(dst, o, llm.ToolCallPart, []llm.Event{start})
	}
	o.kind, o.whole = llm.ForeignPart, e.Block.Clone()
	s.open = append(s.open, o)
	return dst
}

// begin opens a part. The first of the events is its start.
func (s *streamDecoder) begin(dst []llm.Event, o openBlock, kind llm.PartKind, events []llm.Event) []llm.Event {
	o.kind = kind
	s.open = append(s.open, o)
	events[0].PartKind = kind
	for _, e := range events {
		e.Part = o.index
		dst = append(dst, e)
	}
	return dst
}

// textStart also gives what a text block had from the start, which at the
// first party is nothing.
func (s *streamDecoder) textStart(b *block) []llm.Event {
	t := (&reader{loose: true}).text(&path{}, b)
	events := []llm.Event{{Kind: llm.EventPartStart, Native: t.Native}}
	if t.Text != "" {
		events = append(events, llm.Event{Kind: llm.EventText, Text: t.Text})
	}
	for i := range t.Citations {
		events = append(events, llm.Event{Kind: llm.EventCitation, Citation: &t.Citations[i]})
	}
	return events
}

func reasoningStart(b *block) []llm.Event {
	r := (&reader{loose: true}).reasoning(&path{}, b)
	events := []llm.Event{{Kind: llm.EventPartStart, Native: r.Native}}
	if r.Text != "" {
		events = append(events, llm.Event{Kind: llm.EventReasoning, Text: r.Text})
	}
	if r.Signature != "" {
		events = append(events, llm.Event{Kind: llm.EventSignature, Text: r.Signature})
	}
	return events
}

func (s *streamDecoder) toolStart(b *block, o *openBlock) llm.Event {
	c := (&reader{loose: true}).toolUse(&path{}, b)
	e := llm.Event{Kind: llm.EventPartStart, ID: c.ID, Native: c.Native}
	e.Name, e.Custom = s.x.tool(c.Name)
	o.custom = e.Custom
	if len(json.Names([]byte(c.Arguments))) > 0 {
		o.given = c.Arguments
	}
	return e
}

// delta continues a block. raw is the whole event.
func (s *streamDecoder) delta(dst []llm.Event, e *streamEvent, raw []byte) ([]llm.Event, error) {
	o := s.find(e.Index)
	if o == nil {
		return dst, llm.Errorf(llm.Upstream, "the stream continues block %d, which is not open", e.Index)
	}
	out := llm.Event{Part: e.Index}
	switch d := &e.Delta; {
	case o.kind == llm.ForeignPart:
		o.grow(d, raw)
		return dst, nil
	case d.Type == "text_delta":
		out.Kind, out.Text = llm.EventText, d.Text
	case d.Type == "thinking_delta":
		out.Kind, out.Text = llm.EventReasoning, d.Thinking
	case d.Type == "signature_delta":
		out.Kind, out.Text = llm.EventSignature, d.Signature
	case d.Type == "citations_delta":
		var c citation
		if json.UnmarshalLoose(d.Citation, &c) != nil {
			return dst, nil
		}
		read := readCitation(&c)
		out.Kind, out.Citation = llm.EventCitation, &read
	case d.Type == "input_json_delta" && o.custom:
		o.held = append(o.held, d.PartialJSON...)
		return dst, nil
	case d.Type == "input_json_delta":
		if d.PartialJSON != "" {
			o.given = ""
		}
		out.Kind, out.Text = llm.EventArguments, d.PartialJSON
	default: // a delta of tomorrow: the same dialect writes it back
		out.Kind = llm.EventNative
		out.Native = llm.NativeOf(llm.Anthropic, marshal(nativeDelta{Delta: json.Lookup(raw, "delta")}))
	}
	return append(dst, out), nil
}

// nativeDelta is the form in which a delta travels that has no word.
type nativeDelta struct {
	Delta json.Value `json:"delta"`
}

// grow adds a delta to a foreign block: input comes in pieces of JSON, other
// texts in pieces of text, and everything else whole.
func (o *openBlock) grow(d *streamDelta, raw []byte) {
	if d.Type == "input_json_delta" {
		o.held = append(o.held, d.PartialJSON...)
		return
	}
	ms, err := json.Members(json.Lookup(raw, "delta"))
	if err != nil {
		return
	}
	for _, m := range ms {
		if m.Name == "type" {
			continue
		}
		v := m.Value
		if old := json.Lookup(o.whole, m.Name); old.Kind() == '"' && v.Kind() == '"' {
			v = json.Quote(json.Unquote(old) + json.Unquote(v))
		}
		o.set(m.Name, v)
	}
}

func (o *openBlock) set(name string, v json.Value) {
	if with, err := json.Splice(o.whole, json.Edit{Name: name, Value: v}); err == nil {
		o.whole = with
	}
}

func (s *streamDecoder) blockStop(dst []llm.Event, index int) []llm.Event {
	i := slices.IndexFunc(s.open, func(o openBlock) bool { return o.index == index })
	if i < 0 {
		return dst
	}
	o := s.open[i]
	s.open = slices.Delete(s.open, i, i+1)
	switch {
	case o.kind == llm.ForeignPart:
		if len(o.held) > 0 {
			input, _ := toolInput(string(o.held), false)
			o.set("input", input)
		}
		dst = append(dst, llm.Event{
			Kind: llm.EventPartStart, Part: index, PartKind: llm.ForeignPart,
			Name: o.name, Native: llm.NativeOf(llm.Anthropic, o.whole),
		})
	case o.custom:
		text := o.given
		if len(o.held) > 0 {
			text = string(o.held)
		}
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: index, Text: dialect.FreeText(text)})
	case o.given != "":
		dst = append(dst, llm.Event{Kind: llm.EventArguments, Part: index, Text: o.given})
	}
	return append(dst, llm.Event{Kind: llm.EventPartStop, Part: index})
}
