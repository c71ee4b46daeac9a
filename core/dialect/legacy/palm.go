package legacy

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// palm is the API that Google closed in 2024. It does not say why an answer
// ends, unless it was refused.
//
// https://web.archive.org/web/2024/https://ai.google.dev/api/palm/v1beta3/models/generateMessage
var palm = form{
	dialect: llm.PaLM,
	names: names{
		n: "candidateCount", maxTokens: "maxOutputTokens", temperature: "temperature", topP: "topP", topK: "topK", stop: "stopSequences",
	},
	write: writePaLM,
	read:  readPaLM,
}

func writePaLM(p *preparation, lines []line) error {
	p.StrIf("model", p.Model())
	p.Open("prompt", '{')
	if prompt, ok := p.prompt(lines); ok {
		p.Str("text", prompt)
		p.Close('}')
		return nil
	}
	context, said := instructions(lines)
	p.StrIf("context", context)
	p.Open("messages", '[')
	for _, l := range said {
		p.Open("", '{')
		p.Str("author", string(l.role))
		p.Str("content", l.text)
		p.Close('}')
	}
	p.Close(']')
	p.Close('}')
	return nil
}

func readPaLM(body []byte) (*llm.Response, error) {
	var a struct {
		Candidates []struct {
			Content string `json:"content"`
			Output  string `json:"output"` // of a text, not of a message
		} `json:"candidates"`
		Filters []struct {
			Reason string `json:"reason"`
		} `json:"filters"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil {
		return nil, err
	}
	r := &llm.Response{}
	for i, c := range a.Candidates {
		r.Choices = append(r.Choices, choice(i, c.Content+c.Output, ""))
	}
	if r.Choices == nil && len(a.Filters) > 0 {
		refused := choice(0, "", a.Filters[0].Reason)
		refused.Finish.Reason = llm.FinishContentFilter
		r.Choices = []llm.Choice{refused}
	}
	return r, nil
}
