package ollama

import (
	"strings"

	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for /api/chat.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := &preparation{outbound.Prepare(llm.Ollama, r, t)}
	p.B = append(p.B, '{')
	p.Str("model", p.Model())
	for _, step := range []func() error{p.One, p.messages, p.OfferedTools} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.format()
	p.think()
	p.options()
	p.Bool("stream", r.Stream)
	p.Residue(known)
	p.DropAccounting()
	p.Close('}')
	return &exchange{p.Exchange(), openaierror.Reader{Dialect: llm.Ollama, Provider: t.Provider}}, nil
}

type preparation struct{ *outbound.Preparation }

// known are members that clients of Ollama add to chat requests.
var known = map[string]string{
	"keep_alive": "keep_alive", "truncate": "truncate", "shift": "shift", "logprobs": "logprobs", "top_logprobs": "top_logprobs",
	"options": "", "think": "", "thinking": "",
}

func (p *preparation) messages() error {
	p.Open("messages", '[')
	for _, m := range p.Messages() {
		if err := p.message(&m); err != nil {
			return err
		}
	}
	p.Close(']')
	return nil
}

func (p *preparation) message(m *outbound.Message) error {
	p.Open("", '{')
	p.Str("role", string(m.Role))
	text, images, err := p.content(m)
	if err != nil {
		return err
	}
	p.Str("content", text)
	p.StrIf("thinking", m.Thought)
	if len(images) > 0 {
		p.Array("images", images)
	}
	if m.Role == llm.ToolRole {
		p.StrIf("tool_name", m.Tool)
		p.StrIf("tool_call_id", m.Result.CallID)
	}
	p.calls(m.Calls)
	p.Close('}')
	return nil
}

// TakesURL reports that images are taken as base64 only; other media are not
// taken at all.
func (Codec) TakesURL(m *llm.Media, _ dialect.Target) bool { return m.Kind != llm.Image }

// content is the text of a message, with documents that are text, and its
// images.
func (p *preparation) content(m *outbound.Message) (string, []json.Value, error) {
	var images []json.Value
	var texts []string
	for _, x := range m.Media() {
		switch {
		case x.Kind == llm.Image && x.Data != "":
			images = append(images, json.Quote(x.Data))
		case x.Kind == llm.Document && x.Text != "":
			texts = append(texts, x.Text)
		case x.Kind == llm.Image:
			return "", nil, p.Refuse("image_url", "takes images as base64 only, not by address")
		default:
			return "", nil, p.Refuse("messages.content", "does not take "+string(x.Kind)+" input")
		}
	}
	if text := m.Text(); text != "" || len(texts) == 0 {
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n"), images, nil
}

func (p *preparation) calls(calls []*llm.ToolCall) {
	if len(calls) == 0 {
		return
	}
	p.Open("tool_calls", '[')
	for _, c := range calls {
		p.Open("", '{')
		p.StrIf("id", c.ID)
		p.Open("function", '{')
		p.Str("name", c.Name)
		p.Raw("arguments", outbound.Arguments(c))
		p.Close('}')
		p.Close('}')
	}
	p.Close(']')
}
