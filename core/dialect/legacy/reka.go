package legacy

import (
	"slices"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// reka is Reka's first API: turns of human and model that alternate, and one
// picture, in front of all.
//
// https://github.com/reka-ai/reka-sdk-python/blob/main/src/reka/v2/api/chat.py
var reka = form{
	dialect: llm.Reka,
	names: names{
		maxTokens: "request_output_len", temperature: "temperature", topP: "runtime_top_p", topK: "runtime_top_k", stop: "stop_words",
		seed: "random_seed", presencePenalty: "presence_penalty", frequencyPenalty: "frequency_penalty",
	},
	images:  true,
	members: same("length_penalty", "retrieval_dataset", "use_search_engine"),
	write:   writeReka,
	read:    readReka,
}

// filler is what one side says where the other spoke twice, as the reference
// has it.
const filler = "Placeholder for alternation"

func writeReka(p *preparation, lines []line) error {
	p.StrIf("model_name", p.Model())
	lines, err := p.pictureFirst(lines)
	if err != nil {
		return err
	}
	p.Open("conversation_history", '[')
	last := "model"
	for _, l := range lines {
		speaker := "human"
		if l.role == llm.Assistant {
			speaker = "model"
		}
		if speaker == last {
			p.rekaTurn(other[speaker], line{text: filler})
		}
		p.rekaTurn(speaker, l)
		last = speaker
	}
	p.Close(']')
	return nil
}

var other = map[string]string{"human": "model", "model": "human"}

func (p *preparation) rekaTurn(speaker string, l line) {
	p.Open("", '{')
	p.Str("type", speaker)
	p.Str("text", l.text)
	p.StrIf("media_url", l.image)
	p.Close('}')
}

// pictureFirst puts the picture in front: it may stand in the first turn only.
func (p *preparation) pictureFirst(lines []line) ([]line, error) {
	isPicture := func(l line) bool { return l.image != "" }
	i := slices.IndexFunc(lines, isPicture)
	if i < 0 {
		return lines, nil
	}
	out := append([]line{lines[i]}, lines[:i]...)
	out = append(out, lines[i+1:]...)
	out[0].role = llm.User
	if slices.ContainsFunc(out[1:], isPicture) {
		return nil, p.Refuse("messages.content", "takes one image")
	}
	return out, nil
}

func readReka(body []byte) (*llm.Response, error) {
	var a struct {
		Text     *string `json:"text"`
		Reason   string  `json:"finish_reason"`
		Metadata *struct {
			Input  int64 `json:"input_tokens"`
			Output int64 `json:"generated_tokens"`
		} `json:"metadata"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil {
		return nil, err
	}
	r := &llm.Response{}
	if a.Text == nil {
		return r, nil
	}
	r.Choices = []llm.Choice{choice(0, *a.Text, a.Reason)}
	if m := a.Metadata; m != nil {
		r.Usage = &llm.Usage{Input: max(m.Input, 0), Output: max(m.Output, 0)}
	}
	return r, nil
}
