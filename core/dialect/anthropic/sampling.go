package anthropic

import (
	"strconv"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// sampling writes temperature, top_p and top_k as far as the model takes
// them. Literals stay as the client wrote them.
func (p *preparer) sampling() {
	p.out.Temperature = p.temperature()
	p.out.TopP = p.topP()
	if p.r.TopK == nil {
		return
	}
	if !p.model.TopK(p.thinks) {
		p.drop("top_k")
		return
	}
	p.out.TopK = p.r.TopK
}

func (p *preparer) temperature() json.Value {
	v, n, ok := p.literal("temperature", p.r.Temperature)
	if !ok {
		return nil
	}
	nearest, ok := p.model.Temperature(n, p.thinks)
	switch {
	case !ok:
		p.drop("temperature")
		return nil
	case nearest != n:
		p.drop("temperature")
		return marshal(nearest)
	}
	return v
}

func (p *preparer) topP() json.Value {
	v, n, ok := p.literal("top_p", p.r.TopP)
	if ok && !p.model.TopP(n, p.thinks, p.out.Temperature != nil) {
		p.drop("top_p")
		return nil
	}
	return v
}

// literal reads a number. What is none is reported and left out.
func (p *preparer) literal(name string, number llm.Number) (json.Value, float64, bool) {
	v := number.Value()
	if v == nil {
		return nil, 0, false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || !json.Valid(v) {
		p.drop(name)
		return nil, 0, false
	}
	return v, n, true
}

// format writes the form that the answer must have. The API knows JSON Schema
// and free text, nothing between.
//
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs
func (p *preparer) format() {
	if rest := p.nested("output_config"); rest != nil {
		p.config().Rest = rest
	}
	o := &p.r.Output
	rest := p.residue("response_format.", o.Native)
	switch {
	case o.Kind == llm.OutputSchema && o.Schema.Kind() == '{':
		p.config().Format = marshal(outputFormat{Type: word("json_schema"), Schema: o.Schema, Rest: rest})
	case o.Kind == llm.OutputSchema || o.Kind == llm.OutputJSON:
		p.drop("response_format")
	}
}
