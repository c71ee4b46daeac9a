package provider

import (
	"bytes"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// deepSeekReasoning holds DeepSeek's rule for reasoning in the history: what
// was thought since the last question has to come back, with the tool calls
// that it led to; what was thought before must not. Clients send all or
// nothing.
//
// https://api-docs.deepseek.com/guides/thinking_mode
func deepSeekReasoning(_ Settings, _ Endpoint, _ string, body []byte) ([]byte, []string, error) {
	if !bytes.Contains(body, []byte(`"reasoning_content"`)) {
		return body, nil, nil
	}
	messages, err := json.Elements(json.Lookup(body, "messages"))
	if err != nil {
		return body, nil, nil // the provider says what is wrong with it
	}
	question := 0
	for i, m := range messages {
		if json.Unquote(json.Lookup(m, "role")) == "user" {
			question = i
		}
	}
	changed := false
	for i, m := range messages[:question] {
		if json.Lookup(m, "reasoning_content") == nil {
			continue
		}
		if messages[i], err = json.Splice(m, json.Edit{Name: "reasoning_content"}); err != nil {
			return nil, nil, &llm.Error{Kind: llm.BadRequest, Message: "messages must be objects", Err: err}
		}
		changed = true
	}
	if !changed {
		return body, nil, nil
	}
	list := json.Value("[")
	for i, m := range messages {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, m...)
	}
	body, err = json.Splice(body, json.Edit{Name: "messages", Value: append(list, ']')})
	return body, []string{"messages.reasoning_content"}, err
}
