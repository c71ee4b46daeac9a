package anthropic

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// turns writes system and messages.
//
// Neighbours of one role become one message, in which the results of tools
// stand first: the API wants all results of a turn in the message right after
// the calls.
func (p *preparer) turns() {
	turns := p.r.Turns
	for len(turns) > 0 && instructs(turns[0].Role) {
		p.system(&turns[0])
		turns = turns[1:]
	}
	var ms messages
	for i := range turns {
		p.turn(&ms, &turns[i])
	}
	p.out.Messages = ms.finish()
	if len(p.out.Messages) == 0 {
		p.fail(llm.BadRequest, "messages: at least one turn of a user or an assistant with content is required")
	}
}

func instructs(r llm.Role) bool { return r == llm.System || r == llm.Developer }

// system writes an instruction at the front.
func (p *preparer) system(t *llm.Turn) {
	if own := p.residue("messages.", t.Native); own != nil { // the system member has no place for it
		for _, name := range json.Names(own) {
			p.drop("messages." + name)
		}
	}
	for _, part := range t.Parts {
		switch part.(type) {
		case *llm.Text, *llm.Foreign:
			p.out.System = append(p.out.System, p.part(part)...)
		default:
			p.drop("system." + kindOf(part))
		}
	}
}

// messages collects messages. An operator's note that comes between a call
// and its result waits until the result has come.
type messages struct {
	list []draft
	held []draft
}

type draft struct {
	message
	results []block
	calls   bool
}

func (p *preparer) turn(ms *messages, t *llm.Turn) {
	d := draft{message: message{Role: "user", Rest: p.residue("messages.", t.Native)}}
	if t.Name != "" {
		p.drop("messages.name")
	}
	switch {
	case t.Role == llm.Assistant:
		d.Role = "assistant"
	case instructs(t.Role) && p.native && p.model.System:
		d.Role = "system"
	}
	note := instructs(t.Role) && d.Role == "user"
	for _, part := range t.Parts {
		bs := p.turnPart(d.Role, note, part)
		switch part.(type) {
		case *llm.ToolResult:
			d.results = append(d.results, bs...)
			continue
		case *llm.ToolCall:
			d.calls = d.calls || len(bs) > 0
		}
		d.Content = append(d.Content, bs...)
	}
	ms.add(d)
}

// turnPart writes one part, if it can stand in a message of that role.
func (p *preparer) turnPart(role string, note bool, part llm.Part) []block {
	switch part := part.(type) {
	case *llm.Text:
		if note && !blank(part.Text) {
			noted := *part
			noted.Text = "<operator-note>\n" + part.Text + "\n</operator-note>"
			return p.part(&noted)
		}
	case *llm.ToolCall, *llm.Reasoning:
		if role != "assistant" {
			p.drop("messages." + kindOf(part))
			return nil
		}
	case *llm.Media, *llm.ToolResult:
		if role != "user" {
			p.drop("messages." + kindOf(part))
			return nil
		}
	}
	return p.part(part)
}

func (ms *messages) add(d draft) {
	if len(d.Content) == 0 && len(d.results) == 0 {
		return // an empty message is refused
	}
	last := len(ms.list) - 1
	switch {
	case d.Role == "system" && last >= 0 && ms.list[last].calls:
		ms.held = append(ms.held, d)
		return
	case d.Role != "user":
		ms.release()
		last = len(ms.list) - 1
	}
	if last >= 0 && ms.list[last].Role == d.Role && len(ms.list[last].Rest) == 0 && len(d.Rest) == 0 {
		to := &ms.list[last]
		to.Content = append(to.Content, d.Content...)
		to.results = append(to.results, d.results...)
		to.calls = to.calls || d.calls
		return
	}
	ms.list = append(ms.list, d)
}

func (ms *messages) release() {
	ms.list = append(ms.list, ms.held...)
	ms.held = nil
}

func (ms *messages) finish() []message {
	ms.release()
	out := make([]message, len(ms.list))
	for i, d := range ms.list {
		out[i] = d.message
		out[i].Content = append(d.results, d.Content...)
	}
	return out
}
