package legacy

import (
	"strings"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// jurassic is AI21's API for the models before Jamba. Instructions stand
// beside the messages.
//
// https://docs.ai21.com/reference/j2-chat-api-ref
var jurassic = form{
	dialect: llm.Jurassic,
	names: names{
		n: "numResults", maxTokens: "maxTokens", temperature: "temperature", topP: "topP", topK: "topKReturn", stop: "stopSequences",
		presencePenalty: "presencePenalty", frequencyPenalty: "frequencyPenalty", scaled: true,
	},
	members: same("minTokens", "countPenalty", "presencePenalty", "frequencyPenalty"),
	write:   writeJurassic,
	read:    readJurassic,
}

// same is for members that have one name in chat and here.
func same(names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = n
	}
	return out
}

func writeJurassic(p *preparation, lines []line) error {
	if prompt, ok := p.prompt(lines); ok {
		p.Str("prompt", prompt)
		return nil
	}
	system, said := instructions(lines)
	p.StrIf("system", system)
	p.Open("messages", '[')
	for _, l := range said {
		p.Open("", '{')
		p.Str("role", string(l.role))
		p.Str("text", l.text)
		p.Close('}')
	}
	p.Close(']')
	return nil
}

// instructions takes the words of the system out of a conversation.
func instructions(lines []line) (system string, said []line) {
	var all []string
	for _, l := range lines {
		if l.role == llm.System {
			all = append(all, l.text)
		} else {
			said = append(said, l)
		}
	}
	return strings.Join(all, "\n"), said
}

func readJurassic(body []byte) (*llm.Response, error) {
	var a struct {
		ID      json.Value `json:"id"` // a text or a number
		Outputs []struct {
			Text   string `json:"text"`
			Finish struct {
				Reason string `json:"reason"`
			} `json:"finishReason"`
		} `json:"outputs"`
		Completions []struct { // of a prompt
			Data struct {
				Text string `json:"text"`
			} `json:"data"`
			Finish struct {
				Reason string `json:"reason"`
			} `json:"finishReason"`
		} `json:"completions"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil {
		return nil, err
	}
	r := &llm.Response{ID: word(a.ID)}
	for i, o := range a.Outputs {
		r.Choices = append(r.Choices, choice(i, o.Text, o.Finish.Reason))
	}
	for i, o := range a.Completions {
		r.Choices = append(r.Choices, choice(i, o.Data.Text, o.Finish.Reason))
	}
	return r, nil
}

// word reads a text or a number.
func word(v json.Value) string {
	if v.Kind() == '0' {
		return string(v)
	}
	return json.Unquote(v)
}

// reasons are the words of these services for why an answer ends.
var reasons = map[string]llm.FinishReason{
	"stop": llm.FinishStop, "endoftext": llm.FinishStop, "length": llm.FinishLength, "context": llm.FinishContextLength,
	"max_tokens": llm.FinishLength, "SAFETY": llm.FinishContentFilter,
}

// choice is an answer. Two of the services have no word for why one ends: what
// they send whole is taken to have ended by itself. A word that nobody knows
// is taken for neither whole nor cut.
func choice(i int, text, reason string) llm.Choice {
	c := llm.Choice{Index: i, Finish: llm.Finish{Reason: reasons[reason], Raw: reason}}
	switch {
	case reason == "":
		c.Finish.Reason = llm.FinishStop
	case c.Finish.Reason == "":
		c.Finish.Reason = llm.FinishOther
	}
	if text != "" {
		c.Parts = []llm.Part{&llm.Text{Text: text}}
	}
	return c
}
