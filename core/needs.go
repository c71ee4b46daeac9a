package core

import "sluice/core/llm"

// Needs are what a conversation asks of a model beside reading and writing
// text.
type Needs struct {
	Tools                    bool // some are offered, or were called before
	Images, Documents, Audio bool // are to be seen, read or heard
}

// Needs reads what the conversation needs out of the decoded request, once for
// all copies that share it. A request that cannot be decoded needs nothing:
// whoever is asked will say what is wrong with it.
func (c *Call) Needs() Needs {
	r, err := c.Request()
	if err != nil {
		return Needs{}
	}
	c.decoded.needsOnce.Do(func() { c.decoded.needs = needsOf(r) })
	return c.decoded.needs
}

func needsOf(r *llm.Request) Needs {
	n := Needs{Tools: len(r.Tools) > 0}
	for i := range r.Turns {
		n.add(r.Turns[i].Parts)
	}
	return n
}

func (n *Needs) add(parts []llm.Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case *llm.ToolCall:
			n.Tools = true
		case *llm.ToolResult:
			n.Tools = true
			n.add(p.Parts)
		case *llm.Media:
			n.media(p)
		}
	}
}

// media notes what has to be seen or heard. A document that is plain text is
// one that every model reads.
func (n *Needs) media(m *llm.Media) {
	switch {
	case m.Kind == llm.Image:
		n.Images = true
	case m.Kind == llm.Audio:
		n.Audio = true
	case m.Kind == llm.Document && m.Text == "":
		n.Documents = true
	}
}
