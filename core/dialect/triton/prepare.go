package triton

import (
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request for generate and generate_stream, whose bodies are
// the same but for stream.
func (Codec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	p := &preparation{outbound.Prepare(llm.Triton, r, t)}
	p.B = append(p.B, '{')
	for _, step := range []func() error{p.One, p.prompt} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.params()
	p.Close('}')
	return &exchange{p.Exchange(), openaierror.Reader{Dialect: llm.Triton, Provider: t.Provider}}, nil
}

type preparation struct{ *outbound.Preparation }

// prompt takes what can only be a prompt.
func (p *preparation) prompt() error {
	messages := p.Messages()
	switch {
	case len(p.R.Tools) > 0 && p.R.ToolChoice.Mode != llm.ToolNone:
		return p.Refuse("tools", "knows no tools")
	case p.R.Output.Kind == llm.OutputJSON || p.R.Output.Kind == llm.OutputSchema:
		return p.Refuse("response_format", "gives free text only")
	case len(messages) != 1 || messages[0].Role != llm.User || len(messages[0].Media()) > 0:
		return p.Refuse("messages", "takes one prompt, as a text, and no conversation: use /v1/completions")
	}
	p.Str("text_input", messages[0].Text())
	return nil
}

// Defaults that are always sent, as the reference does: a server without them
// answers with very few tokens, and always the likeliest.
const (
	maxTokens   = 100
	temperature = "0.7"
	topP        = "0.7"
	topK        = 50
)

func (p *preparation) params() {
	r := p.R
	p.Int("max_tokens", or(r.MaxTokens, maxTokens))
	p.Raw("temperature", number(r.Temperature, temperature))
	p.Raw("top_p", number(r.TopP, topP))
	p.Int("top_k", or(r.TopK, topK))
	p.IntIf("random_seed", r.Seed)
	p.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	p.Raw("presence_penalty", r.PresencePenalty.Value())
	if len(r.Stop) > 0 {
		p.Open("stop_words", '[')
		for _, s := range r.Stop {
			p.Element(json.Quote(s))
		}
		p.Close(']')
	}
	if r.Stream {
		p.Bool("stream", true)
	}
	p.Residue(map[string]string{"bad_words": "bad_words", "max_tokens": ""})
	p.DropAccounting()
	p.DropIf(!r.Reasoning.IsZero(), "reasoning")
}

func or(n *int64, standard int64) int64 {
	if n == nil {
		return standard
	}
	return *n
}

func number(n llm.Number, standard string) json.Value {
	if n == "" {
		return json.Value(standard)
	}
	return n.Value()
}
