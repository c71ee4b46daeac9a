package oracle

import (
	"strings"

	"sluice/core/dialect/internal/outbound"
	"sluice/core/llm"
)

type preparation struct{ *outbound.Preparation }

// generic writes a GenericChatRequest.
func (p *preparation) generic() error {
	p.Str("apiFormat", "GENERIC")
	p.Open("messages", '[')
	for _, m := range p.Messages() {
		if err := p.message(&m); err != nil {
			return err
		}
	}
	p.Close(']')
	if err := p.tools(); err != nil {
		return err
	}
	p.params()
	return nil
}

var roles = map[llm.Role]string{llm.System: "SYSTEM", llm.User: "USER", llm.Assistant: "ASSISTANT", llm.ToolRole: "TOOL"}

func (p *preparation) message(m *outbound.Message) error {
	p.Open("", '{')
	p.Str("role", roles[m.Role])
	p.Open("content", '[')
	for _, part := range m.Parts {
		p.Open("", '{')
		if err := p.part(part); err != nil {
			return err
		}
		p.Close('}')
	}
	p.Close(']')
	p.StrIf("reasoningContent", m.Thought)
	if m.Role == llm.ToolRole {
		p.Str("toolCallId", m.Result.CallID)
	}
	if len(m.Calls) > 0 {
		p.Open("toolCalls", '[')
		for _, c := range m.Calls {
			p.Open("", '{')
			p.Str("id", c.ID)
			p.Str("type", "FUNCTION")
			p.Str("name", c.Name)
			p.Str("arguments", string(outbound.Arguments(c)))
			p.Close('}')
		}
		p.Close(']')
	}
	p.Close('}')
	return nil
}

func (p *preparation) part(part llm.Part) error {
	m, ok := part.(*llm.Media)
	switch {
	case !ok:
		p.text(part.(*llm.Text).Text)
	case m.Text != "":
		p.text(m.Text)
	case m.FileID != "":
		return p.Refuse("messages.content", "does not take the id of a file")
	default:
		p.media(m)
	}
	return nil
}

func (p *preparation) text(s string) {
	p.Str("type", "TEXT")
	p.Str("text", s)
}

// members are where a medium stands, by its kind.
var members = map[llm.MediaKind]struct{ typ, name string }{
	llm.Image: {"IMAGE", "imageUrl"}, llm.Document: {"DOCUMENT", "documentUrl"}, llm.Audio: {"AUDIO", "audioUrl"}, llm.Video: {"VIDEO", "videoUrl"},
}

// media writes an address or a data URL, which all kinds take.
func (p *preparation) media(m *llm.Media) {
	url := m.URL
	if m.Data != "" {
		url = outbound.DataURL(m)
	}
	p.Str("type", members[m.Kind].typ)
	p.Open(members[m.Kind].name, '{')
	p.Str("url", url)
	if m.Kind == llm.Image {
		p.StrIf("detail", strings.ToUpper(m.Detail))
	}
	p.Close('}')
}

func (p *preparation) tools() error {
	functions, err := p.Functions()
	if err != nil || len(functions) == 0 {
		return err
	}
	p.Open("tools", '[')
	for _, f := range functions {
		p.Open("", '{')
		p.Str("type", "FUNCTION")
		p.Str("name", f.Name)
		p.StrIf("description", f.Description)
		p.Raw("parameters", f.Parameters)
		p.Close('}')
	}
	p.Close(']')
	p.choice()
	p.BoolIf("isParallelToolCalls", p.R.ParallelTools)
	return nil
}

var modes = map[llm.ToolMode]string{llm.ToolAuto: "AUTO", llm.ToolNone: "NONE", llm.ToolRequired: "REQUIRED", llm.ToolNamed: "FUNCTION"}

func (p *preparation) choice() {
	c := p.R.ToolChoice
	p.DropIf(len(c.Allowed) > 0, "tool_choice.allowed_tools")
	if modes[c.Mode] == "" {
		return
	}
	p.Open("toolChoice", '{')
	p.Str("type", modes[c.Mode])
	if c.Mode == llm.ToolNamed {
		p.Str("name", p.ToolName(c.Name))
	}
	p.Close('}')
}
