package legacy

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// rekaChat is Reka's API of today for chat, without its tools, which one of
// its models has. It knows no instructions: they stand in front of what the
// user says first.
//
// https://docs.reka.ai/chat/overview
var rekaChat = form{
	dialect: llm.RekaChat,
	names: names{
		maxTokens: "max_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop", seed: "seed",
		presencePenalty: "presence_penalty", frequencyPenalty: "frequency_penalty",
	},
	images:  true,
	members: same("use_search_engine"),
	write:   writeRekaChat,
	read:    readRekaChat,
}

func writeRekaChat(p *preparation, lines []line) error {
	system, said := instructions(lines)
	p.StrIf("model", p.Model())
	p.Open("messages", '[')
	if system != "" && (len(said) == 0 || said[0].role != llm.User) {
		said = append([]line{{role: llm.User}}, said...)
	}
	for i := 0; i < len(said); {
		role := said[i].role
		p.Open("", '{')
		p.Str("role", string(role))
		p.Open("content", '[')
		if i == 0 && system != "" {
			p.rekaPart(line{text: system})
		}
		for ; i < len(said) && said[i].role == role; i++ {
			p.rekaPart(said[i])
		}
		p.Close(']')
		p.Close('}')
	}
	p.Close(']')
	return nil
}

// rekaPart writes words or a picture. A line may be empty where only the
// instructions are said.
func (p *preparation) rekaPart(l line) {
	name, value := "text", l.text
	if l.image != "" {
		name, value = "image_url", l.image
	}
	if value == "" {
		return
	}
	p.Open("", '{')
	p.Str("type", name)
	p.Str(name, value)
	p.Close('}')
}

func readRekaChat(body []byte) (*llm.Response, error) {
	var a struct {
		ID        string `json:"id"`
		Responses []struct {
			Message struct {
				Content json.Value `json:"content"`
			} `json:"message"`
			Reason string `json:"finish_reason"`
		} `json:"responses"`
		Usage *struct {
			Input  int64 `json:"input_tokens"`
			Output int64 `json:"output_tokens"`
		} `json:"usage"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil {
		return nil, err
	}
	r := &llm.Response{ID: a.ID}
	for i, o := range a.Responses {
		text, _ := words(o.Message.Content)
		r.Choices = append(r.Choices, choice(i, text, o.Reason))
	}
	if u := a.Usage; u != nil {
		r.Usage = &llm.Usage{Input: max(u.Input, 0), Output: max(u.Output, 0)}
	}
	return r, nil
}
