package workersai

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for run. A request that came as a prompt stays
// one.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := &preparation{outbound.Prepare(llm.WorkersAI, r, t)}
	p.B = append(p.B, '{')
	for _, step := range []func() error{p.One, p.input, p.OfferedTools} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.params()
	p.Close('}')
	x := &exchange{Exchange: p.Exchange(), Reader: openaierror.Reader{Dialect: llm.WorkersAI, Provider: t.Provider}}
	if r.MaxTokens != nil {
		x.limit = *r.MaxTokens
	}
	return x, nil
}

type preparation struct{ *outbound.Preparation }

func (p *preparation) input() error {
	messages := p.Messages()
	if p.R.Native.Dialect == llm.OpenAIText {
		if len(messages) != 1 {
			return p.Refuse("prompt", "takes one text")
		}
		p.Str("prompt", messages[0].Text())
		return nil
	}
	p.Open("messages", '[')
	for _, m := range messages {
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
	if err := p.content(m); err != nil {
		return err
	}
	p.DropIf(m.Thought != "", "messages.content (reasoning)")
	if m.Role == llm.ToolRole {
		p.StrIf("name", m.Tool)
		p.Str("tool_call_id", m.Result.CallID)
	}
	if len(m.Calls) > 0 {
		p.Open("tool_calls", '[')
		for _, c := range m.Calls {
			p.call(c)
		}
		p.Close(']')
	}
	p.Close('}')
	return nil
}

func (p *preparation) call(c *llm.ToolCall) {
	p.Open("", '{')
	p.Str("id", c.ID)
	p.Str("type", "function")
	p.Open("function", '{')
	p.Str("name", c.Name)
	p.Str("arguments", string(outbound.Arguments(c)))
	p.Close('}')
	p.Close('}')
}

// content is a string, unless there is an image.
func (p *preparation) content(m *outbound.Message) error {
	if len(m.Media()) == 0 {
		p.Str("content", m.Text())
		return nil
	}
	p.Open("content", '[')
	for _, part := range m.Parts {
		p.Open("", '{')
		switch v := part.(type) {
		case *llm.Text:
			p.Str("type", "text")
			p.Str("text", v.Text)
		case *llm.Media:
			if err := p.media(v); err != nil {
				return err
			}
		}
		p.Close('}')
	}
	p.Close(']')
	return nil
}

// TakesURL reports that images are taken as data URLs only; other media are not
// taken at all.
//
// https://developers.cloudflare.com/workers-ai/models/llama-3.2-11b-vision-instruct/
func (Codec) TakesURL(m *llm.Media, _ dialect.Target) bool { return m.Kind != llm.Image }

func (p *preparation) media(m *llm.Media) error {
	switch {
	case m.Text != "":
		p.Str("type", "text")
		p.Str("text", m.Text)
		return nil
	case m.Kind != llm.Image || m.FileID != "":
		return p.Refuse("messages.content", "takes images only, not "+string(m.Kind)+" input")
	}
	p.DropIf(m.Detail != "" && m.Detail != "auto", "messages.content.detail")
	url := m.URL
	if m.Data != "" {
		url = outbound.DataURL(m)
	}
	p.Str("type", "image_url")
	p.Open("image_url", '{')
	p.Str("url", url)
	p.Close('}')
	return nil
}

// known are members that clients of Workers AI add to chat requests.
var known = map[string]string{"raw": "raw", "lora": "lora", "repetition_penalty": "repetition_penalty", "guided_json": "guided_json", "functions": "functions"}

func (p *preparation) params() {
	r := p.R
	p.IntIf("max_tokens", r.MaxTokens)
	p.Raw("temperature", r.Temperature.Value())
	p.Raw("top_p", r.TopP.Value())
	p.IntIf("top_k", r.TopK)
	p.IntIf("seed", r.Seed)
	p.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	p.Raw("presence_penalty", r.PresencePenalty.Value())
	p.format(&r.Output)
	if r.Stream {
		p.Bool("stream", true)
	}
	p.Residue(known)
	p.DropIf(len(r.Stop) > 0, "stop")
	p.DropAccounting()
	p.DropIf(r.Reasoning.Effort != "" || r.Reasoning.Mode != "" || r.Reasoning.Budget != nil, "reasoning")
}

func (p *preparation) format(o *llm.Output) {
	var schema json.Value
	switch o.Kind {
	case llm.OutputJSON:
	case llm.OutputSchema:
		schema = o.Schema
	default:
		p.DropIf(!o.Native.Empty(), "response_format")
		return
	}
	p.Open("response_format", '{')
	if schema == nil {
		p.Str("type", "json_object")
	} else {
		p.Str("type", "json_schema")
		p.Raw("json_schema", schema)
	}
	p.Close('}')
}
