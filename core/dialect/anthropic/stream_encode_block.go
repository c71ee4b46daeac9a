package anthropic

import (
	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

func (s *streamEncoder) open(dst []byte, e *llm.Event) []byte {
	start, input := blockStart(e)
	if start == nil {
		s.block = outBlock{}
		return dst
	}
	s.block = outBlock{open: true, kind: e.PartKind, custom: e.Custom, origin: e.Native.Dialect}
	dst = s.object(dst, "content_block_start", "content_block", marshal(start))
	switch {
	case e.PartKind == llm.ToolCallPart: // as the first party begins
		dst = s.delta(dst, inputDelta, "")
	case input != nil:
		dst = s.delta(dst, inputDelta, string(input))
	}
	return dst
}

const inputDelta = `"input_json_delta","partial_json":`

// blockStart returns a block as it begins, nil if clients cannot read it, and
// the input of a foreign block, which follows as a delta.
func blockStart(e *llm.Event) (b *block, input json.Value) {
	b = &block{Rest: e.Native.For(llm.Anthropic)}
	switch e.PartKind {
	case llm.TextPart, llm.RefusalPart:
		b.Type, b.Text = word("text"), word("")
	case llm.ReasoningPart:
		b.Type, b.Thinking, b.Signature = word("thinking"), word(""), word("")
	case llm.RedactedPart:
		b.Type, b.Data = word("redacted_thinking"), json.Quote(dialect.MarkOrigin(e.Text, e.Native.Dialect))
	case llm.ToolCallPart:
		b.Type, b.ID, b.Name = word("tool_use"), json.Quote(toolUseID(e.ID)), json.Quote(e.Name)
		b.Input = json.Value("{}")
	default:
		if b.Rest == nil {
			return nil, nil
		}
		input = json.Lookup(b.Rest, "input")
		if len(json.Names(input)) == 0 {
			return b, nil
		}
		b.Rest, _ = json.Splice(b.Rest, json.Edit{Name: "input", Value: json.Value("{}")})
	}
	return b, input
}

// arguments writes a piece of a call's input. Free text becomes the one
// member of the object that the client asked the tool to take.
func (s *streamEncoder) arguments(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	if s.block.custom {
		quoted := json.Quote(text)
		text = string(quoted[1 : len(quoted)-1])
		if !s.block.input {
			text = `{"input":"` + text
		}
	}
	s.block.input = true
	return s.delta(dst, inputDelta, text)
}

func (s *streamEncoder) citation(dst []byte, c *llm.Citation) []byte {
	if c == nil || s.block.kind != llm.TextPart {
		return dst
	}
	return s.object(dst, "content_block_delta", "delta", marshal(struct {
		Type     string   `json:"type"`
		Citation citation `json:"citation"`
	}{"citations_delta", writeCitation(c)}))
}

// foreignDelta writes back what the decoder had no word for: a delta of the
// open block, or members that message_delta will have.
func (s *streamEncoder) foreignDelta(dst []byte, e *llm.Event) []byte {
	own := e.Native.For(llm.Anthropic)
	if own == nil {
		return dst
	}
	d := json.Lookup(own, "delta")
	if d == nil {
		s.native = mergeObjects(s.native, own)
		return dst
	}
	if !s.block.open {
		return dst
	}
	return s.object(dst, "content_block_delta", "delta", marshal(d))
}

// close ends the open block. A signature is told once and whole, since the
// official clients take the last one for all of it; a call without arguments
// gets an empty object.
func (s *streamEncoder) close(dst []byte) []byte {
	b := &s.block
	if !b.open {
		return dst
	}
	switch {
	case b.kind == llm.ReasoningPart && len(b.signature) > 0:
		dst = s.delta(dst, `"signature_delta","signature":`, dialect.MarkOrigin(string(b.signature), b.origin))
	case b.kind == llm.ToolCallPart && b.custom:
		end := `"}`
		if !b.input {
			end = `{"input":""}`
		}
		dst = s.delta(dst, inputDelta, end)
	case b.kind == llm.ToolCallPart && !b.input:
		dst = s.delta(dst, inputDelta, "{}")
	}
	dst = append(s.head(dst, "content_block_stop"), "}\n\n"...)
	s.next++
	s.block = outBlock{}
	return dst
}
