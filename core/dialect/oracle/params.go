package oracle

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// known are members of chat that GENERIC has under another name.
var known = map[string]string{
	"logit_bias": "logitBias", "is_echo": "isEcho", "metadata": "metadata", "max_tokens": "",
}

func (p *preparation) params() {
	r := p.R
	name := "maxTokens"
	if strings.HasPrefix(p.Model(), "openai.") { // whose reasoning models refuse it
		name = "maxCompletionTokens"
	}
	p.IntIf(name, r.MaxTokens)
	p.sampling()
	p.IntIf("numGenerations", r.N)
	p.stop("stop")
	p.effort()
	p.format()
	p.stream()
	p.Residue(known)
}

// sampling writes what both formats have.
func (p *preparation) sampling() {
	r := p.R
	p.Raw("temperature", r.Temperature.Value())
	p.Raw("topP", r.TopP.Value())
	p.IntIf("topK", r.TopK)
	p.Raw("frequencyPenalty", r.FrequencyPenalty.Value())
	p.Raw("presencePenalty", r.PresencePenalty.Value())
	p.IntIf("seed", r.Seed)
}

func (p *preparation) stop(name string) {
	if len(p.R.Stop) == 0 {
		return
	}
	p.Open(name, '[')
	for _, s := range p.R.Stop {
		p.Element(json.Quote(s))
	}
	p.Close(']')
}

// stream asks for the usage too, which a stream has only then.
func (p *preparation) stream() {
	if p.R.Stream {
		p.Bool("isStream", true)
		p.Raw("streamOptions", json.Value(`{"isIncludeUsage":true}`))
	}
}

// efforts are the words that OCI knows, for those that clients have.
var efforts = map[string]string{"none": "NONE", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}

func (p *preparation) effort() {
	t := &p.R.Reasoning
	word := efforts[t.Effort]
	if t.Effort == "" && t.Mode == llm.ThinkingOff {
		word = "NONE"
	}
	p.StrIf("reasoningEffort", word)
	p.DropIf(t.Effort == "xhigh" || t.Effort == "max" || t.Effort != "" && word == "", "reasoning_effort")
	p.DropIf(t.Budget != nil, "thinking.budget_tokens")
	p.DropIf(t.Summary != "", "thinking.display")
}

func (p *preparation) format() {
	o := &p.R.Output
	switch o.Kind {
	case llm.OutputJSON:
		p.Raw("responseFormat", json.Value(`{"type":"JSON_OBJECT"}`))
	case llm.OutputSchema:
		p.Open("responseFormat", '{')
		p.Str("type", "JSON_SCHEMA")
		p.Open("jsonSchema", '{')
		p.Str("name", nameOf(o))
		p.StrIf("description", o.Description)
		p.Raw("schema", o.Schema)
		p.BoolIf("isStrict", o.Strict)
		p.Close('}')
		p.Close('}')
	default:
		p.DropIf(!o.Native.Empty(), "response_format")
	}
}

// nameOf is the name of a schema, which has to have one.
func nameOf(o *llm.Output) string {
	if o.Name == "" {
		return "output"
	}
	return o.Name
}
