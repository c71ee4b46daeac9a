package openairesponses

import "sluice/core/llm"

// close ends the open part. Its item stays open.
func (s *streamEncoder) close(dst []byte) []byte {
	it := s.item
	if it == nil || !it.open {
		return dst
	}
	it.open = false
	switch it.kind {
	case llm.TextPart, llm.RefusalPart:
		return s.closeContent(dst)
	case llm.ReasoningPart:
		return s.closeThought(dst)
	}
	return s.closeCall(dst)
}

func (s *streamEncoder) closeContent(dst []byte) []byte {
	it := s.item
	text := string(it.text)
	for i := range it.later {
		dst = s.annotate(dst, annotation(&it.later[i], text))
	}
	form := forms[it.kind]
	w := s.begin(form.done)
	s.place(w, "content_index", len(it.message.content))
	w.Str(form.member, text)
	if it.kind == llm.TextPart {
		w.Raw("logprobs", markArray)
	}
	dst = s.send(dst, form.done)
	part := s.part(text)
	dst = s.partEvent(dst, "response.content_part.done", part)
	it.message.content = append(it.message.content, part)
	return dst
}

func (s *streamEncoder) closeThought(dst []byte) []byte {
	it := s.item
	it.thought.Text = string(it.text)
	if len(it.text) == 0 {
		return dst
	}
	typ, index := "response.reasoning_summary_text.done", "summary_index"
	if it.content {
		typ, index = "response.reasoning_text.done", "content_index"
	}
	w := s.begin(typ)
	s.place(w, index, 0)
	w.Str("text", it.thought.Text)
	dst = s.send(dst, typ)
	return s.textEvent(dst, "done", it.thought.Text)
}

// closeCall tells the arguments as a whole. A call without any has an empty
// object, which is told as a delta, too.
func (s *streamEncoder) closeCall(dst []byte) []byte {
	it := s.item
	typ, member := "response.function_call_arguments.done", "arguments"
	if it.call.Custom {
		typ, member = "response.custom_tool_call_input.done", "input"
	} else if len(it.text) == 0 {
		dst = s.delta(dst, "{}")
	}
	it.call.Arguments = string(it.text)
	w := s.begin(typ)
	s.place(w, "", 0)
	if !it.call.Custom {
		_, name := splitName(it.call.Name)
		w.Str("name", name)
	}
	w.Str(member, it.call.Arguments)
	return s.send(dst, typ)
}

// closeItem ends the item that is open.
func (s *streamEncoder) closeItem(dst []byte, status string) []byte {
	it := s.item
	if it == nil {
		return dst
	}
	dst = s.close(dst)
	s.item = nil
	n, v := len(s.answer.output), []byte(nil)
	switch {
	case it.message.content != nil:
		v = s.answer.message(&it.message, n, status)
	case it.kind == llm.ReasoningPart:
		v = s.answer.thought(&it.thought, n)
	default:
		v = s.answer.callItem(&it.call, n, status, it.call.Arguments)
	}
	dst = s.itemEvent(dst, "response.output_item.done", v)
	s.answer.output = append(s.answer.output, v)
	return dst
}
