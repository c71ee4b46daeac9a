package jobs

import (
	"strings"

	"sluice/core"
	"sluice/core/dialect"
	"sluice/core/dialect/bedrock"
	"sluice/core/dialect/openaichat"
	"sluice/core/internal/json"
	"sluice/core/llm"
)

// tuningRows rewrites OpenAI's rows for training, which are conversations,
// into those of a family of Bedrock.
//
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-prepare.html
type tuningRows struct{ model string }

func (t *tuningRows) found() (model, endpoint string, dropped []string) { return t.model, "", nil }

func (t *tuningRows) row(dst, line []byte) ([]byte, error) {
	if json.Lookup(line, "messages").Kind() != '[' {
		return nil, &llm.Error{Kind: llm.BadRequest, Message: "messages must be a list", Param: "messages"}
	}
	q, err := openaichat.Codec{}.DecodeRequest(core.Incoming{Body: line, Model: t.model})
	if err != nil {
		return nil, err
	}
	x, err := bedrock.Codec{}.Prepare(q, dialect.Target{Provider: "bedrock", Model: t.model})
	if err != nil {
		return nil, err
	}
	talk := json.ObjectOf(x.Body())
	switch {
	case bedrock.IsClaude(t.model):
		return t.claude(dst, talk)
	case strings.Contains(t.model, "titan-text"), strings.Contains(t.model, "cohere.command"):
		return t.pair(dst, talk)
	}
	w := json.Writer{B: append(dst, '{')}
	w.Str("schemaVersion", "bedrock-conversation-2024")
	w.Raw("system", talk.Get("system"))
	w.Raw("messages", talk.Get("messages"))
	w.Close('}')
	return w.B, nil
}

// claude writes the row with plain texts.
func (t *tuningRows) claude(dst []byte, talk json.Object) ([]byte, error) {
	w := json.Writer{B: append(dst, '{')}
	if s, err := texts(talk.Get("system")); err != nil {
		return nil, err
	} else if s != "" {
		w.Str("system", s)
	}
	turns, err := json.Elements(talk.Get("messages"))
	if err != nil {
		return nil, err
	}
	w.Open("messages", '[')
	for _, turn := range turns {
		text, err := texts(json.Lookup(turn, "content"))
		if err != nil {
			return nil, err
		}
		w.Open("", '{')
		w.Raw("role", json.Lookup(turn, "role"))
		w.Str("content", text)
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	return w.B, nil
}

// pair writes one prompt and its completion, which is all that older families
// are trained on.
func (t *tuningRows) pair(dst []byte, talk json.Object) ([]byte, error) {
	turns, err := json.Elements(talk.Get("messages"))
	if err != nil {
		return nil, err
	}
	if len(turns) != 2 || json.Unquote(json.Lookup(turns[1], "role")) != "assistant" {
		return nil, llm.Errorf(llm.BadRequest, "%s is trained on one message of a user and one answer a row", t.model)
	}
	system, err := texts(talk.Get("system"))
	if err != nil {
		return nil, err
	}
	prompt, err := texts(json.Lookup(turns[0], "content"))
	if err != nil {
		return nil, err
	}
	completion, err := texts(json.Lookup(turns[1], "content"))
	if err != nil {
		return nil, err
	}
	w := json.Writer{B: append(dst, '{')}
	w.Str("prompt", strings.TrimPrefix(system+"\n"+prompt, "\n"))
	w.Str("completion", completion)
	w.Close('}')
	return w.B, nil
}

// texts joins the blocks of a message, which must be texts.
func texts(blocks json.Value) (string, error) {
	all, err := json.Elements(blocks)
	if err != nil && blocks != nil {
		return "", err
	}
	var out []string
	for _, b := range all {
		text := json.Lookup(b, "text")
		if text.Kind() != '"' {
			return "", llm.Errorf(llm.BadRequest, "only texts can be trained on here")
		}
		out = append(out, json.Unquote(text))
	}
	return strings.Join(out, "\n"), nil
}
