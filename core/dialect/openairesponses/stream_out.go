package openairesponses

import (
	"unicode/utf8"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// outItem is the item that is being written.
type outItem struct {
	id      string
	kind    llm.PartKind // of the part that is open, or was last
	open    bool
	text    []byte // said so far by the part
	runes   int64
	left    json.Object // residue of the part
	message spoken
	cites   []json.Value
	later   []llm.Citation // of other dialects: they are of the whole text
	call    llm.ToolCall
	thought llm.Reasoning
	content bool // the thought itself is told, and not a summary
}

// forms are the events in which the parts of each kind are told.
var forms = map[llm.PartKind]struct{ delta, done, member string }{
	llm.TextPart:    {"response.output_text.delta", "response.output_text.done", "text"},
	llm.RefusalPart: {"response.refusal.delta", "response.refusal.done", "refusal"},
}

// place writes the members by which clients find what an event is about.
func (s *streamEncoder) place(w *writer, index string, n int) {
	w.Str("item_id", s.item.id)
	w.Int("output_index", int64(len(s.answer.output)))
	if index != "" {
		w.Int(index, int64(n))
	}
}

// newItem makes an item. It has the id that it came with.
func (s *streamEncoder) newItem(prefix string, left json.Object) *outItem {
	s.item = &outItem{id: json.Unquote(left.Get("id"))}
	if s.item.id == "" {
		s.item.id = s.answer.itemID(prefix, len(s.answer.output))
	}
	return s.item
}

// openContent begins a part of a message, and the message if none is open or
// another one began here.
func (s *streamEncoder) openContent(dst []byte, e *llm.Event, n json.Object) []byte {
	dst = s.messageFor(dst, n)
	it := s.item
	it.kind, it.open, it.left = e.PartKind, true, n
	it.text, it.runes, it.cites, it.later = it.text[:0], 0, nil, nil
	return s.partEvent(dst, "response.content_part.added", s.part(""))
}

func (s *streamEncoder) messageFor(dst []byte, n json.Object) []byte {
	mark := n.Get(markMessage)
	if s.item != nil && s.item.message.content != nil && mark == nil {
		return dst
	}
	dst = s.closeItem(dst, statusCompleted)
	it := s.newItem("msg_", json.ObjectOf(mark))
	it.message = spoken{content: []json.Value{}, left: json.ObjectOf(mark)}
	return s.itemEvent(dst, "response.output_item.added", s.answer.message(&it.message, len(s.answer.output), "in_progress"))
}

// part is the open part of a message, with what it says.
func (s *streamEncoder) part(text string) json.Value {
	if s.item.kind == llm.RefusalPart {
		return refusalPart(text, s.item.left)
	}
	return textPart(text, s.item.cites, s.item.left)
}

func (s *streamEncoder) partEvent(dst []byte, typ string, part json.Value) []byte {
	w := s.begin(typ)
	s.place(w, "content_index", len(s.item.message.content))
	w.Raw("part", part)
	return s.send(dst, typ)
}

// foreignContent writes a part that is known as a whole only.
func (s *streamEncoder) foreignContent(dst []byte, n json.Object) []byte {
	dst = s.messageFor(dst, n)
	v := writer{json.NewWriter("{")}
	v.partRest(n)
	v.Close('}')
	s.item.open = false
	dst = s.partEvent(dst, "response.content_part.added", v.B)
	dst = s.partEvent(dst, "response.content_part.done", v.B)
	s.item.message.content = append(s.item.message.content, v.B)
	return dst
}

func (s *streamEncoder) openThought(dst []byte, e *llm.Event) []byte {
	n := own(e.Native)
	it := s.newItem("rs_", n)
	it.kind, it.open = llm.ReasoningPart, true
	it.thought = llm.Reasoning{Native: e.Native}
	it.content = n.Has(markContent)
	if e.PartKind == llm.RedactedPart {
		it.thought.Redacted = e.Text
	}
	return s.itemEvent(dst, "response.output_item.added", s.begun())
}

// begun is the thought as it is announced: without its seal, which is not
// known yet.
func (s *streamEncoder) begun() json.Value {
	w := writer{json.NewWriter("{")}
	w.Str("id", s.item.id)
	w.Str("type", typeReasoning)
	w.Raw("summary", markArray)
	w.Close('}')
	return w.B
}

func (s *streamEncoder) openCall(dst []byte, e *llm.Event) []byte {
	prefix := "fc_"
	if e.Custom {
		prefix = "ctc_"
	}
	it := s.newItem(prefix, own(e.Native))
	it.kind, it.open = llm.ToolCallPart, true
	it.call = llm.ToolCall{ID: e.ID, Name: e.Name, Custom: e.Custom, Signature: e.Text, Native: e.Native}
	return s.itemEvent(dst, "response.output_item.added", s.answer.callItem(&it.call, len(s.answer.output), "in_progress", ""))
}

// delta appends a piece of what the open part says.
func (s *streamEncoder) delta(dst []byte, text string) []byte {
	it := s.item
	if text == "" {
		return dst
	}
	if it.kind == llm.ReasoningPart && len(it.text) == 0 {
		dst = s.openText(dst)
	}
	it.text = append(it.text, text...)
	it.runes += int64(utf8.RuneCountInString(text))
	typ, index := it.deltaType()
	n := len(it.message.content)
	w := s.begin(typ)
	s.place(w, index, n)
	w.Str("delta", text)
	if it.kind == llm.TextPart {
		w.Raw("logprobs", markArray)
	}
	return s.send(dst, typ)
}

func (it *outItem) deltaType() (typ, index string) {
	switch {
	case it.kind == llm.ToolCallPart && it.call.Custom:
		return "response.custom_tool_call_input.delta", ""
	case it.kind == llm.ToolCallPart:
		return "response.function_call_arguments.delta", ""
	case it.kind == llm.ReasoningPart && it.content:
		return "response.reasoning_text.delta", "content_index"
	case it.kind == llm.ReasoningPart:
		return "response.reasoning_summary_text.delta", "summary_index"
	}
	return forms[it.kind].delta, "content_index"
}

// cite tells where the words come from. A citation of another dialect is of
// the whole text, so it waits for its end.
func (s *streamEncoder) cite(dst []byte, c llm.Citation) []byte {
	if c.Native.Dialect != llm.OpenAIResponses {
		s.item.later = append(s.item.later, c)
		return dst
	}
	return s.annotate(dst, annotation(&c, ""))
}

func (s *streamEncoder) annotate(dst []byte, v json.Value) []byte {
	if v == nil {
		return dst
	}
	const typ = "response.output_text.annotation.added"
	w := s.begin(typ)
	s.place(w, "content_index", len(s.item.message.content))
	w.Int("annotation_index", int64(len(s.item.cites)))
	w.Raw("annotation", v)
	s.item.cites = append(s.item.cites, v)
	return s.send(dst, typ)
}

// openText begins the summary of a thought, or the thought itself.
func (s *streamEncoder) openText(dst []byte) []byte { return s.textEvent(dst, "added", "") }

func (s *streamEncoder) textEvent(dst []byte, what, text string) []byte {
	typ, index, kind := "response.reasoning_summary_part."+what, "summary_index", "summary_text"
	if s.item.content {
		typ, index, kind = "response.content_part."+what, "content_index", "reasoning_text"
	}
	w := s.begin(typ)
	s.place(w, index, 0)
	w.Open("part", '{')
	w.Str("type", kind)
	w.Str("text", text)
	w.Close('}')
	return s.send(dst, typ)
}
