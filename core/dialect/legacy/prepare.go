package legacy

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/llm"
)

// Prepare writes a request. It refuses, with an *llm.Error of kind BadRequest,
// tools and their turns, media that cannot be shown, and more answers than the
// service gives.
func (c Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := &preparation{outbound.Prepare(c.form.dialect, r, t), c.form}
	if err := p.check(); err != nil {
		return nil, err
	}
	lines, err := p.lines()
	if err != nil {
		return nil, err
	}
	p.B = append(p.B, '{')
	if err := c.form.write(p, lines); err != nil {
		return nil, err
	}
	p.params()
	p.Residue(c.form.members)
	p.Close('}')
	return &exchange{p.Exchange(), openaierror.Reader{Dialect: c.form.dialect, Provider: t.Provider}, c.form}, nil
}

// preparation writes one request.
type preparation struct {
	*outbound.Preparation
	form *form
}

// check refuses what would make another answer, and reports what only shapes
// it.
func (p *preparation) check() error {
	r := p.R
	if len(r.Tools) > 0 && r.ToolChoice.Mode != llm.ToolNone {
		return p.Refuse("tools", "has no tools")
	}
	if p.form.names.n == "" {
		if err := p.One(); err != nil {
			return err
		}
	}
	thinks := r.Reasoning.Mode == llm.ThinkingOn || r.Reasoning.Mode == llm.ThinkingAdaptive || r.Reasoning.Budget != nil
	p.DropIf(r.Output.Kind != "" && r.Output.Kind != llm.OutputText, "response_format")
	p.DropIf(thinks, "thinking")
	p.DropIf(r.Reasoning.Effort != "" && r.Reasoning.Effort != "none", "reasoning_effort")
	p.DropAccounting()
	return nil
}

// A line is what one side says: words, or a picture.
type line struct {
	role  llm.Role // system, user or assistant
	text  string
	image string // URL, or data URL
}

// lines reads the messages. The words of a message are one line.
func (p *preparation) lines() ([]line, error) {
	var out []line
	for _, m := range p.Messages() {
		if m.Role == llm.ToolRole || len(m.Calls) > 0 {
			return nil, p.Refuse("messages", "has no tools, and no word for what they said")
		}
		p.DropIf(m.Thought != "", "messages.content (reasoning)")
		var words []string
		for _, x := range m.Media() {
			switch {
			case x.Text != "":
				words = append(words, strings.TrimPrefix(x.Name+"\n"+x.Text, "\n"))
			case !p.form.images || x.Kind != llm.Image || x.FileID != "":
				return nil, p.Refuse("messages.content", "does not take "+string(x.Kind)+" input like this")
			case x.Data != "":
				out = append(out, line{role: m.Role, image: outbound.DataURL(x)})
			default:
				out = append(out, line{role: m.Role, image: x.URL})
			}
		}
		if text := m.Text(); text != "" {
			words = append(words, text)
		}
		if words != nil {
			out = append(out, line{role: m.Role, text: strings.Join(words, "\n")})
		}
	}
	return out, nil
}

// prompt is the text of a completion, which these services have a method of
// its own for.
func (p *preparation) prompt(lines []line) (string, bool) {
	if p.R.Native.Dialect != llm.OpenAIText || len(lines) != 1 || lines[0].role != llm.User || lines[0].image != "" {
		return "", false
	}
	return lines[0].text, true
}
