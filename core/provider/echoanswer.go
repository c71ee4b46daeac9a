package provider

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sluice/core/internal/json"
)

// What echo says to people who see it for the first time.
const (
	echoIntro = "I am echo, the model that is built into Sluice: no key, no cost, and nothing leaves this machine. " +
		"That I answer means that your gateway works.\n\n" +
		"To go on, name a real provider in the header x-portkey-provider (openai, anthropic, bedrock, …), " +
		"and put its key into the header Authorization. Or say \"help\" to see what else I can do."

	echoHelp = `I repeat what you say, and I can help you try the gateway out:

- "fail 429", "fail 500" or any other status: an error
- "fail stream": an answer that breaks off
- "fail error": an error behind a status of 200
- "fail empty": no answer at all
- "fail timeout": silence, until you give up
- "think" and a question: reasoning before the answer
- name a tool of your request, and I call it
- ask for JSON with response_format, and you get some that fits your schema
- the models echo, echo-slow and echo-fast stream at different speeds

Try retries and fallbacks with two targets, of which one fails.`
)

type echoRequest struct {
	Model    string        `json:"model"`
	Messages []echoMessage `json:"messages"`
	Tools    []struct {
		Function echoFunction `json:"function"`
	} `json:"tools"`
	ToolChoice    json.Value `json:"tool_choice"`
	Format        echoFormat `json:"response_format"`
	Effort        string     `json:"reasoning_effort"`
	MaxTokens     *int       `json:"max_tokens"`
	MaxCompletion *int       `json:"max_completion_tokens"`
	Stop          json.Value `json:"stop"`
	Stream        bool       `json:"stream"`
	StreamOptions struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type echoMessage struct {
	Role    string     `json:"role"`
	Content json.Value `json:"content"`
}

type echoFunction struct {
	Name       string     `json:"name"`
	Parameters json.Value `json:"parameters"`
}

type echoFormat struct {
	Type   string `json:"type"`
	Schema struct {
		Schema json.Value `json:"schema"`
	} `json:"json_schema"`
}

type echoAnswer struct {
	ID, Model string
	Reasoning string
	Text      string
	Calls     []echoFunctionCall
	Finish    string
	Prompt    int // words read
	cut       bool
}

type echoFunctionCall struct{ Name, Arguments string }

// text joins the texts of a message, and counts what is no text.
func (m echoMessage) text() (text string, others int) {
	if m.Content.Kind() == '"' {
		return json.Unquote(m.Content), 0
	}
	parts, _ := json.Elements(m.Content)
	var texts []string
	for _, p := range parts {
		if t := json.Lookup(p, "text"); t != nil {
			texts = append(texts, json.Unquote(t))
		} else {
			others++
		}
	}
	return strings.Join(texts, "\n"), others
}

// last finds the last message of a role.
func (q *echoRequest) last(role string) (echoMessage, bool) {
	for _, m := range slices.Backward(q.Messages) {
		if m.Role == role {
			return m, true
		}
	}
	return echoMessage{}, false
}

// command is what the user said, in one spelling.
func (q *echoRequest) command() string {
	m, _ := q.last("user")
	text, _ := m.text()
	return strings.Join(strings.Fields(strings.ToLower(text)), " ")
}

func (q *echoRequest) compose(a *echoAnswer) {
	a.Finish = "stop"
	for _, m := range q.Messages {
		text, _ := m.text()
		a.Prompt += len(strings.Fields(text))
	}
	command := q.command()
	if q.Effort != "" && q.Effort != "none" || strings.HasPrefix(command, "think") {
		a.Reasoning = fmt.Sprintf("The user said %d words. I am an echo, so I will say them again.", len(strings.Fields(command)))
	}
	if a.Calls = q.calls(command); a.Calls != nil {
		a.Finish = "tool_calls"
		return
	}
	a.Text = q.answer(command)
	q.limit(a)
}

func (q *echoRequest) answer(command string) string {
	m, _ := q.last("user")
	text, others := m.text()
	switch {
	case q.Format.Type == "json_schema":
		return sample(q.Format.Schema.Schema)
	case q.Format.Type == "json_object":
		return `{"echo":` + string(json.Quote(text)) + `}`
	case len(q.Messages) > 0 && q.Messages[len(q.Messages)-1].Role == "tool":
		result, _ := q.Messages[len(q.Messages)-1].text()
		return fmt.Sprintf("The tool answered: “%s”", result)
	case command == "help":
		return echoHelp
	}
	said := fmt.Sprintf("You said: “%s”", text)
	if others > 0 {
		said += fmt.Sprintf(" (and sent %d more than text)", others)
	}
	if _, talked := q.last("assistant"); talked {
		return said
	}
	return said + "\n\n" + echoIntro
}

// calls are the tools to call: the one that is forced, else those that the
// user names. Once a tool has answered, none is.
func (q *echoRequest) calls(command string) []echoFunctionCall {
	if len(q.Messages) > 0 && q.Messages[len(q.Messages)-1].Role == "tool" {
		return nil
	}
	choice := json.Unquote(q.ToolChoice)
	forced := json.Unquote(json.Lookup(q.ToolChoice, "function", "name"))
	var out []echoFunctionCall
	for _, t := range q.Tools {
		f := t.Function
		named := f.Name != "" && strings.Contains(command, strings.ToLower(f.Name))
		if f.Name != "" && f.Name == forced || forced == "" && choice != "none" && named {
			out = append(out, echoFunctionCall{f.Name, sample(f.Parameters)})
		}
	}
	if out == nil && choice == "required" && len(q.Tools) > 0 {
		f := q.Tools[0].Function
		out = append(out, echoFunctionCall{f.Name, sample(f.Parameters)})
	}
	return out
}

// limit cuts the text at a stop sequence and at the most tokens allowed.
func (q *echoRequest) limit(a *echoAnswer) {
	stops := []string{json.Unquote(q.Stop)}
	if several, err := json.Elements(q.Stop); err == nil {
		for _, s := range several {
			stops = append(stops, json.Unquote(s))
		}
	}
	for _, s := range stops {
		if s != "" {
			a.Text, _, _ = strings.Cut(a.Text, s)
		}
	}
	words := pieces(a.Text)
	if most := cmp.Or(q.MaxCompletion, q.MaxTokens); most != nil && len(words) > max(*most, 0) {
		a.Text, a.Finish = strings.Join(words[:max(*most, 0)], ""), "length"
	}
}

// pieces cuts a text behind each of its words' white space.
func pieces(text string) []string {
	var out []string
	for len(text) > 0 {
		word := strings.IndexFunc(text, func(c rune) bool { return c > ' ' })
		if word < 0 {
			return append(out, text)
		}
		end := strings.IndexAny(text[word:], " \n\t\r")
		if end < 0 {
			return append(out, text)
		}
		end += word
		for end < len(text) && text[end] <= ' ' {
			end++
		}
		out, text = append(out, text[:end]), text[end:]
	}
	return out
}
