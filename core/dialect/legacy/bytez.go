package legacy

import (
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// bytez is the API of Bytez for open models. Nothing is counted.
//
// https://docs.bytez.com/model-api/docs/task/chat
var bytez = form{
	dialect: llm.Bytez,
	names:   names{in: "params", maxTokens: "max_new_tokens", temperature: "temperature", topP: "top_p"},
	write:   writeBytez,
	read:    readBytez,
}

func writeBytez(p *preparation, lines []line) error {
	p.Open("messages", '[')
	for _, l := range lines {
		p.Open("", '{')
		p.Str("role", string(l.role))
		p.Str("content", l.text)
		p.Close('}')
	}
	p.Close(']')
	return nil
}

// readBytez reads the output: a message, or its text.
func readBytez(body []byte) (*llm.Response, error) {
	var a struct {
		Output json.Value `json:"output"`
	}
	if err := json.UnmarshalLoose(body, &a); err != nil {
		return nil, err
	}
	r := &llm.Response{}
	if text, ok := words(a.Output); ok {
		r.Choices = []llm.Choice{choice(0, text, "")}
	}
	return r, nil
}

func words(v json.Value) (text string, ok bool) {
	switch v.Kind() {
	case '"':
		return json.Unquote(v), true
	case '{':
		return words(json.Lookup(v, "content"))
	case '[': // parts
		parts, err := json.Elements(v)
		for _, p := range parts {
			text += json.Unquote(json.Lookup(p, "text"))
		}
		return text, err == nil
	}
	return "", false
}
