package cohere

import (
	"net/http"
	"slices"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/internal/openaierror"
	"sluice/core/dialect/internal/outbound"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// Models before Command R complete prompts at /v1/generate, which Cohere keeps
// for those who still use it. So a completion of one of them goes there, and
// all others become a conversation. It is not streamed: the client of a stream
// gets the whole text as one.
//
// https://docs.cohere.com/v1/reference/generate
// https://docs.cohere.com/docs/deprecations
var generators = []string{"command", "command-nightly", "command-light", "command-light-nightly"}

// IsPrompt reports whether a body is for /v1/generate, not for /v2/chat.
func IsPrompt(body []byte) bool { return json.Lookup(body, "prompt") != nil }

// prompt is the text of a completion that is to be generated.
func prompt(p *outbound.Preparation) (string, bool) {
	r := p.R
	if r.Native.Dialect != llm.OpenAIText || !slices.Contains(generators, p.Model()) || len(r.Turns) != 1 || len(r.Turns[0].Parts) != 1 {
		return "", false
	}
	t, ok := r.Turns[0].Parts[0].(*llm.Text)
	if !ok {
		return "", false
	}
	return t.Text, true
}

func generate(p *outbound.Preparation, prompt string) dialect.Exchange {
	r := p.R
	p.B = append(p.B, '{')
	p.StrIf("model", p.Model())
	p.Str("prompt", prompt)
	p.IntIf("num_generations", r.N)
	p.IntIf("max_tokens", r.MaxTokens)
	p.Raw("temperature", r.Temperature.Value())
	p.Raw("p", r.TopP.Value())
	p.IntIf("k", r.TopK)
	p.IntIf("seed", r.Seed)
	p.Raw("frequency_penalty", r.FrequencyPenalty.Value())
	p.Raw("presence_penalty", r.PresencePenalty.Value())
	if len(r.Stop) > 0 {
		words := make([]json.Value, len(r.Stop))
		for i, s := range r.Stop {
			words[i] = json.Quote(s)
		}
		p.Array("end_sequences", words)
	}
	p.DropIf(r.User != "", "user")
	p.Residue(nil)
	p.Close('}')
	return &generation{p.Exchange(), openaierror.Reader{Dialect: llm.Cohere, Provider: p.Target.Provider}}
}

// generation is a prompt and the reading of what follows it.
type generation struct {
	outbound.Exchange
	openaierror.Reader
}

func (x *generation) DecodeError(status int, h http.Header, body []byte) *llm.Error {
	return x.Decode(status, h, body)
}

// DecodeStream reads an answer that came as a stream, unasked.
func (x *generation) DecodeStream() core.StreamDecoder {
	return &streamDecoder{x: &exchange{provider: x.Provider}}
}

func (x *generation) DecodeResponse(body []byte) (*llm.Response, error) {
	var a struct {
		ID          string `json:"id"`
		Generations []struct {
			Text   string `json:"text"`
			Reason string `json:"finish_reason"`
		} `json:"generations"`
		Meta struct {
			Billed json.Value `json:"billed_units"`
		} `json:"meta"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil || len(a.Generations) == 0 {
		if e := x.Inside(body); e != nil {
			return nil, e
		}
		return nil, x.Unreadable(body, "a generation", "it has no text")
	}
	r := &llm.Response{ID: a.ID, Model: x.Model, Native: llm.Native{Dialect: llm.Cohere}}
	for i, g := range a.Generations {
		if e := failed(g.Reason, "", x.Provider); e != nil {
			return nil, e
		}
		why := finish(g.Reason)
		if g.Reason == "" { // the older models do not tell: what they send whole has ended by itself
			why.Reason = llm.FinishStop
		}
		r.Choices = append(r.Choices, llm.Choice{Index: i, Parts: []llm.Part{&llm.Text{Text: g.Text}}, Finish: why})
	}
	if a.Meta.Billed != nil {
		r.Usage = decodeUsage(json.Join(nil, json.Named("billed_units", a.Meta.Billed)))
	}
	return r, nil
}
