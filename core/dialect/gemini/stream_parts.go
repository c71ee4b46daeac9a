package gemini

import (
	"sluice/core/llm"
)

// part tells of one part. Texts and thoughts go on from chunk to chunk; every
// other part is whole.
func (d *streamDecoder) part(dst []llm.Event, c *choiceState, w *part) []llm.Event {
	if w.Text != nil && w.Call == nil && w.Response == nil && len(w.Rest) == 0 {
		switch {
		case w.Thought:
			return c.thought(dst, w)
		case w.Signature == "":
			return c.text(dst, *w.Text)
		}
	}
	switch p := d.x.part(w).(type) {
	case *llm.ToolCall:
		c.called = true
		return c.whole(dst, llm.Event{PartKind: llm.ToolCallPart, ID: p.ID, Name: p.Name, Custom: p.Custom, Text: p.Signature, Native: p.Native},
			llm.Event{Kind: llm.EventArguments, Text: p.Arguments})
	case *llm.Text:
		return c.whole(dst, llm.Event{PartKind: llm.TextPart, Native: p.Native}, llm.Event{Kind: llm.EventText, Text: p.Text})
	case *llm.Foreign:
		return c.whole(dst, llm.Event{PartKind: llm.ForeignPart, Name: p.Kind, Native: p.Native})
	case *llm.Media:
		return c.whole(dst, llm.Event{PartKind: llm.MediaPart, Media: p})
	case nil:
		return dst
	default: // results have no event of their own
		f, ok := foreign(w).(*llm.Foreign)
		if !ok {
			return dst
		}
		return c.whole(dst, llm.Event{PartKind: llm.ForeignPart, Name: f.Kind, Native: f.Native})
	}
}

func (c *choiceState) start(dst []llm.Event, e llm.Event) []llm.Event {
	dst = c.close(dst)
	e.Kind, e.Choice, e.Part = llm.EventPartStart, c.index, c.next
	c.open, c.kind = true, e.PartKind
	c.next++
	return append(dst, e)
}

func (c *choiceState) close(dst []llm.Event) []llm.Event {
	if !c.open {
		return dst
	}
	c.open = false
	return append(dst, llm.Event{Kind: llm.EventPartStop, Choice: c.index, Part: c.next - 1})
}

// whole tells of a part that is complete.
func (c *choiceState) whole(dst []llm.Event, start llm.Event, said ...llm.Event) []llm.Event {
	dst = c.start(dst, start)
	for _, e := range said {
		if e.Text != "" {
			dst = c.say(dst, e.Kind, e.Text)
		}
	}
	return c.close(dst)
}

func (c *choiceState) say(dst []llm.Event, kind llm.EventKind, s string) []llm.Event {
	return append(dst, llm.Event{Kind: kind, Choice: c.index, Part: c.next - 1, Text: s})
}

func (c *choiceState) text(dst []llm.Event, s string) []llm.Event {
	if s == "" {
		return dst
	}
	if !c.open || c.kind != llm.TextPart {
		dst = c.start(dst, llm.Event{PartKind: llm.TextPart})
	}
	return c.say(dst, llm.EventText, s)
}

// thought tells of a piece of thought. A signature ends it.
func (c *choiceState) thought(dst []llm.Event, w *part) []llm.Event {
	signature, redacted, origin := untag(w.Signature)
	from := llm.Native{Dialect: origin}
	if redacted != "" {
		return c.whole(dst, llm.Event{PartKind: llm.RedactedPart, Text: redacted, Native: from})
	}
	if *w.Text == "" && signature == "" {
		return dst
	}
	if !c.open || c.kind != llm.ReasoningPart {
		dst = c.start(dst, llm.Event{PartKind: llm.ReasoningPart, Native: from})
	}
	if *w.Text != "" {
		dst = c.say(dst, llm.EventReasoning, *w.Text)
	}
	if signature != "" {
		dst = c.close(c.say(dst, llm.EventSignature, signature))
	}
	return dst
}
