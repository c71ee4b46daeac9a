package legacy

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// names are what a service calls the parameters that most have. One without a
// name is reported.
type names struct {
	in                                string // the object that they stand in; empty: the body
	n, maxTokens, temperature         string
	topP, topK, stop, seed            string
	presencePenalty, frequencyPenalty string
	scaled                            bool // penalties are objects with a scale
}

// params writes the parameters that were said.
func (p *preparation) params() {
	n, r := &p.form.names, p.R
	at := len(p.B)
	if n.in != "" {
		p.Open(n.in, '{')
	}
	empty := len(p.B)
	p.whole("n", n.n, r.N)
	p.whole("max_tokens", n.maxTokens, r.MaxTokens)
	p.number("temperature", n.temperature, r.Temperature, false)
	p.number("top_p", n.topP, r.TopP, false)
	p.whole("top_k", n.topK, r.TopK)
	p.stop(n.stop)
	p.whole("seed", n.seed, r.Seed)
	p.number("presence_penalty", n.presencePenalty, r.PresencePenalty, n.scaled)
	p.number("frequency_penalty", n.frequencyPenalty, r.FrequencyPenalty, n.scaled)
	switch {
	case n.in == "":
	case len(p.B) == empty:
		p.B = p.B[:at]
	default:
		p.Close('}')
	}
}

func (p *preparation) whole(name, as string, v *int64) {
	switch {
	case v == nil:
	case as != "":
		p.Int(as, *v)
	case name != "n": // one answer is what there is anyway
		p.Drop(name)
	}
}

func (p *preparation) number(name, as string, v llm.Number, scaled bool) {
	switch {
	case v == "":
	case as == "":
		p.Drop(name)
	case scaled:
		p.Open(as, '{')
		p.Raw("scale", v.Value())
		p.Close('}')
	default:
		p.Raw(as, v.Value())
	}
}

func (p *preparation) stop(as string) {
	switch {
	case len(p.R.Stop) == 0:
	case as == "":
		p.Drop("stop")
	default:
		words := make([]json.Value, len(p.R.Stop))
		for i, s := range p.R.Stop {
			words[i] = json.Quote(s)
		}
		p.Array(as, words)
	}
}
