package ollama

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// format writes the form of the answer: "json", or the schema itself.
func (p *preparation) format() {
	switch o := &p.R.Output; o.Kind {
	case llm.OutputJSON:
		p.Str("format", "json")
	case llm.OutputSchema:
		p.Raw("format", o.Schema)
	default:
		if o.Native.Dialect == llm.OpenAIChat && !o.Native.Empty() {
			p.Drop("response_format")
		}
	}
}

// levels are the words for effort that models with levels know, for those
// that they do not.
var levels = map[string]string{"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}

// think writes how much the model may reason: true or false, and a word for
// gpt-oss, which has nothing else.
func (p *preparation) think() {
	t := &p.R.Reasoning
	p.DropIf(t.Budget != nil, "thinking.budget_tokens")
	p.DropIf(t.Summary != "", "thinking.display")
	level := levels[t.Effort]
	switch {
	case t.Mode == llm.ThinkingOff, t.Effort == "none":
		p.Bool("think", false)
	case level != "" && strings.Contains(p.Model(), "gpt-oss"):
		p.Str("think", level)
	case t.Mode != "", level != "":
		p.DropIf(level != "", "reasoning_effort (thinking is on or off)")
		p.Bool("think", true)
	default:
		if v := p.added("think"); v != nil {
			p.Raw("think", v)
		} else {
			p.Raw("think", p.added("thinking"))
		}
	}
}

// added is a member of Ollama's that a client has added to a chat request.
func (p *preparation) added(name string) json.Value {
	v := json.Lookup(p.R.Native.For(llm.OpenAIChat), name)
	if v.Kind() == 'n' {
		return nil
	}
	return v
}

// options writes the parameters, and those that a client adds by itself. The
// ones that chat has words for count more.
func (p *preparation) options() {
	r, w := p.R, json.NewWriter("{")
	w.IntIf("num_predict", r.MaxTokens)
	w.Raw("temperature", r.Temperature.Value())
	w.Raw("top_p", r.TopP.Value())
	w.IntIf("top_k", r.TopK)
	w.IntIf("seed", r.Seed)
	w.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	w.Raw("presence_penalty", r.PresencePenalty.Value())
	if len(r.Stop) > 0 {
		w.Open("stop", '[')
		for _, s := range r.Stop {
			w.Element(json.Quote(s))
		}
		w.Close(']')
	}
	w.Close('}')
	w = json.Writer{B: w.B[:len(w.B)-1]}
	w.Rest(json.ObjectOf(p.added("options")), json.Names(append(w.B[:len(w.B):len(w.B)], '}'))...)
	if w.Close('}'); len(w.B) > len("{}") {
		p.Raw("options", w.B)
	}
}
