package guard

import (
	"io"
	"slices"

	"sluice/core/llm"
)

// whole restores an answer that is there at once. One in which nothing was
// replaced keeps its bytes, and so does one that nobody can read.
func (p *putting) whole() {
	resp, err := p.reply.Response()
	if err != nil || resp == nil {
		return
	}
	p.begin()
	out := *resp
	out.Native.Members = p.value(resp.Native.Members)
	changed := string(out.Native.Members) != string(resp.Native.Members)
	out.Choices = slices.Clone(resp.Choices)
	for i := range out.Choices {
		changed = p.choice(&out.Choices[i]) || changed
	}
	if changed {
		p.reply.Say(&out)
	}
}

// choice restores a choice, and reports whether something in it has changed.
func (p *putting) choice(c *llm.Choice) bool {
	parts := slices.Clone(c.Parts)
	for i, part := range parts {
		parts[i] = p.part(c.Index, part)
	}
	native := p.candidate(c.Native, c.Index)
	if !p.changed[c.Index] {
		return false
	}
	if c.Logprobs != nil {
		p.drop("response.logprobs")
	}
	c.Parts, c.Native, c.Logprobs = parts, native, nil
	return true
}

// part restores a part of an answer, which it does not change.
func (p *putting) part(choice int, part llm.Part) llm.Part {
	switch part := part.(type) {
	case *llm.Text:
		own, s := *part, p.text(choice, llm.TextPart, false)
		own.Text = p.say(s, choice, part.Text)
		if own.Text != part.Text {
			own.Native = p.unlikely(own.Native)
		}
		own.Native = p.native(choice, own.Native)
		own.Citations = nil
		for i := range part.Citations {
			if c := p.source(choice, &part.Citations[i], s.moves); c != nil {
				own.Citations = append(own.Citations, *c)
			}
		}
		return &own
	case *llm.Reasoning:
		own := *part
		own.Text, own.Native = p.say(p.text(choice, llm.ReasoningPart, false), choice, part.Text), p.native(choice, part.Native)
		return &own
	case *llm.Refusal:
		return &llm.Refusal{Text: p.say(p.text(choice, llm.RefusalPart, false), choice, part.Text), Native: p.native(choice, part.Native)}
	case *llm.ToolCall:
		own := *part
		own.Arguments, own.Native = p.say(p.text(choice, llm.ToolCallPart, part.Custom), choice, part.Arguments), p.native(choice, part.Native)
		return &own
	case *llm.Foreign:
		return &llm.Foreign{Kind: part.Kind, Native: p.native(choice, part.Native)}
	case *llm.Media:
		return p.media(choice, part)
	}
	return part
}

// media restores the words of a document or of a sound.
func (p *putting) media(choice int, m *llm.Media) *llm.Media {
	own := *m
	own.Text, own.Native = p.say(p.of.Stream(false), choice, m.Text), p.native(choice, m.Native)
	return &own
}

// say restores a whole text of a choice.
func (p *putting) say(s *Restorer, choice int, text string) string {
	now := s.Write(text) + s.Close()
	p.changed[choice] = p.changed[choice] || now != text
	return now
}

// A restoredReader restores a text that is handed on as it comes.
type restoredReader struct {
	from io.Reader
	by   *Restorer
	left []byte
	err  error
}

// Read hands on what has been restored.
func (r *restoredReader) Read(b []byte) (int, error) {
	buf := make([]byte, 4<<10)
	for len(r.left) == 0 && r.err == nil {
		var n int
		n, r.err = r.from.Read(buf)
		r.left = []byte(r.by.Write(string(buf[:n])))
		if r.err != nil {
			r.left = append(r.left, r.by.Close()...)
		}
	}
	n := copy(b, r.left)
	if r.left = r.left[n:]; len(r.left) == 0 {
		return n, r.err
	}
	return n, nil
}
