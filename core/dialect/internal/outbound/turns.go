package outbound

import (
	"cmp"
	"fmt"
	"strings"

	"sluice/core/llm"
)

// A Message is what one side says in one message of a dialect.
type Message struct {
	Role    llm.Role   // System, User, Assistant or ToolRole
	Parts   []llm.Part // texts and media, in their order
	Thought string     // of an assistant, unless it was signed or sealed by another provider
	Calls   []*llm.ToolCall
	Result  *llm.ToolResult // of ToolRole; Parts are what the tool said
	Tool    string          // name of the tool that answers, as it is sent
}

// Text joins the texts of a message.
func (m *Message) Text() string {
	var all []string
	for _, part := range m.Parts {
		if t, ok := part.(*llm.Text); ok {
			all = append(all, t.Text)
		}
	}
	if m.Role == llm.Assistant {
		return strings.Join(all, "")
	}
	return strings.Join(all, "\n")
}

// Media lists the media of a message.
func (m *Message) Media() []*llm.Media {
	var all []*llm.Media
	for _, part := range m.Parts {
		if x, ok := part.(*llm.Media); ok {
			all = append(all, x)
		}
	}
	return all
}

// DataURL is the URL of a medium whose bytes are in the request.
func DataURL(m *llm.Media) string {
	return "data:" + cmp.Or(m.MediaType, usual[m.Kind]) + ";base64," + m.Data
}

// usual are the types of media whose type nobody told.
var usual = map[llm.MediaKind]string{
	llm.Image: "image/png", llm.Document: "application/pdf", llm.Audio: "audio/mpeg", llm.Video: "video/mp4",
}

// Messages takes the turns apart. Each tool result is a message of its own
// and stands behind the calls; what tools have shown follows in a message of
// the user. Messages that say nothing are left out.
func (p *Preparation) Messages() []Message {
	s := splitter{p: p, tools: map[string]string{}}
	for i := range p.R.Turns {
		s.turn(&p.R.Turns[i])
	}
	s.flush()
	return s.out
}

type splitter struct {
	p     *Preparation
	out   []Message
	held  []Message         // between calls and the last of their results
	tools map[string]string // :: id of a call → name that it was sent with
	open  int               // calls without a result
}

func (s *splitter) turn(t *llm.Turn) {
	s.p.lost("messages.", t.Native)
	s.p.DropIf(t.Name != "", "messages.name")
	m := Message{Role: t.Role}
	switch t.Role {
	case llm.Developer:
		m.Role = llm.System
	case llm.ToolRole:
		m.Role = llm.User
	case llm.Assistant:
		s.flush()
	}
	for _, part := range t.Parts {
		s.part(&m, part)
	}
	switch {
	case len(m.Parts)+len(m.Calls) == 0 && m.Thought == "":
	case s.open > 0:
		s.held = append(s.held, m)
	default:
		s.flush()
		s.out = append(s.out, m)
	}
	if t.Role == llm.Assistant {
		s.open = len(m.Calls)
	}
}

func (s *splitter) part(m *Message, part llm.Part) {
	p := s.p
	switch v := part.(type) {
	case *llm.Text:
		p.DropIf(v.Cache != nil, "cache_control")
		p.DropIf(len(v.Citations) > 0, "messages.citations")
		p.lost("messages.content.", v.Native)
		if strings.TrimSpace(v.Text) != "" {
			m.Parts = append(m.Parts, v)
		}
	case *llm.Media:
		p.DropIf(v.Cache != nil, "cache_control")
		p.lost("messages.content.", v.Native)
		m.Parts = append(m.Parts, v)
	case *llm.Refusal:
		m.Parts = append(m.Parts, &llm.Text{Text: v.Text})
	case *llm.Reasoning:
		if v.Redacted != "" || v.Signature != "" {
			p.Drop("messages.content (reasoning)")
			return
		}
		m.Thought += v.Text
	case *llm.ToolCall:
		p.DropIf(v.Cache != nil, "cache_control")
		s.call(m, v)
	case *llm.ToolResult:
		p.DropIf(v.Cache != nil, "cache_control")
		s.result(v)
	case *llm.Foreign:
		p.Drop("messages.content (" + v.Kind + ")")
	}
}

func (s *splitter) call(m *Message, c *llm.ToolCall) {
	sent := *c
	sent.Name = s.p.ToolName(c.Name)
	s.tools[c.ID] = sent.Name
	m.Calls = append(m.Calls, &sent)
}

// result writes the answer of a tool. No dialect here has a word for a failed
// one: the text says it.
func (s *splitter) result(r *llm.ToolResult) {
	m := Message{Role: llm.ToolRole, Result: r, Tool: s.tools[r.CallID]}
	shown := Message{Role: llm.User}
	for _, part := range r.Parts {
		switch v := part.(type) {
		case *llm.Text:
			m.Parts = append(m.Parts, v)
		case *llm.Media:
			m.Parts = append(m.Parts, &llm.Text{Text: fmt.Sprintf("[%s: see the next user message]", v.Kind)})
			shown.Parts = append(shown.Parts, v)
		default:
			s.p.Drop("messages.content (tool_result)")
		}
	}
	s.p.DropIf(r.IsError, "messages.content.is_error (tool_result)")
	s.out = append(s.out, m)
	if len(shown.Parts) > 0 {
		s.held = append(s.held, shown)
	}
	s.open--
}

// flush lets go what was held back until the results were there.
func (s *splitter) flush() {
	s.out = append(s.out, s.held...)
	s.held, s.open = nil, 0
}
