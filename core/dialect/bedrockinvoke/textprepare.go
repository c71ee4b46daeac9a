package bedrockinvoke

import (
	"slices"
	"strings"

	"sluice/core/dialect"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Prepare writes a request as a prompt. What a prompt cannot say — tools,
// images — is refused: without it the answer would be to something else.
func (c textCodec) Prepare(r *llm.Request, t dialect.Target) (dialect.Exchange, error) {
	if len(r.Tools) > 0 {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "tools: " + t.Model + " takes a prompt only", Param: "tools"}
	}
	p := textPreparation{f: c.f}
	prompt, err := c.f.write(r.Turns)
	if err != nil {
		return nil, err
	}
	p.put("prompt", c.f.prompt, json.Quote(prompt))
	p.put("max_tokens", c.f.maxTokens, numberOf(r.MaxTokens))
	p.put("temperature", c.f.temperature, r.Temperature.Value())
	p.put("top_p", c.f.topP, r.TopP.Value())
	p.put("top_k", c.f.topK, numberOf(r.TopK))
	p.put("stop", c.f.stop, stops(r.Stop))
	p.put("frequency_penalty", c.f.frequency, r.FrequencyPenalty.Value())
	p.put("presence_penalty", c.f.presence, r.PresencePenalty.Value())
	if r.N != nil && (c.f.n != "" || *r.N == 1) {
		p.put("", c.f.n, numberOf(r.N))
	} else if r.N != nil {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "n: " + t.Model + " gives one answer", Param: "n"}
	}
	p.leave(r)
	return &textExchange{textCodec: c, body: p.body(r.Native.For(llm.InvokeModel)), dropped: p.dropped}, nil
}

// A textPreparation is a body being written.
type textPreparation struct {
	f       *textFamily
	members []json.Member
	dropped []string
}

// put writes a member where the family has it, else reports it by its name;
// one without a name means the same when it is absent.
func (p *textPreparation) put(name, path string, v json.Value) {
	switch {
	case v == nil:
	case path != "":
		p.members = append(p.members, json.Named(path, v))
	case name != "":
		p.dropped = append(p.dropped, name)
	}
}

// leave reports what no prompt can say and what is not needed for an answer.
func (p *textPreparation) leave(r *llm.Request) {
	for name, set := range map[string]bool{
		"seed": r.Seed != nil, "response_format": r.Output.Kind != "" && r.Output.Kind != llm.OutputText,
		"reasoning": !r.Reasoning.IsZero(), "user": r.User != "",
	} {
		if set {
			p.dropped = append(p.dropped, name)
		}
	}
	slices.Sort(p.dropped)
	p.dropped = append(p.dropped, r.Native.ForeignTo(llm.InvokeModel)...)
}

// body writes the members. Those with one dot in their paths share an object.
func (p *textPreparation) body(rest json.Value) []byte {
	var top []json.Member
	for _, m := range p.members {
		outer, inner, nested := strings.Cut(m.Name, ".")
		if !nested {
			top = append(top, m)
			continue
		}
		i := slices.IndexFunc(top, func(m json.Member) bool { return m.Name == outer })
		if i < 0 {
			top = append(top, json.Named(outer, json.Join(nil, json.Named(inner, m.Value))))
			continue
		}
		top[i].Value = json.Join(top[i].Value, json.Named(inner, m.Value))
	}
	return json.Join(rest, top...)
}

func numberOf(n *int64) json.Value {
	if n == nil {
		return nil
	}
	v, _ := json.Marshal(*n)
	return v
}

func stops(s []string) json.Value {
	if len(s) == 0 {
		return nil
	}
	v, _ := json.Marshal(s)
	return v
}

// What Claude 2 wants between turns.
const (
	human     = "\n\nHuman: "
	assistant = "\n\nAssistant:"
)

// write makes a prompt. What one user says alone is the prompt itself.
func (f *textFamily) write(turns []llm.Turn) (string, error) {
	var b strings.Builder
	for _, t := range turns {
		text, err := spoken(t)
		switch {
		case err != nil:
			return "", err
		case t.Role == llm.Assistant:
			b.WriteString(assistant + " " + text)
		case t.Role == llm.User:
			b.WriteString(human + text)
		default: // instructions stand in front, without a name
			b.WriteString(text)
		}
	}
	switch {
	case f.turns:
		return b.String() + assistant, nil
	case len(turns) == 1 && turns[0].Role == llm.User:
		return dialect.TextOf(&turns[0]), nil
	}
	return dialect.Transcript(turns), nil
}

func spoken(t llm.Turn) (string, error) {
	for _, p := range t.Parts {
		switch p.(type) {
		case *llm.Text, *llm.Refusal, *llm.Reasoning:
		default:
			return "", llm.Errorf(llm.BadRequest, "messages: a model that takes a prompt reads text only, not a %T", p)
		}
	}
	return dialect.SpokenText(t.Parts), nil
}

// heard takes the prompt of one user out of what Claude 2 wants around it.
func (f *textFamily) heard(prompt string) string {
	if !f.turns {
		return prompt
	}
	inner, begins := strings.CutPrefix(prompt, human)
	inner, ends := strings.CutSuffix(inner, assistant)
	if !begins || !ends || strings.Contains(inner, human) || strings.Contains(inner, assistant) {
		return prompt
	}
	return inner
}
