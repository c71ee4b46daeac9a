package bedrock

import (
	"encoding/base64"

	"sluice/core/internal/json"
	"sluice/core/llm"
)

// CountBody writes the body of CountTokens for a Converse body: only the
// members that make up the prompt are counted.
//
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
func CountBody(converse []byte) ([]byte, error) {
	names := []string{"messages", "system", "toolConfig", "additionalModelRequestFields"}
	values, err := json.Pick(converse, names...)
	if err != nil {
		return nil, llm.Errorf(llm.BadRequest, "the body is not a Converse request: %v", err)
	}
	var prompt json.Object
	for i, name := range names {
		prompt.Add(name, values[i])
	}
	return countInput("converse", orEmpty(prompt.Value())), nil
}

// What a Messages body must have on Bedrock.
const (
	anthropicVersion = `"bedrock-2023-05-31"`
	countMaxTokens   = "10" // of no effect on a count
)

// CountMessagesBody writes the body of CountTokens for a body of Anthropic's
// Messages API. Claude counts such a body as it is, with what only Converse
// would lose.
func CountMessagesBody(messages []byte) ([]byte, error) {
	body, _, err := MessagesBody(messages)
	if err == nil && json.Lookup(body, "max_tokens") == nil {
		body, err = json.Splice(body, json.Edit{Name: "max_tokens", Value: json.Value(countMaxTokens)})
	}
	if err != nil {
		return nil, err
	}
	encoded := json.Quote(base64.StdEncoding.EncodeToString(body))
	return countInput("invokeModel", json.Object{json.Named("body", encoded)}.Value()), nil
}

func countInput(kind string, v json.Value) []byte {
	return json.Object{json.Named("input", json.Object{json.Named(kind, v)}.Value())}.Value()
}

// DecodeCount reads the answer of CountTokens, in tokens.
func DecodeCount(body []byte) (int64, error) {
	n, ok := integer(json.Lookup(body, "inputTokens"))
	if !ok {
		return 0, &llm.Error{Kind: llm.Upstream, Message: "its answer has no token count"}
	}
	return n, nil
}
